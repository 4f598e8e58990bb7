import { expect } from '@playwright/test';
import { test } from 'pawl-fixture/playwright';

test('a page shows the API', async ({ page, pawl }) => {
  await page.goto(`${pawl.url}/docs`);
  await expect(page).toHaveTitle(/Pawl/);
});

test('one that fails shows what was sent', async ({ pawl }) => {
  expect((await pawl.user()).id).toBe(2);
});
