"""Clients that speak for themselves, by libraries that others wrote: openid-client, oauth4webapi, simple-oauth2 and authlib
ask for tokens; express-oauth2-jwt-bearer and jose take them. And what an attacker would try."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import unittest
from urllib.parse import urlencode

from support import case
from support.packages import installed

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # http on loopback
try:
    from authlib.integrations.requests_client import OAuth2Session
except ImportError:
    OAuth2Session = None

NODE = pathlib.Path(__file__).resolve().parent / "node"
ORDERS, STOCK = "https://orders.example", "stock"


def unpacked(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def packed(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class MachineCase(case.ServerCase):
    """A server with two APIs (the second's tokens are opaque), their scopes, and a client for each purpose."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = cls("setUp")
        maker.setUp()
        cls.secrets, cls.root = {}, maker.superuser()
        maker.made("/admin/apis", {"identifier": ORDERS, "name": "Orders"})
        maker.made("/admin/apis", {"identifier": STOCK, "name": "Stock", "token_format": "opaque"})
        for name, api in (("orders:read", ORDERS), ("orders:write", ORDERS), ("stock:read", STOCK)):
            maker.made("/admin/scopes", {"name": name, "api": api})
        for name, more in (
                ("billing", {"scopes": ["orders:read", "orders:write", "stock:read"], "apis": [ORDERS, STOCK]}),
                ("other", {"scopes": ["stock:read"], "apis": [STOCK]}),
                ("deploy", {"scopes": ["admin", "introspect"]}),
                ("orders-api", {"preset": "api", "apis": [ORDERS]})):
            cls.secrets[name] = maker.made("/admin/clients", {
                "client_id": name, "name": name, "preset": "service", "auth_method": "client_secret_basic", **more})["client_secret"]

    def superuser(self):
        """The access token of one."""
        email = case.fresh_email()
        self.expect(self.client.post("/dev/users", {"email": email, "password": case.PASSWORD, "is_superuser": True}), 201)
        return self.expect(self.client.login(email), 200).json["access_token"]

    def made(self, path, document):
        return self.expect(self.client.post(path, document, bearer=self.root), 201).json

    def post(self, path, name=None, secret=None, **fields):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if name:
            pair = name + ":" + (secret or self.secrets[name])
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        return self.client.request("POST", path, urlencode(fields, doseq=True), headers)

    def token(self, name="billing", **fields):
        return self.expect(self.post("/token", name, grant_type="client_credentials", **fields), 200).json["access_token"]

    def facts(self, token, name="deploy"):
        return self.expect(self.post("/introspect", name, token=token), 200).json

    def assertAlive(self, token, alive=True):
        self.assertEqual(self.facts(token)["active"], alive)


class Endpoints(MachineCase):
    def test_what_a_token_says(self):
        reply = self.post("/token", "billing", grant_type="client_credentials", scope="orders:read")
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        header, claims, _ = reply.json["access_token"].split(".")
        self.assertEqual(unpacked(header)["typ"], "at+jwt")
        claims = unpacked(claims)
        self.assertEqual((claims["sub"], claims["client_id"], claims["aud"], claims["scope"], claims["iss"]),
                         ("client:billing", "billing", ORDERS, "orders:read", self.server.url))
        self.assertNotIn("refresh_token", reply.json)

    def test_audiences(self):
        for resource, audience in ((ORDERS, ORDERS), ([ORDERS, STOCK], [ORDERS, STOCK])):
            self.assertEqual(self.facts(self.token(resource=resource))["aud"], audience)
        self.assertEqual(self.post("/token", "billing", grant_type="client_credentials", resource="https://x.example")
                         .json["error"], "invalid_target")

    def test_each_format_from_issue_to_end(self):
        for scope, opaque in (("orders:read", False), ("stock:read", True)):
            token = self.token(scope=scope)
            self.assertEqual(token.startswith("pat_"), opaque)
            told = self.facts(token, "billing")
            self.assertEqual((told["active"], told["sub"], told["scope"]), (True, "client:billing", scope))
            self.expect(self.post("/revoke", "billing", token=token), 200)
            self.assertAlive(token, False)

    def test_an_api_is_told_of_its_tokens_alone(self):
        self.assertTrue(self.facts(self.token(scope="orders:read"), "orders-api")["active"])
        self.assertEqual(self.facts(self.token(scope="stock:read"), "orders-api"), {"active": False})
        self.assertEqual(self.facts(self.logged_in()["access_token"], "orders-api"), {"active": False})

    def test_a_users_tokens(self):
        email = self.signed_up()
        tokens = self.logged_in(email)
        for kind in ("access_token", "refresh_token"):
            told = self.facts(tokens[kind])
            self.assertEqual((told["active"], told["client_id"], told["username"]), (True, "pawl", email))
        self.expect(self.post("/revoke", token=tokens["refresh_token"]), 200)
        for kind in ("access_token", "refresh_token"):
            self.assertAlive(tokens[kind], False)

    def test_methods_that_are_not_there(self):
        for path in ("/introspect", "/revoke"):
            reply = self.client.get(path)
            self.assertEqual((reply.status, reply.headers["Allow"]), (405, "OPTIONS, POST"))

    def test_the_rule_for_our_own_api(self):
        token = self.token("deploy", scope="admin")
        self.expect(self.client.get("/admin/users", bearer=token), 200)
        self.expect(self.client.get("/users/me", bearer=token), 401, "invalid_access_token")
        self.expect(self.client.get("/sessions", bearer=token), 401, "invalid_access_token")
        self.expect(self.client.get("/admin/users", bearer=self.token("deploy", scope="introspect")), 403, "insufficient_scope")
        self.expect(self.client.get("/admin/users", bearer=self.token()), 401, "invalid_access_token")

    def test_a_restart_keeps_tokens_and_revocations(self):
        kept, ended = self.token(), self.token()
        opaque = self.token(scope="stock:read")
        self.expect(self.post("/revoke", "billing", token=ended), 200)
        self.server.restart()
        self.setUp()
        self.assertAlive(kept)
        self.assertAlive(opaque)
        self.assertAlive(ended, False)


class Attacks(MachineCase):
    def test_a_token_of_another_client_can_not_be_ended(self):
        token = self.token()
        for name in ("other", None):
            reply = self.post("/revoke", name, token=token)
            self.assertEqual((reply.status, reply.json["error"]), (400, "invalid_request"))
        self.assertAlive(token)

    def test_signatures_that_are_none(self):
        header, claims, signature = self.token("deploy", scope="admin").split(".")
        kid = unpacked(header)["kid"]
        none = packed({"alg": "none", "typ": "at+jwt", "kid": kid}) + "." + claims + "."
        key = next(k for k in self.client.get("/.well-known/jwks.json").json["keys"] if k["kid"] == kid)
        forged = packed({"alg": "HS256", "typ": "at+jwt", "kid": kid}) + "." + claims
        forgeries = [none, none + signature]
        for secret in (json.dumps(key), key["x"]):
            mac = hmac.new(secret.encode(), forged.encode(), hashlib.sha256).digest()
            forgeries.append(forged + "." + packed(mac))
        changed = dict(unpacked(claims), client_id="other", sub="client:other")
        forgeries.append(header + "." + packed(changed) + "." + signature)
        for token in forgeries:
            self.expect(self.client.get("/admin/users", bearer=token), 401, "invalid_access_token")
            self.assertAlive(token, False)

    def test_tokens_die_with_their_client(self):
        secret = self.made("/admin/clients", {"client_id": "brief", "name": "brief", "preset": "service",
                                              "auth_method": "client_secret_basic", "scopes": ["admin"]})["client_secret"]
        self.secrets["brief"] = secret
        token = self.token("brief")
        self.expect(self.client.get("/admin/users", bearer=token), 200)
        self.assertIn(self.client.post("/admin/clients/brief/logout", bearer=self.root).status, (200, 204))
        self.expect(self.client.get("/admin/users", bearer=token), 401, "invalid_access_token")
        token = self.token("brief")
        self.expect(self.client.send("PATCH", "/admin/clients/brief", {"enabled": False}, bearer=self.root), 200)
        self.expect(self.client.get("/admin/users", bearer=token), 401, "invalid_access_token")
        self.assertEqual(self.post("/token", "brief", grant_type="client_credentials").json["error"], "invalid_client")
        self.expect(self.client.send("PATCH", "/admin/clients/brief", {"enabled": True}, bearer=self.root), 200)
        token = self.token("brief")
        self.expect(self.client.delete("/admin/clients/brief", bearer=self.root), 204)
        self.expect(self.client.get("/admin/users", bearer=token), 401, "invalid_access_token")

    def test_who_asks_without_a_proof_is_told_nothing(self):
        token = self.token()
        for reply in (self.post("/introspect", token=token), self.post("/introspect", token=token, client_id="billing"),
                      self.post("/introspect", "billing", "wrong", token=token)):
            self.assertEqual((reply.status, reply.json["error"]), (401, "invalid_client"))

    def test_nothing_is_a_500(self):
        for token in ("", "a.b.c", "pat_", "pat_" + "A" * 9000, "prt_" + "A" * 72, "\u0000", "x" * 15000, "..", "e30.e30.e30"):
            for path in ("/introspect", "/revoke"):
                self.assertLess(self.post(path, "billing", token=token).status, 500)


@unittest.skipIf(OAuth2Session is None, "authlib is not installed")
class Authlib(MachineCase):
    def test_client_credentials_introspection_and_revocation(self):
        url = self.server.url
        for method in ("client_secret_basic", "client_secret_post"):
            name = "by-" + method.rsplit("_", 1)[1]
            secret = self.made("/admin/clients", {"client_id": name, "name": name, "preset": "service", "auth_method": method,
                                                  "scopes": ["orders:read"], "apis": [ORDERS]})["client_secret"]
            session = OAuth2Session(name, secret, token_endpoint_auth_method=method,
                                    revocation_endpoint_auth_method=method)
            token = session.fetch_token(url + "/token", grant_type="client_credentials", scope="orders:read")
            self.assertEqual(token["scope"], "orders:read")
            told = session.introspect_token(url + "/introspect", token=token["access_token"]).json()
            self.assertEqual((told["active"], told["client_id"]), (True, name))
            self.assertEqual(session.revoke_token(url + "/revoke", token=token["access_token"]).status_code, 200)
            told = session.introspect_token(url + "/introspect", token=token["access_token"]).json()
            self.assertEqual(told, {"active": False})


class Node(MachineCase):
    @classmethod
    def setUpClass(cls):
        installed(NODE)
        super().setUpClass()

    def node(self, script, *arguments):
        done = subprocess.run(["node", str(NODE / script), self.server.url, *arguments], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_openid_client(self):
        seen = self.node("machine_openid_client.mjs", "billing", self.secrets["billing"], ORDERS, "basic")
        self.assertEqual((seen["token_type"], seen["scope"], seen["refresh"]), ("bearer", "orders:read", None))
        self.assertEqual((seen["before"]["active"], seen["before"]["aud"]), (True, ORDERS))
        self.assertEqual(seen["after"], {"active": False})
        self.assertEqual(seen["refusal"], {"error": "invalid_scope", "status": 400})

    def test_oauth4webapi(self):
        seen = self.node("machine_oauth4webapi.mjs", "billing", self.secrets["billing"], ORDERS)
        self.assertEqual((seen["claims"]["sub"], seen["claims"]["aud"]), ("client:billing", ORDERS))
        self.assertIsNotNone(seen["elsewhere"])
        self.assertTrue(seen["active"] and seen["same"])
        self.assertIn("client_credentials", seen["grants"])
        self.assertIn("orders:read", seen["scopes"])

    def test_simple_oauth2(self):
        seen = self.node("machine_simple_oauth2.mjs", "billing", self.secrets["billing"])
        self.assertEqual((seen["scope"], seen["expired"]), ("orders:read", False))
        self.assertEqual(seen["refusal"], {"status": 401, "error": "invalid_client"})

    def test_express_and_jose_take_a_token_for_them_and_no_other(self):
        good, without_scope = self.token(scope="orders:read"), self.token(scope="orders:write")
        elsewhere = self.token(scope="orders:read", resource=STOCK)
        opaque, users = elsewhere, self.logged_in()["access_token"]
        good_says, scopeless, opaque_says, users_says = self.node("machine_express.mjs", ORDERS, good, without_scope, opaque,
                                                                  users)
        self.assertEqual((good_says["express"], good_says["jose"]), ({"status": 200, "sub": "client:billing"}, "client:billing"))
        self.assertEqual((scopeless["express"]["status"], scopeless["jose"]), (403, "client:billing"))
        self.assertEqual(opaque_says["express"]["status"], 401)
        self.assertEqual((users_says["express"]["status"], users_says["jose"]), (401, "ERR_JWT_CLAIM_VALIDATION_FAILED"))


if __name__ == "__main__":
    case.main()
