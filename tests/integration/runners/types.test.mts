import { pawlAt, startPawl, type Realm, type Server } from 'pawl-fixture';
import { test as nodeTest } from 'pawl-fixture/node-test';
import { test as jestTest } from 'pawl-fixture/jest';
import { test as vitestTest } from 'pawl-fixture/vitest';
import { test as playwrightTest } from 'pawl-fixture/playwright';

const server: Server = await startPawl({ seed: { pawl_seed: 1, users: [] } });
const realm: Realm = pawlAt(server.url).realm();
const retry: string | null = (await realm.call('GET', '/users/me')).headers.get('retry-after');
console.log(retry);
nodeTest('a', { timeout: 1 }, async ({ pawl }, t) => { t.diagnostic((await pawl.user()).email); });
jestTest('b', async ({ pawl }) => { await pawl.reset(); });
vitestTest('c', async ({ pawl }) => { await pawl.clock.advance({ minutes: 11 }); });
playwrightTest('d', async ({ page, pawl, pawlServer }) => { await page.goto(`${pawl.url}${pawlServer.log}`); });
// @ts-expect-error there is no such member
console.log(realm.nonsense);
