// openid-client (npm): everything from the issuer's URL alone: discovery, client credentials, introspection, revocation.
// usage: node machine_openid_client.mjs URL CLIENT_ID SECRET RESOURCE basic|post; prints one line of JSON.
import * as client from 'openid-client';

const [url, id, secret, resource, how] = process.argv.slice(2);
const proof = how === 'post' ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
const config = await client.discovery(new URL(url), id, undefined, proof, { execute: [client.allowInsecureRequests] });
const token = await client.clientCredentialsGrant(config, { scope: 'orders:read', resource });
const before = await client.tokenIntrospection(config, token.access_token);
await client.tokenRevocation(config, token.access_token);
const after = await client.tokenIntrospection(config, token.access_token);
let refusal = null;
try {
  await client.clientCredentialsGrant(config, { scope: 'nonsense' });
} catch (error) {
  refusal = { error: error.error, status: error.status };
}
console.log(JSON.stringify({ token_type: token.token_type, scope: token.scope, refresh: token.refresh_token ?? null,
  before, after, refusal }));
