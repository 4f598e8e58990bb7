"""Our own API and tokens of clients at the real server: what the scopes `account` and `admin` open, what nothing does;
and opaque access tokens of users."""
import base64
import json
from urllib.parse import urlencode

from code_test import CALLBACK, CHALLENGE, ORDERS, VERIFIER, unpacked
from support import case

STOCK = "https://stock.example"
SCOPES = ["openid", "email", "account", "admin", "orders:read", "stock:read", "offline_access"]


class OwnApi(case.OperatorCase):
    """A public client `page` that signs users in, and a machine `robot` with the scope admin."""
    @classmethod
    def prepare(cls, maker):
        maker.made("/admin/apis", {"identifier": ORDERS, "name": "Orders"})
        maker.made("/admin/apis", {"identifier": STOCK, "name": "Stock", "token_format": "opaque"})
        maker.made("/admin/scopes", {"name": "orders:read", "api": ORDERS})
        maker.made("/admin/scopes", {"name": "stock:read", "api": STOCK})
        maker.made("/admin/clients", {"client_id": "page", "name": "Page", "preset": "spa", "redirect_uris": [CALLBACK],
                                      "scopes": SCOPES, "apis": [ORDERS, STOCK], "consent": "ask"})
        cls.robot = maker.made("/admin/clients", {"client_id": "robot", "name": "Robot", "preset": "service",
                                                  "scopes": ["admin", "orders:read"], "apis": [ORDERS]})["client_secret"]
        cls.stock = maker.made("/admin/clients", {"client_id": "stock", "name": "Stock", "preset": "api",
                                                  "apis": [STOCK]})["client_secret"]

    def form(self, path, basic=None, **fields):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        return self.client.request("POST", path, urlencode(fields, doseq=True), headers)

    def tokens(self, scope, email=None):
        wish = {"user": email or self.email, "client_id": "page", "scope": scope, "redirect_uri": CALLBACK,
                "code_challenge": CHALLENGE}
        code = self.expect(self.client.post("/dev/code", wish), 201).json["code"]
        return self.expect(self.form("/token", grant_type="authorization_code", client_id="page", code=code,
                                     redirect_uri=CALLBACK, code_verifier=VERIFIER), 200).json

    def access(self, scope, email=None):
        return self.tokens(scope, email)["access_token"]

    def refreshed(self, tokens, **more):
        return self.form("/token", grant_type="refresh_token", client_id="page", refresh_token=tokens["refresh_token"], **more)

    def refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.code), (status, code), repr(reply))
        self.assertIn("WWW-Authenticate", reply.headers)
        if status == 403:
            self.assertEqual(reply.headers["WWW-Authenticate"], 'Bearer error="insufficient_scope"')

    def test_account_reads_the_account_and_changes_the_profile(self):
        access = self.access("openid account")
        self.assertEqual(unpacked(access)["aud"], [self.server.url, self.server.url + "/userinfo"])
        self.assertEqual(self.expect(self.client.me(access), 200).json["email"], self.email)
        changed = self.client.send("PATCH", "/users/me", {"first_name": "Ada"}, access)
        self.assertEqual(self.expect(changed, 200).json["first_name"], "Ada")
        found = self.expect(self.client.get("/sessions", bearer=access), 200).json
        self.assertEqual([(one["client"], one["current"]) for one in found], [("page", True)])
        found = self.expect(self.client.get("/users/me/consents", bearer=access), 200).json
        self.assertEqual([one["client_id"] for one in found["consents"]], ["page"])
        self.expect(self.client.get("/api/v1/auth/me", bearer=access), 200)

    def test_what_takes_the_account_from_its_owner_is_the_first_partys(self):
        own = self.expect(self.client.login(self.email), 200).json
        access = self.access("account")
        password = {"current_password": case.PASSWORD}
        for method, path, body in (("POST", "/users/me/password", {**password, "new_password": "another horse battery"}),
                                   ("DELETE", "/users/me", password), ("POST", "/logout/all", None),
                                   ("DELETE", "/sessions", None), ("DELETE", "/api/v1/auth/me", password),
                                   ("DELETE", "/sessions/" + unpacked(own["access_token"])["sid"], None),
                                   ("DELETE", "/users/me/consents/page", None)):
            with self.subTest(method + " " + path):
                self.refused(self.client.send(method, path, body, access), 403, "insufficient_scope")
        self.expect(self.client.refresh(own["refresh_token"]), 200)
        self.refused(self.client.get("/admin/users", bearer=access), 403, "insufficient_scope")

    def test_what_is_no_token_for_our_api_with_the_scope_is_refused(self):
        both = self.tokens("account orders:read")
        self.expect(self.client.me(both["access_token"]), 200)
        for_orders = self.expect(self.refreshed(both, resource=ORDERS), 200).json["access_token"]
        machine = self.expect(self.form("/token", ("robot", self.robot), grant_type="client_credentials", scope="admin"), 200)
        for access in (for_orders, self.access("openid email"), self.access("orders:read"), machine.json["access_token"]):
            for path in ("/users/me", "/sessions"):
                self.refused(self.client.get(path, bearer=access), 401, "invalid_access_token")
        without = self.access("email")  # for no API: its audience is ours
        self.assertEqual(unpacked(without)["aud"], self.server.url)
        self.refused(self.client.me(without), 403, "insufficient_scope")
        self.refused(self.client.send("PATCH", "/users/me", {"first_name": "Eve"}, without), 403, "insufficient_scope")
        head, claims, signature = without.split(".")
        forged = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        forged.update(scope="account admin", client_id="pawl")
        claims = base64.urlsafe_b64encode(json.dumps(forged).encode()).rstrip(b"=").decode()
        self.refused(self.client.me(".".join((head, claims, signature))), 401, "invalid_access_token")
        self.assertEqual(self.expect(self.form("/token", ("robot", self.robot), grant_type="client_credentials",
                                               scope="account"), 400).json["error"], "invalid_scope")

    def test_admin_is_a_superusers(self):
        access = self.access("admin", "root@example.com")
        found = self.expect(self.client.get("/admin/users?login=" + self.email.replace("@", "%40"), bearer=access), 200).json
        user = found["users"][0]["id"]
        changed = self.client.send("PATCH", "/admin/users/%d" % user, {"is_superuser": True}, access)
        self.expect(changed, 200)
        self.refused(self.client.me(access), 403, "insufficient_scope")
        mine = self.tokens("admin account")
        self.assertEqual(mine["scope"], "account admin")
        self.expect(self.client.get("/admin/users", bearer=mine["access_token"]), 200)
        self.expect(self.client.send("PATCH", "/admin/users/%d" % user, {"is_superuser": False}, access), 200)
        self.assertEqual(self.client.get("/admin/users", bearer=mine["access_token"]).status, 403)
        self.assertEqual(self.expect(self.refreshed(mine), 200).json["scope"], "account")
        self.refused(self.client.get("/admin/users", bearer=self.access("account", "root@example.com")), 403, "insufficient_scope")

    def test_what_is_withdrawn_is_lost_at_once(self):
        access = self.access("account")
        own = self.expect(self.client.login(self.email), 200).json["access_token"]
        self.expect(self.client.me(access), 200)
        self.expect(self.client.delete("/users/me/consents/page", bearer=own), 204)
        self.refused(self.client.me(access), 401, "invalid_access_token")

    def test_an_api_with_opaque_tokens_gets_them_of_users_too(self):
        tokens = self.tokens("openid email account stock:read offline_access")
        access = tokens["access_token"]
        self.assertTrue(access.startswith("pat_"), access)
        told = self.expect(self.form("/introspect", ("stock", self.stock), token=access), 200).json
        self.assertTrue(told["active"], told)
        self.assertEqual((told["client_id"], told["scope"], told["token_type"]), ("page", tokens["scope"], "Bearer"))
        self.assertEqual(told["aud"], [STOCK, self.server.url, self.server.url + "/userinfo"])
        self.assertEqual(self.expect(self.client.get("/userinfo", bearer=access), 200).json["email"], self.email)
        self.assertEqual(self.expect(self.client.me(access), 200).json["email"], self.email)
        again = self.expect(self.refreshed(tokens), 200).json
        self.assertTrue(again["access_token"].startswith("pat_"))
        other = self.expect(self.form("/introspect", ("robot", self.robot), token=access), 200).json
        self.assertEqual(other, {"active": False})
        self.expect(self.client.get("/userinfo", bearer=again["access_token"]), 200)
        self.expect(self.form("/revoke", client_id="page", token=access), 200)
        for token in (access, again["access_token"]):
            self.assertEqual(self.form("/introspect", ("stock", self.stock), token=token).json, {"active": False})
            self.refused(self.client.me(token), 401, "invalid_access_token")
        self.assertEqual(self.refreshed(again).json["error"], "invalid_grant")


if __name__ == "__main__":
    case.main()
