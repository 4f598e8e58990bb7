import express from "express";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const pawl = process.env.PAWL ?? "http://127.0.0.1:8080";
const keys = createRemoteJWKSet(new URL(pawl + "/.well-known/jwks.json"));
const app = express();

app.use(async (request, response, next) => {
  const token = /^Bearer (\S+)$/i.exec(request.get("authorization"))?.[1] ?? "";
  try {
    request.user = (await jwtVerify(token, keys, { issuer: pawl, audience: pawl, typ: "at+jwt" })).payload;
    next();
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) return next(error); // Pawl can't be reached
    response.status(401).set("WWW-Authenticate", "Bearer").json({ detail: "Log in." });
  }
});
app.get("/me", (request, response) => response.json(request.user));
app.listen(process.env.PORT ?? 3000, "127.0.0.1");
