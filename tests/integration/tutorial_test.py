"""The clients of the FastAPI tutorials that people come from work as they are."""
import json
import pathlib
import time
import unittest

import jwt  # Debian's python3-jwt: the library of the tutorials
from jose import jwt as jose_jwt  # and python3-jose, of the older ones

from support import case
from support.http import Client
from support.pawld import Pawld, refused_start

SECRET = "0123456789abcdef0123456789abcdef-tutorial"


class PracticalGuide(case.ServerCase):
    """POST /signup with username, email, password; the form of POST /token; GET /users/me; POST /refresh."""

    def test_whole_flow(self):
        email = case.fresh_email()
        user = self.expect(self.client.post("/signup", {"username": "alice", "email": email, "password": case.PASSWORD}), 201)
        self.assertEqual(user.json["username"], "alice")
        token = self.expect(self.client.form("/token", {"username": "alice", "password": case.PASSWORD}), 200).json
        self.assertEqual(token["token_type"], "bearer")
        self.assertEqual(self.expect(self.client.me(token["access_token"]), 200).json["username"], "alice")
        self.expect(self.client.form("/token", {"username": "alice", "password": "wrong"}), 400, "invalid_grant")
        again = self.expect(self.client.refresh(token["refresh_token"]), 200).json
        self.expect(self.client.me(again["access_token"]), 200)


class RefreshTokens(case.ServerCase):
    """JSON login by email, refresh in the body, logout, and the old token refused afterwards."""

    def test_whole_flow(self):
        email = self.signed_up()
        token = self.expect(self.client.post("/login", {"email": email, "password": case.PASSWORD}), 200).json
        token = self.expect(self.client.post("/refresh", {"refresh_token": token["refresh_token"]}), 200).json
        self.expect(self.client.post("/logout", {"refresh_token": token["refresh_token"]}), 204)
        self.expect(self.client.post("/refresh", {"refresh_token": token["refresh_token"]}), 401)


class UltimateTutorial(case.ServerCase):
    """/api/v1/auth/*: sign-up with first_name and surname, form login with the email as username, /me."""

    def test_whole_flow(self):
        self.expect(self.client.get("/api/v1/auth/me"), 401)
        email = case.fresh_email()
        user = self.expect(self.client.post("/api/v1/auth/signup", {
            "first_name": "Ada", "surname": "Lovelace", "email": email, "password": case.PASSWORD, "is_superuser": True}), 201)
        self.assertIs(user.json["is_superuser"], False)  # no one makes himself one
        token = self.expect(self.client.form("/api/v1/auth/login", {
            "grant_type": "", "username": email, "password": case.PASSWORD, "scope": "", "client_id": "", "client_secret": ""}),
            200).json
        me = self.expect(self.client.get("/api/v1/auth/me", token["access_token"]), 200).json
        self.assertEqual((me["first_name"], me["surname"], me["is_superuser"]), ("Ada", "Lovelace", False))


class DotEnv(unittest.TestCase):
    """A .env with SECRET_KEY, ALGORITHM and the minutes: HS256 tokens that PyJWT decodes with the same secret."""

    def test_tokens_decode_with_the_secret_of_the_env_file(self):
        with_env = Pawld(dev=False)
        self.addCleanup(with_env.close)
        pathlib.Path(with_env.home, ".env").write_text(
            'DB_NAME=blog\nDB_PORT=5432\n#no @ in password\nSECRET_KEY="%s"\nALGORITHM=HS256\nACCESS_TOKEN_EXPIRE_MINUTES=30\n'
            "REFRESH_TOKEN_EXPIRE_DAYS=7\n" % SECRET)
        with_env.start()
        client = Client(with_env.url)
        user = client.sign_up("a@example.com").json
        token = client.login("a@example.com").json
        self.assertEqual((token["expires_in"], token["refresh_token_expires_in"]), (1800, 7 * 86400))
        claims = jwt.decode(token["access_token"], SECRET, algorithms=["HS256"], audience=with_env.url, issuer=with_env.url)
        self.assertEqual(claims["sub"], str(user["id"]))
        self.assertEqual(jwt.get_unverified_header(token["access_token"])["alg"], "HS256")
        self.assertEqual(client.get("/.well-known/jwks.json").json, {"keys": []})
        own = jwt.encode({"iss": with_env.url, "aud": with_env.url, "sub": str(user["id"]), "exp": int(time.time()) + 60,
                          "iat": int(time.time())}, SECRET, algorithm="HS256")
        self.assertEqual(client.me(own).status, 401)  # no family: not one of ours
        self.assertEqual(with_env.stop(), 0)
        self.assertNotIn(SECRET, with_env.log())

    def test_a_weak_secret_is_refused_but_in_development(self):
        status, stderr = refused_start(dev=False, env={"SECRET_KEY": "Testing123"})
        self.assertEqual(status, 2)
        self.assertIn("SECRET_KEY", stderr)
        self.assertNotIn("Testing123", stderr)
        with Pawld(dev=True, env={"SECRET_KEY": "Testing123"}) as server:
            self.assertEqual(Client(server.url).get("/healthz").status, 200)


