// oauth4webapi and openid-client (npm) as a client with a key: private_key_jwt with each algorithm that both sides know.
// usage: node machine_private_key_jwt.mjs URL CLIENT_ID PRIVATE_JWK ALG; prints one line of JSON.
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const [url, id, text, alg] = process.argv.slice(2);
const parameters = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
}[alg];
const { kty, crv, x, y, d, n, e, p, q, dp, dq, qi } = JSON.parse(text);
const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d, n, e, p, q, dp, dq, qi }, parameters, false, ['sign']);

const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(url), client = { client_id: id };
const server = await oauth.processDiscoveryResponse(issuer,
  await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }));
const asked = await oauth.clientCredentialsGrantRequest(server, client, oauth.PrivateKeyJwt(key), new URLSearchParams(),
  insecure);
const token = await oauth.processClientCredentialsResponse(server, client, asked);

const settings = await openid.discovery(issuer, id, {}, openid.PrivateKeyJwt(key),
  { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' });
const second = await openid.clientCredentialsGrant(settings, {});
const facts = await openid.tokenIntrospection(settings, second.access_token);
console.log(JSON.stringify({ type: token.token_type, second: second.token_type, active: facts.active,
  algorithms: server.token_endpoint_auth_signing_alg_values_supported }));
