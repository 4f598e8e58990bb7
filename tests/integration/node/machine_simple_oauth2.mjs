// simple-oauth2 (npm): client credentials, and what it makes of a refusal.
// usage: node machine_simple_oauth2.mjs URL CLIENT_ID SECRET; prints one line of JSON.
import { ClientCredentials } from 'simple-oauth2';

const [url, id, secret] = process.argv.slice(2);
const with_secret = (text) => new ClientCredentials({
  client: { id, secret: text }, auth: { tokenHost: url, tokenPath: '/token', revokePath: '/revoke' },
});
const given = await with_secret(secret).getToken({ scope: ['orders:read'] });
let refusal = null;
try {
  await with_secret('wrong').getToken({});
} catch (error) {
  refusal = { status: error.output.statusCode, error: error.data.payload.error };
}
console.log(JSON.stringify({ scope: given.token.scope, type: given.token.token_type, expired: given.expired(), refusal }));
