// simple-oauth2 (npm): resource owner password grant, then refresh() of its access token object.
// usage: node simple_oauth2.mjs URL EMAIL PASSWORD; prints one line of JSON.
import { ResourceOwnerPassword } from 'simple-oauth2';

const [url, username, password] = process.argv.slice(2);
const grant = new ResourceOwnerPassword({
  client: { id: 'pawl', secret: '' },
  auth: { tokenHost: url, tokenPath: '/token' },
  options: { authorizationMethod: 'body' },
});
const first = await grant.getToken({ username, password, scope: '' });
const second = await first.refresh();
const third = await second.refresh();
const me = await fetch(`${url}/users/me`, { headers: { authorization: `Bearer ${third.token.access_token}` } });
let refusal = null;
try {
  await grant.getToken({ username, password: 'wrong password' });
} catch (error) {
  refusal = { status: error.output.statusCode, error: error.data.payload.error };
}
console.log(JSON.stringify({
  rotated: new Set([first, second, third].map((t) => t.token.refresh_token)).size, me: me.status,
  expired: third.expired(), refusal,
}));
