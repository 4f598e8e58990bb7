// oauth4webapi (npm): a public client signs a person in, checks all that it can check, and is refused what it must be.
// usage: node people_oauth4webapi.mjs URL CLIENT_ID REDIRECT_URI LOGIN PASSWORD; prints one line of JSON.
import * as oauth from 'oauth4webapi';
import { Person } from './person.mjs';

const [url, client_id, redirect_uri, login, password] = process.argv.slice(2);
const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(url);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
const client = { client_id }, proof = oauth.None();
const person = new Person(url, login, password);
const verifier = oauth.generateRandomCodeVerifier(), nonce = oauth.generateRandomNonce(), state = oauth.generateRandomState();
const to = new URL(server.authorization_endpoint);
to.search = new URLSearchParams({ client_id, redirect_uri, response_type: 'code', scope: 'openid email', state, nonce, max_age: '900',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
const back = await person.visit(to);
const parameters = oauth.validateAuthResponse(server, client, back.url, state);
const exchange = async (with_verifier) =>
  oauth.authorizationCodeGrantRequest(server, client, proof, parameters, redirect_uri, with_verifier, insecure);
const thief = await exchange(oauth.generateRandomCodeVerifier());
const tokens = await oauth.processAuthorizationCodeResponse(server, client, await exchange(verifier),
  { expectedNonce: nonce, maxAge: 900, requireIdToken: true });
const claims = oauth.getValidatedIdTokenClaims(tokens);
const user = await oauth.processUserInfoResponse(server, client, claims.sub,
  await oauth.userInfoRequest(server, client, tokens.access_token, insecure));
console.log(JSON.stringify({ thief: [thief.status, (await thief.json()).error], claims, user, iss: back.url.searchParams.get('iss'),
  methods: server.code_challenge_methods_supported, responses: server.response_types_supported }));
