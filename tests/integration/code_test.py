"""Authorization codes at the real server: made by POST /dev/code, exchanged at /token, refreshed, shown to /userinfo; and
what is left of them after kill -9."""
import base64
import concurrent.futures
import hashlib
import json
import os
import random
import time
import unittest
from urllib.parse import parse_qs, urlencode, urlsplit

from support import case

ORDERS = "https://orders.example"
CALLBACK = "https://shop.example/cb"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def unpacked(token, part=1):
    text = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class CodeCase(case.OperatorCase):
    """A server with an API, a confidential client `shop` and a public one `page`, and a user for each test."""
    @classmethod
    def prepare(cls, maker):
        maker.made("/admin/apis", {"identifier": ORDERS, "name": "Orders"})
        maker.made("/admin/scopes", {"name": "orders:read", "api": ORDERS})
        scopes = ["openid", "profile", "email", "address", "phone", "offline_access", "orders:read"]
        shared = {"redirect_uris": [CALLBACK], "scopes": scopes, "apis": [ORDERS], "consent": "never"}
        cls.secret = maker.made("/admin/clients", {"client_id": "shop", "name": "Shop", "preset": "web",
                                                   "auth_method": "client_secret_basic", **shared})["client_secret"]
        maker.made("/admin/clients", {"client_id": "page", "name": "Page", "preset": "spa", **shared})

    def setUp(self):
        super().setUp()
        self.password = case.PASSWORD

    def code(self, client_id="shop", scope="openid email orders:read", **more):
        wish = {"user": self.email, "client_id": client_id, "scope": scope, "redirect_uri": CALLBACK,
                "code_challenge": CHALLENGE, **more}
        return self.expect(self.client.post("/dev/code", wish), 201).json

    def token(self, client_id="shop", **fields):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if client_id == "shop":
            pair = base64.b64encode(("shop:" + self.secret).encode()).decode()
            headers["Authorization"] = "Basic " + pair
        else:
            fields["client_id"] = client_id
        return self.client.request("POST", "/token", urlencode(fields, doseq=True), headers)

    def exchange(self, code, client_id="shop", **more):
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.token(client_id, **{**fields, **more})

    def refreshed(self, token, client_id="shop", **more):
        return self.token(client_id, grant_type="refresh_token", refresh_token=token, **more)

    def refused(self, reply, error, status=400):
        self.assertEqual((reply.status, reply.json["error"]), (status, error), repr(reply))


