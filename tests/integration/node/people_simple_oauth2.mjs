// simple-oauth2 (npm): a person signs in by code and PKCE, the token is refreshed, and all of it is revoked.
// usage: node people_simple_oauth2.mjs URL CLIENT_ID SECRET REDIRECT_URI LOGIN PASSWORD SCOPE...; prints one line of JSON.
import { createHash, randomBytes } from 'node:crypto';
import { AuthorizationCode } from 'simple-oauth2';
import { Person } from './person.mjs';

const [url, id, secret, redirect_uri, login, password, ...scope] = process.argv.slice(2);
const client = new AuthorizationCode({ client: { id, secret },
  auth: { tokenHost: url, authorizePath: '/authorize', tokenPath: '/token', revokePath: '/revoke' } });
const code_verifier = randomBytes(32).toString('base64url'), state = randomBytes(16).toString('hex');
const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
const to = client.authorizeURL({ redirect_uri, scope, state, code_challenge, code_challenge_method: 'S256' });
const back = await new Person(url, login, password).visit(to);
const code = back.url.searchParams.get('code');
const exchange = (options) => client.getToken({ code, redirect_uri, ...options })
  .then((given) => given, (error) => ({ refusal: { status: error.output.statusCode, error: error.data.payload.error } }));
const thief = await exchange({ code_verifier: randomBytes(32).toString('base64url') });
const first = await exchange({ code_verifier });
const second = await first.refresh();
const userinfo = (token) => fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
const user = await (await userinfo(second.token.access_token)).json();
// What an API is shown while the session lives; the caller asks for it.
const kept = { access_token: second.token.access_token, id_token: second.token.id_token };
await second.revokeAll();
const after = (await userinfo(second.token.access_token)).status;
const refused = await second.refresh().then(() => null, (error) => error.data.payload.error);
console.log(JSON.stringify({ state: back.url.searchParams.get('state') === state, thief: thief.refusal, scope: first.token.scope,
  expired: first.expired(), rotated: first.token.refresh_token !== second.token.refresh_token, user, ...kept, after, refused }));
