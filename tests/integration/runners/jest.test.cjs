const { test } = require('pawl-fixture/jest');

test('a user logs in', async ({ pawl }) => {
  expect((await pawl.me(await pawl.login(await pawl.user()))).id).toBe(1);
});

test('one that fails shows what was sent', async ({ pawl }) => {
  expect((await pawl.user()).id).toBe(2);
});