class Codes(CodeCase):
    def test_the_code_as_a_browser_would_bring_it(self):
        made = self.code(state="s t&a=te", nonce="n1")
        self.assertEqual((made["state"], made["iss"]), ("s t&a=te", self.server.url))
        went = urlsplit(made["redirect_to"])
        self.assertEqual(went._replace(query="").geturl(), CALLBACK)
        self.assertEqual(parse_qs(went.query), {"code": [made["code"]], "state": ["s t&a=te"], "iss": [self.server.url]})

    def test_a_code_gives_tokens_and_an_id_token(self):
        reply = self.expect(self.exchange(self.code(nonce="n-1")["code"]), 200)
        self.assertEqual(reply.headers["Cache-Control"], "no-store")
        tokens = reply.json
        self.assertEqual(tokens["scope"], "openid email orders:read")
        access = unpacked(tokens["access_token"])
        self.assertEqual(access["aud"], [ORDERS, self.server.url + "/userinfo"])
        self.assertEqual((access["client_id"], access["scope"]), ("shop", "openid email orders:read"))
        self.assertEqual(unpacked(tokens["access_token"], 0)["typ"], "at+jwt")
        told = unpacked(tokens["id_token"])
        self.assertEqual((told["iss"], told["aud"], told["sub"], told["nonce"]),
                         (self.server.url, "shop", access["sub"], "n-1"))
        self.assertEqual(unpacked(tokens["id_token"], 0)["alg"], "RS256")
        half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        self.assertEqual(told["at_hash"], base64.urlsafe_b64encode(half).rstrip(b"=").decode())
        self.assertIn("auth_time", told)

    def test_a_code_that_comes_back_ends_the_session(self):
        code = self.code()["code"]
        tokens = self.expect(self.exchange(code), 200).json
        again = self.exchange(code)
        self.refused(again, "invalid_grant")
        self.assertIn("used before", again.json["error_description"])
        self.refused(self.refreshed(tokens["refresh_token"]), "invalid_grant")
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)
        family = self.expect(self.client.get("/dev/families/" + unpacked(tokens["access_token"])["sid"]), 200).json
        self.assertIs(family["alive"], False)
        self.assertEqual(family["word"]["status"], "code_reuse")

    def test_what_does_not_fit_is_refused_and_ends_nothing(self):
        code = self.code()["code"]
        for more in ({"code_verifier": "x" * 43}, {"code_verifier": ""}, {"redirect_uri": CALLBACK + "x"},
                     {"redirect_uri": ""}):
            self.refused(self.exchange(code, **more), "invalid_grant")
        self.refused(self.exchange(code[:-4] + "AAAA"), "invalid_grant")
        self.refused(self.exchange(code, client_id="page"), "invalid_grant")
        self.refused(self.exchange(code, client_id="nobody"), "invalid_client", 401)
        self.refused(self.exchange(code, resource="https://none.example"), "invalid_target")
        self.refused(self.token(grant_type="authorization_code"), "invalid_request")
        self.expect(self.exchange(code), 200)

    def test_dev_code_refuses_what_the_client_may_not_ask(self):
        wish = {"user": self.email, "client_id": "shop", "code_challenge": CHALLENGE}
        for more in ({"redirect_uri": "https://evil.example/"}, {"code_challenge": "short"}, {"client_id": 7},
                     {"nonsense": 1}):
            self.expect(self.client.post("/dev/code", {**wish, **more}), 422)
        self.expect(self.client.post("/dev/code", {**wish, "user": "nobody@example.com"}), 404)
        self.expect(self.client.post("/dev/code", {**wish, "client_id": "nobody"}), 404)


class Refresh(CodeCase):
    def opened(self, client_id="shop", **more):
        return self.expect(self.exchange(self.code(client_id, **more)["code"], client_id), 200).json

    def test_a_public_client_refreshes_by_its_id_alone(self):
        first = self.opened("page", nonce="n")
        reply = self.expect(self.refreshed(first["refresh_token"], "page"), 200)
        self.assertEqual(reply.headers["Pawl-Refresh"], "rotated")
        before, after = unpacked(first["id_token"]), unpacked(reply.json["id_token"])
        self.assertEqual(after["auth_time"], before["auth_time"])
        self.assertNotIn("nonce", after)

    def test_scope_and_resource_narrow_one_access_token(self):
        first = self.opened()
        narrow = self.expect(self.refreshed(first["refresh_token"], scope="orders:read", resource=ORDERS), 200).json
        self.assertEqual(unpacked(narrow["access_token"])["aud"], ORDERS)
        self.assertNotIn("id_token", narrow)
        self.refused(self.refreshed(narrow["refresh_token"], scope="profile"), "invalid_scope")
        self.refused(self.refreshed(narrow["refresh_token"], resource="https://none.example"), "invalid_target")
        wide = self.expect(self.refreshed(narrow["refresh_token"]), 200).json
        self.assertEqual(wide["scope"], first["scope"])

    def test_a_refresh_token_is_its_clients(self):
        first = self.opened()
        self.refused(self.refreshed(first["refresh_token"], "page"), "invalid_grant")
        self.expect(self.client.refresh(first["refresh_token"]), 401, "invalid_refresh_token")
        self.expect(self.refreshed(first["refresh_token"]), 200)

    def test_our_own_api_takes_no_token_of_a_client(self):
        first = self.opened()
        for path in ("/users/me", "/sessions", "/admin/users"):
            self.expect(self.client.get(path, bearer=first["access_token"]), 401)


