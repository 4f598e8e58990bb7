// express-oauth2-jwt-bearer, which is told the issuer and finds the rest in /.well-known/openid-configuration.
import express from "express";
import { auth, claimIncludes } from "express-oauth2-jwt-bearer";

const pawl = process.env.PAWL ?? "http://127.0.0.1:8080";
const app = express();

app.use(auth({ issuerBaseURL: pawl, audience: pawl, tokenSigningAlg: "ES256", strict: true }));
app.get("/me", (request, response) => response.json(request.auth.payload));
// Pawl has roles (--claims roles) and no scopes yet, so not requiredScopes().
app.get("/drafts", claimIncludes("roles", "editor"), (request, response) => response.json({ drafts: [] }));
// The library's errors have a status and headers. Its text says what is wrong with the token.
app.use((error, request, response, next) => {
  response.status(error.status ?? 500).set(error.headers ?? {}).json({ detail: error.message });
});
app.listen(process.env.PORT ?? 3000, "127.0.0.1");
