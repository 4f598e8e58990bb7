"""How clients prove who they are, to the real server: each method, each assertion once, over restarts and kills too, and
the libraries that others wrote."""
import base64
import concurrent.futures
import itertools
import json
import os
import pathlib
import subprocess
import time
import unittest
from urllib.parse import quote, urlencode

from support import case
from support.packages import installed
from support.wait import eventually

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # http on loopback
try:
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.jose import JsonWebKey, jwt
    from authlib.oauth2.rfc7523 import PrivateKeyJWT
except ImportError:
    OAuth2Session = None

NODE = pathlib.Path(__file__).resolve().parent / "node"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "https://id.example"
CHALLENGE = 'Basic realm="pawl"'
numbers = itertools.count(1)


def new_key(kty, crv_or_size):
    """Of EC keys one whose coordinates have no leading zero: Authlib 1.2 leaves it out, where RFC 7518 6.2.1.2 wants the
    full size, and such a key is refused."""
    while True:
        key = JsonWebKey.generate_key(kty, crv_or_size, is_private=True)
        members = key.as_dict(is_private=True)
        if kty != "EC" or len({len(members[name]) for name in ("x", "y", "d")}) == 1:
            return key


@unittest.skipIf(OAuth2Session is None, "authlib is not installed")
class ClientCase(case.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = new_key("EC", "P-256")

    def superuser(self):
        email = case.fresh_email()
        self.expect(self.client.post("/dev/users", {"email": email, "password": case.PASSWORD, "is_superuser": True}), 201)
        return self.expect(self.client.login(email), 200).json["access_token"]

    def registered(self, method, **more):
        """A new client: its id and secret."""
        name = "client-%d" % next(numbers)
        wanted = {"client_id": name, "name": name, "preset": "service", "auth_method": method, **more}
        if method == "private_key_jwt" and "jwks" not in more:
            wanted["jwks"] = {"keys": [self.key.as_dict(is_private=False)]}
        made = self.expect(self.client.post("/admin/clients", wanted, bearer=self.superuser()), 201).json
        return name, made.get("client_secret")

    def post(self, path="/token", basic=None, **fields):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
        if path == "/token":
            fields.setdefault("grant_type", "client_credentials")
        return self.client.request("POST", path, urlencode(fields), headers)

    def assertion(self, name, key=None, header=None, **claims):
        now = int(time.time())
        claims = {"iss": name, "sub": name, "aud": ISSUER, "jti": "jti-%d" % next(numbers), "iat": now,
                  "exp": now + 60, **claims}
        claims = {member: value for member, value in claims.items() if value is not None}
        return jwt.encode(header or {"alg": "ES256"}, claims, key or self.key).decode()

    def by_assertion(self, assertion, path="/token", **fields):
        return self.post(path, client_assertion_type=JWT_BEARER, client_assertion=assertion, **fields)

    def refused(self, reply, challenge=None):
        self.assertEqual((reply.status, reply.json["error"]), (401, "invalid_client"), repr(reply))
        self.assertEqual(reply.headers.get("WWW-Authenticate"), challenge)
        return reply.json["error_description"]


class Methods(ClientCase):
    OPTIONS = ("--login-limit-account", "10/5m", "--login-limit-address", "100/5m", "--login-success-limit-account", "20/5m")

    def test_each_secret_by_its_own_method_alone(self):
        name, secret = self.registered("client_secret_basic")
        self.expect(self.post(basic=name + ":" + secret), 200)
        self.expect(self.post(basic=quote(name) + ":" + quote(secret), client_id=name), 200)
        self.refused(self.post(client_id=name, client_secret=secret))
        self.refused(self.post(basic=name + ":" + secret + "x"), CHALLENGE)
        name, secret = self.registered("client_secret_post")
        self.expect(self.post(client_id=name, client_secret=secret), 200)
        self.refused(self.post(basic=name + ":" + secret), CHALLENGE)

    def test_requests_that_are_none(self):
        name, secret = self.registered("client_secret_basic")
        right = name + ":" + secret
        for reply in (self.post(basic=right, client_id="other"), self.post(basic=right, client_secret=secret),
                      self.post(basic=name), self.post(client_secret=secret), self.post(client_assertion="x"),
                      self.client.request("POST", "/token", "grant_type=client_credentials&client_id=a&client_id=a",
                                          {"Content-Type": "application/x-www-form-urlencoded"})):
            self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_request"), repr(reply))

    def test_unknown_disabled_and_wrong_are_one_answer(self):
        name, secret = self.registered("client_secret_basic")
        wrong, unknown = self.post(basic=name + ":x"), self.post(basic="unknown:" + secret)
        self.expect(self.client.send("PATCH", "/admin/clients/" + name, {"enabled": False}, bearer=self.superuser()), 200)
        disabled = self.post(basic=name + ":" + secret)
        for reply in (wrong, unknown, disabled):
            self.refused(reply, CHALLENGE)
            self.assertEqual(reply.body, wrong.body)

    def test_pages_that_know_no_client_go_on(self):
        email = self.signed_up()
        for basic in (None, ":"):
            self.expect(self.post(basic=basic, grant_type="password", username=email, password=case.PASSWORD, client_id=""), 200)
        self.expect(self.post(grant_type="password", username=email, password=case.PASSWORD, client_id="made-up"), 200)

    def test_a_client_may_ask_as_often_as_it_likes(self):
        name, secret = self.registered("client_secret_basic")
        for _ in range(30):  # more than logins of one account may succeed
            self.expect(self.post(basic=name + ":" + secret), 200)

    def test_guesses_are_throttled_and_lock_no_user_out(self):
        name, secret = self.registered("client_secret_basic")
        for _ in range(10):
            self.refused(self.post(basic=name + ":wrong"), CHALLENGE)
        reply = self.post(basic=name + ":" + secret)
        self.assertEqual(reply.status, 429)
        self.assertGreater(int(reply.headers["Retry-After"]), 0)
        self.logged_in()

    def test_jwks_that_are_not_taken(self):
        root = self.superuser()
        for jwks in ({"keys": [self.key.as_dict(is_private=True)]}, {"keys": []}, {"keys": [{"kty": "oct", "k": "A" * 43}]},
                     {"keys": [new_key("EC", "P-384").as_dict(is_private=False)]}):
            reply = self.client.post("/admin/clients", {"client_id": "bad", "name": "bad", "preset": "service",
                                                        "auth_method": "private_key_jwt", "jwks": jwks}, bearer=root)
            self.expect(reply, 422, "validation_failed")
            self.assertNotIn(self.key.as_dict(is_private=True)["d"], reply.body.decode())


class Assertions(ClientCase):
    OPTIONS = ("--issuer", ISSUER)  # the port changes with a restart

    def test_each_algorithm_is_taken_once(self):
        for kty, of, alg in (("EC", "P-256", "ES256"), ("OKP", "Ed25519", "EdDSA"), ("RSA", 2048, "RS256"),
                             ("RSA", 2048, "PS256")):
            key = new_key(kty, of)
            name, _ = self.registered("private_key_jwt", jwks={"keys": [key.as_dict(is_private=False)]})
            assertion = self.assertion(name, key, {"alg": alg})
            self.expect(self.by_assertion(assertion), 200)
            self.assertIn("used before", self.refused(self.by_assertion(assertion)))
            self.assertIn("used before", self.refused(self.by_assertion(assertion, "/introspect", token="x")))

    def test_what_does_not_hold(self):
        name, _ = self.registered("private_key_jwt")
        now = int(time.time())
        for claims in ({"aud": "https://other.example"}, {"aud": [ISSUER, "https://other.example"]}, {"aud": None},
                       {"iss": "other"}, {"jti": None}, {"exp": None}, {"exp": now - 1}, {"iat": now + 90},
                       {"iat": now - 700, "exp": now + 60}, {"exp": now + 90000}, {"iat": None, "exp": now + 300}):
            self.refused(self.by_assertion(self.assertion(name, **claims)))
        self.refused(self.by_assertion(self.assertion(name, new_key("EC", "P-256"))))
        self.refused(self.by_assertion(self.assertion(name, header={"alg": "ES256", "kid": "other"})))
        for claims in ({"aud": ISSUER + "/token"}, {"aud": [ISSUER]}, {"exp": now + 3600}):
            self.expect(self.by_assertion(self.assertion(name, **claims)), 200)

    def test_of_equal_ones_at_one_moment_one_is_taken(self):
        name, _ = self.registered("private_key_jwt")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in range(20):
                assertion = self.assertion(name)
                replies = list(pool.map(lambda _, it=assertion: self.by_assertion(it).status, range(8)))
                self.assertEqual(sorted(replies), [200] + 7 * [401])

    def test_a_request_refused_for_something_else_spends_none(self):
        name, _ = self.registered("private_key_jwt")
        assertion = self.assertion(name)
        self.assertEqual(self.by_assertion(assertion, scope="unknown").json["error"], "invalid_scope")
        self.expect(self.by_assertion(assertion), 200)

    def again(self, stop):
        name, _ = self.registered("private_key_jwt")
        self.expect(self.by_assertion(self.assertion(name)), 200)
        used = self.assertion(name)
        self.expect(self.by_assertion(used), 200)
        stop()
        self.setUp()
        self.assertIn("before the server started", self.refused(self.by_assertion(used)))
        eventually(lambda: self.by_assertion(self.assertion(name)).status == 200)  # dates are whole seconds
        self.refused(self.by_assertion(used))

    def test_none_is_taken_again_after_a_restart(self):
        self.again(self.server.restart)

    def test_none_is_taken_again_after_a_kill(self):
        def killed():
            self.server.kill()
            self.server.start()
        self.again(killed)


class Libraries(ClientCase):
    def test_authlib(self):
        key = new_key("RSA", 2048)
        name, _ = self.registered("private_key_jwt", jwks={"keys": [key.as_dict(is_private=False)]})
        session = OAuth2Session(name, key.as_pem(is_private=True), token_endpoint_auth_method="private_key_jwt")
        session.register_client_auth_method(PrivateKeyJWT(self.server.url + "/token"))
        for _ in range(2):
            self.assertEqual(session.fetch_token(self.server.url + "/token", grant_type="client_credentials")["token_type"],
                             "Bearer")

    def test_oauth4webapi_and_openid_client(self):
        installed(NODE)
        for kty, of, alg in (("EC", "P-256", "ES256"), ("OKP", "Ed25519", "EdDSA"), ("RSA", 2048, "RS256"),
                             ("RSA", 2048, "PS256")):
            key = new_key(kty, of)
            name, _ = self.registered("private_key_jwt", jwks={"keys": [key.as_dict(is_private=False)]})
            done = subprocess.run(["node", str(NODE / "machine_private_key_jwt.mjs"), self.server.url, name,
                                   json.dumps(key.as_dict(is_private=True)), alg],
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, alg + ": " + done.stderr)
            seen = json.loads(done.stdout)
            self.assertEqual((seen["type"].lower(), seen["second"].lower(), seen["active"]), ("bearer", "bearer", True))
            self.assertIn(alg, seen["algorithms"])


if __name__ == "__main__":
    case.main()