class Userinfo(CodeCase):
    def bearer(self, scope="openid email"):
        return self.expect(self.exchange(self.code(scope=scope)["code"]), 200).json["access_token"]

    def post(self, body, bearer=None, query=""):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if bearer:
            headers["Authorization"] = "Bearer " + bearer
        return self.client.request("POST", "/userinfo" + query, body, headers)

    def test_claims_by_get_and_post(self):
        token = self.bearer()
        for reply in (self.client.get("/userinfo", bearer=token), self.post("", token),
                      self.post(urlencode({"access_token": token}))):
            told = self.expect(reply, 200).json
            self.assertEqual(told, {"sub": unpacked(token)["sub"], "email": self.email, "email_verified": False})
            self.assertEqual(reply.headers["Cache-Control"], "no-store")

    def test_what_is_refused_and_how(self):
        token = self.bearer()
        bare = self.expect(self.client.get("/userinfo"), 401)
        self.assertEqual(bare.headers["WWW-Authenticate"], "Bearer")
        bad = self.expect(self.client.get("/userinfo", bearer="a.b.c"), 401)
        self.assertEqual(bad.headers["WWW-Authenticate"], 'Bearer error="invalid_token"')
        few = self.expect(self.client.get("/userinfo", bearer=self.bearer("orders:read")), 403)
        self.assertEqual(few.headers["WWW-Authenticate"], 'Bearer error="insufficient_scope"')
        form = urlencode({"access_token": token})
        self.refused(self.post(form, token), "invalid_request")
        self.refused(self.post(form + "&" + form), "invalid_request")
        self.refused(self.client.get("/userinfo?access_token=" + token), "invalid_request")
        self.refused(self.post("", query="?access_token=" + token), "invalid_request")
        first_party = self.expect(self.client.login(self.email), 200).json["access_token"]
        self.expect(self.client.get("/userinfo", bearer=first_party), 401)


class StandardClaims(CodeCase):
    """A user with every attribute that a claim of OpenID Connect Core 5.1 is read from."""
    ATTRIBUTES = {"middle_name": "King", "nickname": "ada", "profile": "https://ada.example/", "picture": "https://ada.example/i.png",
                  "website": "https://ada.example/w", "gender": "female", "birthdate": "1815-12-10", "zoneinfo": "Europe/London",
                  "locale": "en-GB", "updated_at": 1796000000, "phone_number": "+44 20 7946 0000", "phone_number_verified": True,
                  "address": {"street_address": "1 St James's Square", "locality": "London", "country": "UK"}, "shoe_size": 5}
    OF_SCOPE = {"profile": {"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
                            "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"},
                "email": {"email", "email_verified"}, "address": {"address"}, "phone": {"phone_number", "phone_number_verified"}}

    def setUp(self):
        super().setUp()
        self.path = "/admin/users/%d" % self.user["id"]
        changed = self.expect(self.client.request("PATCH", self.path, json.dumps(
            {"first_name": "Ada", "surname": "Lovelace", "attributes": self.ATTRIBUTES}),
            {"Content-Type": "application/json", "Authorization": "Bearer " + self.root}), 200).json
        self.assertEqual(changed["attributes"], self.ATTRIBUTES)

    def told(self, scope, **more):
        tokens = self.expect(self.exchange(self.code(scope=scope, **more)["code"]), 200).json
        return self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 200).json, unpacked(tokens["id_token"])

    def test_userinfo_has_every_claim_of_the_scopes(self):
        for scopes in (["profile"], ["email"], ["address"], ["phone"], list(self.OF_SCOPE)):
            claims, _ = self.told(" ".join(["openid", *scopes]))
            self.assertEqual(set(claims) - {"sub"}, set().union(*(self.OF_SCOPE[one] for one in scopes)), scopes)
            for name, value in claims.items():
                self.assertEqual(value, self.ATTRIBUTES.get(name, value))
        self.assertEqual((claims["name"], claims["preferred_username"]), ("Ada Lovelace", self.email))

    def test_claims_asked_for_by_name_come_at_their_place(self):
        wanted = {"userinfo": {"address": None, "nickname": None}, "id_token": {"phone_number": {"essential": True}}}
        claims, id_token = self.told("openid", claims=json.dumps(wanted))
        self.assertEqual({k: claims[k] for k in ("address", "nickname")},
                         {k: self.ATTRIBUTES[k] for k in ("address", "nickname")})
        self.assertEqual(id_token["phone_number"], self.ATTRIBUTES["phone_number"])
        self.assertNotIn("address", id_token)
        self.assertNotIn("phone_number", claims)

    def test_the_user_does_not_see_them_at_users_me(self):
        token = self.expect(self.client.login(self.email), 200).json["access_token"]
        self.assertNotIn("attributes", self.expect(self.client.me(token), 200).json)

    def test_they_outlive_a_crash(self):
        self.server.kill()
        self.server.start()
        self.client = type(self.client)(self.server.url)
        # Its port is another, and so is the issuer that tokens are of.
        type(self).root = self.expect(self.client.login("root@example.com"), 200).json["access_token"]
        found = self.expect(self.client.get(self.path, bearer=self.root), 200).json
        self.assertEqual(found["attributes"], self.ATTRIBUTES)

    def test_the_metadata_name_them(self):
        known = self.expect(self.client.get("/.well-known/openid-configuration"), 200).json["claims_supported"]
        self.assertLessEqual(set().union(*self.OF_SCOPE.values()), set(known))


