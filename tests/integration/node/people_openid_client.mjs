// openid-client (npm): a person signs in by code and PKCE; ID token, userinfo, refresh, single sign-on, sign-out.
// usage: node people_openid_client.mjs URL CLIENT_ID SECRET REDIRECT_URI LOGIN PASSWORD; prints one line of JSON.
import * as client from 'openid-client';
import { Person } from './person.mjs';

const [url, id, secret, redirect_uri, login, password] = process.argv.slice(2);
const config = await client.discovery(new URL(url), id, undefined, client.ClientSecretBasic(secret),
  { execute: [client.allowInsecureRequests] });
const person = new Person(url, login, password);

async function signIn(more = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce();
  const to = client.buildAuthorizationUrl(config, { redirect_uri, scope: 'openid profile email offline_access', state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256', ...more });
  const pages = person.pages.length;
  const back = await person.visit(to);
  const current = back.fields ? new Request(redirect_uri, { method: 'POST', body: back.fields }) : back.url;
  const checks = { pkceCodeVerifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return { tokens: await client.authorizationCodeGrant(config, current, checks), pages: person.pages.length - pages, current, checks };
}

const first = await signIn();
const claims = first.tokens.claims();
const user = await client.fetchUserInfo(config, first.tokens.access_token, claims.sub);
const again = await signIn({ prompt: 'none', response_mode: 'form_post' });
const refreshed = await client.refreshTokenGrant(config, first.tokens.refresh_token);
let reused = null;
try {
  await client.authorizationCodeGrant(config, again.current.clone ? first.current : first.current, first.checks);
} catch (error) {
  reused = error.error;
}
let after = null;
try {
  await client.fetchUserInfo(config, refreshed.access_token, claims.sub);
} catch (error) {
  after = error.status ?? error.cause?.status ?? error.code;
}
const out = client.buildEndSessionUrl(config,
  { id_token_hint: again.tokens.id_token, post_logout_redirect_uri: redirect_uri, state: 'bye' });
const left = await person.visit(out);
const denied = await person.visit(client.buildAuthorizationUrl(config, { redirect_uri, scope: 'openid', prompt: 'none', state: 's',
  code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()), code_challenge_method: 'S256' }));
console.log(JSON.stringify({ claims, user, pages: [first.pages, again.pages], refresh: Boolean(refreshed.refresh_token),
  refreshed: refreshed.claims(), reused, after, left: left.url?.href, denied: denied.url?.searchParams.get('error'),
  alg: JSON.parse(Buffer.from(first.tokens.id_token.split('.')[0], 'base64url')).alg }));
