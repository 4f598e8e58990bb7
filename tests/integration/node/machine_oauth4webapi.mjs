// oauth4webapi (npm): both metadata documents, client credentials, and a resource server that checks RFC 9068 tokens.
// usage: node machine_oauth4webapi.mjs URL CLIENT_ID SECRET AUDIENCE; prints one line of JSON.
import * as oauth from 'oauth4webapi';

const [url, id, secret, audience] = process.argv.slice(2);
const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(url);
const documents = {};
for (const algorithm of ['oauth2', 'oidc']) {
  const answer = await oauth.discoveryRequest(issuer, { algorithm, ...insecure });
  documents[algorithm] = await oauth.processDiscoveryResponse(issuer, answer);
}
const server = documents.oauth2, client = { client_id: id }, proof = oauth.ClientSecretBasic(secret);
const asked = await oauth.clientCredentialsGrantRequest(server, client, proof, new URLSearchParams({ resource: audience }),
  insecure);
const token = await oauth.processClientCredentialsResponse(server, client, asked);
const called = new Request(audience, { headers: { authorization: `Bearer ${token.access_token}` } });
const claims = await oauth.validateJwtAccessToken(server, called, audience, insecure);
let elsewhere = null;
try {
  await oauth.validateJwtAccessToken(server, called, 'https://other.example', insecure);
} catch (error) {
  elsewhere = error.name;
}
const told = await oauth.introspectionRequest(server, client, proof, token.access_token, insecure);
const facts = await oauth.processIntrospectionResponse(server, client, told);
const ended = await oauth.revocationRequest(server, client, proof, token.access_token, insecure);
await oauth.processRevocationResponse(ended);
console.log(JSON.stringify({ claims, elsewhere, active: facts.active, same: JSON.stringify(documents.oauth2) ===
  JSON.stringify(documents.oidc), grants: server.grant_types_supported, scopes: server.scopes_supported }));