class Crash(CodeCase):
    def test_a_crash_between_use_and_reply_gives_no_code_a_second_use(self):
        for round in range(8 * int(os.environ.get("PAWL_TEST_SCALE", "1"))):
            with self.subTest(round=round):
                code = self.code()["code"]
                with concurrent.futures.ThreadPoolExecutor(4) as pool:
                    asked = [pool.submit(self.exchange, code) for _ in range(1 + round % 4)]
                    time.sleep(random.uniform(0, 0.01))
                    self.server.kill()
                self.server.start()
                self.client = type(self.client)(self.server.url)
                replies = [one.result() for one in asked if one.exception() is None]
                told = [one.json for one in replies if one.status == 200]
                self.assertLessEqual(len(told), 1)
                again = self.exchange(code)
                if any(one.status == 400 for one in replies) or told: # somebody was told that it was used
                    self.refused(again, "invalid_grant")
                    self.assertIn("used before", again.json["error_description"])
                else: # used or not, that is known now
                    self.assertIn(again.status, (200, 400), repr(again))
                for tokens in told + ([again.json] if again.status == 200 else []):
                    self.refused(self.exchange(code), "invalid_grant")
                    self.refused(self.refreshed(tokens["refresh_token"]), "invalid_grant")

    def test_a_code_that_was_used_before_a_crash_is_used_after_it(self):
        used, unused = self.code()["code"], self.code()["code"]
        tokens = self.expect(self.exchange(used), 200).json
        self.server.kill()
        self.server.start()
        self.client = type(self.client)(self.server.url)
        again = self.exchange(used)
        self.refused(again, "invalid_grant")
        self.assertIn("used before", again.json["error_description"])
        self.refused(self.refreshed(tokens["refresh_token"]), "invalid_grant")
        self.expect(self.exchange(unused), 200)

    def test_whatever_was_told_before_the_crash_lives_after_it(self):
        for _ in range(3):
            code = self.code()["code"]
            tokens = self.expect(self.exchange(code), 200).json
            self.server.kill()
            self.server.start()
            self.client = type(self.client)(self.server.url)
            self.expect(self.refreshed(tokens["refresh_token"]), 200)


if __name__ == "__main__":
    case.main()