class VerifyingCode(unittest.TestCase):
    """The tutorials' own lines: jwt.decode() with the secret and the algorithms and nothing else, then a look-up by name."""

    def get_current_user(self, decode, token, users):
        # As FastAPI's tutorial has it.
        payload = decode(token, SECRET, algorithms=["HS256"])
        username = payload.get("sub")
        return users.get(username)

    def decoded_by(self, decode, subject, name):
        with Pawld("--audience", "none", "--subject", subject, env={"SECRET_KEY": SECRET}) as server:
            client = Client(server.url)
            client.sign_up("johndoe@example.com", "secret", username="johndoe")
            token = client.form("/token", {"username": "johndoe", "password": "secret"}).json["access_token"]
            self.assertEqual(self.get_current_user(decode, token, {name: "the user"}), "the user")
            self.assertEqual(client.me(token).status, 200)

    def test_pyjwt_decodes_what_names_the_user(self):
        self.decoded_by(jwt.decode, "username", "johndoe")

    def test_python_jose_decodes_what_names_the_user(self):
        self.decoded_by(jose_jwt.decode, "username", "johndoe")

    def test_a_look_up_by_email_works_too(self):
        self.decoded_by(jwt.decode, "email", "johndoe@example.com")
        self.decoded_by(jose_jwt.decode, "email", "johndoe@example.com")

    def test_with_an_audience_the_same_lines_fail(self):
        with Pawld(env={"SECRET_KEY": SECRET}) as server:
            client = Client(server.url)
            client.sign_up("a@example.com")
            token = client.login("a@example.com").json["access_token"]
            with self.assertRaises(jwt.InvalidAudienceError):
                jwt.decode(token, SECRET, algorithms=["HS256"])


class Offline(case.ServerCase):
    """A resource server that validates offline, with PyJWT and the JWK set."""

    def test_pyjwt_verifies_with_the_jwk_set(self):
        token = self.logged_in()["access_token"]
        keys = jwt.PyJWKSet.from_dict(self.client.get("/.well-known/jwks.json").json)
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(k for k in keys.keys if k.key_id == kid)
        claims = jwt.decode(token, key.key, algorithms=["ES256"], audience=self.server.url, issuer=self.server.url)
        self.assertEqual(json.loads(json.dumps(claims))["client_id"], "pawl")


class OfflineEdDsa(Offline):
    OPTIONS = ("--algorithm", "EdDSA")

    def test_pyjwt_verifies_with_the_jwk_set(self):
        token = self.logged_in()["access_token"]
        key = jwt.PyJWK.from_dict(self.client.get("/.well-known/jwks.json").json["keys"][0], algorithm="EdDSA")
        jwt.decode(token, key.key, algorithms=["EdDSA"], audience=self.server.url, issuer=self.server.url)


class OfflineRsa(Offline):
    OPTIONS = ("--algorithm", "RS256")

    def test_pyjwt_verifies_with_the_jwk_set(self):
        token = self.logged_in()["access_token"]
        key = jwt.PyJWK.from_dict(self.client.get("/.well-known/jwks.json").json["keys"][0])
        jwt.decode(token, key.key, algorithms=["RS256"], audience=self.server.url, issuer=self.server.url)


if __name__ == "__main__":
    case.main()
