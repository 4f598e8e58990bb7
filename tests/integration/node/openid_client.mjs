// openid-client (npm): the refresh token grant against POST /token, as a public client.
// usage: node openid_client.mjs URL EMAIL PASSWORD; prints one line of JSON.
import * as client from 'openid-client';

const [url, username, password] = process.argv.slice(2);
const server = { issuer: url, token_endpoint: `${url}/token`, jwks_uri: `${url}/.well-known/jwks.json` };
const config = new client.Configuration(server, 'pawl', undefined, client.None());
client.allowInsecureRequests(config);

const first = await client.genericGrantRequest(config, 'password', { username, password });
const second = await client.refreshTokenGrant(config, first.refresh_token);
const third = await client.refreshTokenGrant(config, second.refresh_token);
let refusal = null;
try {
  await client.refreshTokenGrant(config, first.refresh_token);
} catch (error) {
  refusal = { name: error.name, error: error.error, status: error.status };
}
const me = await client.fetchProtectedResource(config, third.access_token, new URL(`${url}/users/me`), 'GET')
  .catch((error) => error.response ?? error);
console.log(JSON.stringify({
  rotated: new Set([first, second, third].map((t) => t.refresh_token)).size, expires_in: third.expires_in, refusal,
  me_after_reuse: me.status ?? String(me),
}));
