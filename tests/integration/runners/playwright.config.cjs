module.exports = {
  reporter: 'list',
  testMatch: 'playwright.test.mjs',
  use: { launchOptions: { executablePath: process.env.CHROMIUM_PATH, args: ['--no-sandbox'] } },
  workers: 1,
};
