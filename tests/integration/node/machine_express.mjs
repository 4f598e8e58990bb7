// express-oauth2-jwt-bearer (npm) on express, and jose: resource servers that know the issuer's URL and their own name.
// usage: node machine_express.mjs URL AUDIENCE TOKEN...; prints, for each token, what both say of it.
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [url, audience, ...tokens] = process.argv.slice(2);
const app = express();
app.get('/orders', auth({ issuerBaseURL: url, audience, strict: true }), requiredScopes('orders:read'),
  (request, response) => response.json({ sub: request.auth.payload.sub }));
app.use((error, request, response, next) => response.status(error.status ?? 500).json({ error: error.code ?? error.name }));
const server = app.listen(0, '127.0.0.1');
await new Promise((ready) => server.once('listening', ready));
const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
const seen = [];
for (const token of tokens) {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/orders`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const express_says = { status: answer.status, ...(await answer.json()) };
  const jose_says = await jwtVerify(token, keys, { issuer: url, audience, typ: 'at+jwt' })
    .then(({ payload }) => payload.sub, (error) => error.code);
  seen.push({ express: express_says, jose: jose_says });
}
server.close();
console.log(JSON.stringify(seen));
