"""The attacks that RFC 9700 describes in its section 4, one test each in its order, as far as the server has a part in them.
docs/conformance.md has the table."""
import base64
import hashlib
import html
import re
import urllib.parse

from sign_in_test import BYE, CALLBACK, CONSENT, ERROR, SIGN_IN, VERIFIER, SignInCase, claims_of
from support import case
from support.person import Person

ORDERS, STOCK = "https://orders.example", "https://stock.example"


class Attacks(SignInCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = cls("setUp")
        maker.client = case.Client(cls.server.url)
        for api, scope in ((ORDERS, "orders:read"), (STOCK, "stock:read")):
            maker.posted("/admin/apis", {"identifier": api, "name": api})
            maker.posted("/admin/scopes", {"name": scope, "api": api})
        scopes = ["openid", "email", "offline_access", "orders:read", "stock:read"]
        for name, more in (("spa", {"preset": "spa"}), ("app", {"preset": "mobile", "redirect_uris": ["http://127.0.0.1/cb"]}),
                           ("lax", {"pkce": "optional"})):
            cls.secrets[name] = maker.made(name, consent="never", scopes=scopes, apis=[ORDERS, STOCK],
                                           **{**({"auth_method": "none"} if "preset" in more else {}), **more})
        for name, api in (("orders-api", ORDERS), ("stock-api", STOCK)):
            cls.secrets[name] = maker.posted("/admin/clients", {"client_id": name, "name": name, "preset": "api", "apis": [api],
                                                                "auth_method": "client_secret_post"})["client_secret"]

    def posted(self, path, document, status=201):
        return self.expect(self.client.post(path, document, bearer=self.root), status).json

    def token(self, code, client_id="own", status=200, **fields):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": client_id,
                "code_verifier": VERIFIER, **({"client_secret": self.secrets[client_id]} if self.secrets[client_id] else {}), **fields}
        form = {name: value for name, value in form.items() if value is not None}
        return self.expect(self.client.form("/token", form), status).json

    def refused(self, code, error, client_id="own", status=400, **fields):
        self.assertEqual(self.token(code, client_id, status, **fields)["error"], error)

    def introspected(self, api, token):
        return self.expect(self.client.form("/introspect", {"client_id": api, "client_secret": self.secrets[api], "token": token}),
                           200).json

    # 4.1: insufficient validation of redirect URIs
    def test_a_redirect_uri_that_only_looks_like_a_registered_one_gets_no_answer(self):
        registered = {"own": CALLBACK, "app": "http://127.0.0.1/cb"}
        near = {"own": ["https://evil.example/cb", "https://shop.example.evil.example/cb", "https://a.shop.example/cb",
                        "https://shop.example@evil.example/cb", "https://evil.example/.shop.example/cb",
                        "https://shop.example\\@evil.example/cb", "https://shop.example:443/cb", "https://shop.example./cb",
                        "http://shop.example/cb", "HTTPS://shop.example/cb", "https://SHOP.example/cb", "https://shop.example/CB",
                        CALLBACK + "/", CALLBACK + "/../evil", "https://shop.example/./cb", "https://shop.example//cb",
                        "https://shop.example/%63b", CALLBACK + "?next=//evil.example", CALLBACK + "?", CALLBACK + "#", CALLBACK + "#x",
                        CALLBACK + " ", " " + CALLBACK, CALLBACK + "\t", CALLBACK + "\r\nLocation: https://evil.example", CALLBACK + "\0",
                        "https://\u0455hop.example/cb", "//shop.example/cb", "/cb", "javascript:alert(1)//" + CALLBACK, "*"],
                "app": ["http://127.0.0.1:7/other", "http://127.0.0.1:7/cb/", "http://127.0.0.1:7/cb?x=1", "http://127.0.0.1:7/CB",
                        "https://127.0.0.1:7/cb", "http://127.0.0.1.evil.example:7/cb", "http://127.0.0.1:7@evil.example/cb",
                        "http://127.0.0.1:x/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:-1/cb",
                        "http://127.0.0.1:7#/cb", "http://[::1]:7/cb", "http://localhost:7/cb", "http://127.1:7/cb",
                        "http://2130706433:7/cb", "http://127.0.0.2:7/cb"]}
        for client_id, uris in near.items():
            for uri in uris:
                for mode in (None, "fragment", "form_post"):
                    with self.subTest(client_id=client_id, uri=uri, mode=mode):
                        page = self.authorize(client_id, redirect_uri=uri, response_mode=mode)
                        self.expect_page(page, ERROR, 400)
                        self.assertNotIn("Location", page.reply.headers)
                        self.assertIsNone(page.action)
                page = self.person.send("/authorize", self.asking(client_id, redirect_uri=uri), **{"Sec-Fetch-Site": "cross-site"})
                self.expect_page(page, ERROR, 400)
            self.assertIn(self.authorize(client_id, redirect_uri=registered[client_id]).title, (SIGN_IN,))
        self.assertEqual(self.authorize("app", redirect_uri="http://127.0.0.1:7/cb").title, SIGN_IN, "the port may differ")

    # 4.2: Referer headers; 4.16: clickjacking
    def test_no_page_leaks_its_address_has_anything_of_others_or_is_framed(self):
        consent = self.person.sign_in(self.authorize("shop"), self.email, case.PASSWORD)
        pages = {"sign-in": Person(self.server.url).visit("/authorize", **self.asking()), "consent": consent,
                 "choose": self.authorize("own", prompt="select_account"), "sign-out": self.person.visit("/end_session"),
                 "error": self.authorize("own", redirect_uri="https://evil.example/"),
                 "form_post": self.authorize("own", response_mode="form_post"),
                 "signed out": self.person.press(self.person.visit("/end_session"), "yes")}
        self.assertEqual(consent.title, CONSENT)
        for name, page in pages.items():
            with self.subTest(page=name):
                headers = page.reply.headers
                self.assertEqual(headers["Referrer-Policy"], "no-referrer")
                self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
                self.assertEqual(headers["X-Frame-Options"], "DENY")
                for url in map(html.unescape, re.findall(r'(?:src|href)="([^"]*)"', page.text)):
                    self.assertNotIn("//", url, "only of this server")
        answer = self.person.sign_in(self.authorize(), self.email, case.PASSWORD)
        self.assertEqual(answer.reply.headers["Referrer-Policy"], "no-referrer", "of a redirect, too")

    # 4.3: browser history
    def test_a_code_of_the_history_is_good_no_more_and_no_token_is_ever_in_a_url(self):
        code = self.expect_code(self.signed_in())
        tokens = self.token(code)
        self.refused(code, "invalid_grant")
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)
        for words in ("token", "id_token", "id_token token", "code token", "code id_token", "none"):
            self.expect_error(self.authorize(response_type=words), "unsupported_response_type")
        token = self.token(self.expect_code(self.authorize()))["access_token"]
        self.expect(self.client.get("/userinfo?access_token=" + token), 400)
        for path in ("/introspect", "/revoke"):
            self.expect(self.client.form(path + "?token=" + token, {"client_id": "own", "client_secret": self.secrets["own"]}), 400)

    # 4.4: mix-up
    def test_every_answer_names_who_gave_it(self):
        metadata = self.client.get("/.well-known/oauth-authorization-server").json
        self.assertEqual((metadata["issuer"], metadata["authorization_response_iss_parameter_supported"]), (self.server.url, True))
        self.signed_in()
        for more in ({}, {"scope": "nothing"}, {"prompt": "none", "max_age": "0"}, {"response_type": "token"}):
            for mode in ("query", "fragment", "form_post"):
                with self.subTest(mode=mode, **more):
                    page = self.authorize(**{"response_mode": mode, **more})
                    self.assertEqual(page.answer["iss"], metadata["issuer"])
                    self.assertEqual("code" in page.answer, more == {})

    # 4.5: injection of a code
    def test_a_code_of_another_flow_is_not_taken(self):
        mine, verifier = self.expect_code(self.signed_in(nonce="mine")), "v" * 43
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        victim = self.expect_code(self.authorize(nonce="victims", code_challenge=challenge))
        for code, other in ((victim, VERIFIER), (mine, verifier), (victim, None)):
            self.refused(code, "invalid_grant", code_verifier=other)
        self.refused(victim, "invalid_grant", "spa", code_verifier=verifier)
        told = claims_of(self.token(victim, code_verifier=verifier)["id_token"])
        self.assertEqual(told["nonce"], "victims")

    # 4.6: injection of an access token
    def test_an_id_token_names_the_access_token_that_came_with_it(self):
        one, other = (self.token(self.expect_code(page)) for page in (self.signed_in(), self.authorize()))

        def half(token):
            return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()
        self.assertEqual(claims_of(one["id_token"])["at_hash"], half(one["access_token"]))
        self.assertNotEqual(claims_of(one["id_token"])["at_hash"], half(other["access_token"]))

    # 4.7: cross-site request forgery
    def test_no_other_site_signs_in_allows_or_signs_out(self):
        consent = self.person.sign_in(self.authorize("shop"), self.email, case.PASSWORD)
        question, sign_in = self.person.visit("/end_session"), Person(self.server.url).visit("/authorize", **self.asking())
        for page, fields in ((consent, {"decision": "allow"}), (question, {"decision": "yes"}),
                             (sign_in, {"login": self.email, "password": case.PASSWORD})):
            path = urllib.parse.urljoin(page.path, page.action)
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": None, "Origin": "https://evil.example"}):
                self.expect_page(self.person.send(path, {**page.fields, **fields}, **headers), ERROR, 403)
        self.expect_code(self.authorize(prompt="none"))
        stranger = Person(self.server.url)
        self.assertIsNone(stranger.press(consent, "allow").outside, "of another browser")
        self.assertEqual(self.expect(self.client.get("/.well-known/openid-configuration"), 200).json["code_challenge_methods_supported"],
                         ["S256"])
        self.assertEqual(self.authorize(state="a&b=%63 \u00e9").answer["state"], "a&b=%63 \u00e9", "exactly as it was sent")

    # 4.8: downgrade of PKCE
    def test_a_challenge_that_was_taken_out_helps_no_one(self):
        for more in ({"code_challenge": None}, {"code_challenge": None, "code_challenge_method": None}, {"code_challenge": ""},
                     {"code_challenge": VERIFIER, "code_challenge_method": "plain"}, {"code_challenge_method": None}):
            for client_id in ("own", "spa"):
                self.expect_error(self.authorize(client_id, **more), "invalid_request")
        page = self.signed_in("lax", code_challenge=None, code_challenge_method=None)
        self.refused(self.expect_code(page), "invalid_grant", "lax")  # the client still sends its verifier
        self.token(self.expect_code(self.authorize("lax", code_challenge=None, code_challenge_method=None)), "lax", code_verifier=None)
        self.refused(self.expect_code(self.authorize("lax")), "invalid_grant", "lax", code_verifier=None)

    # 4.9 and 4.10: tokens that leaked from an API
    def test_a_token_for_one_api_is_good_at_no_other(self):
        token = self.token(self.expect_code(self.signed_in("spa", scope="orders:read")), "spa")["access_token"]
        self.assertEqual(claims_of(token)["aud"], ORDERS)
        self.assertIs(self.introspected("orders-api", token)["active"], True)
        self.assertEqual(self.introspected("stock-api", token), {"active": False})
        for path in ("/users/me", "/sessions", "/admin/users"):
            self.expect(self.client.get(path, bearer=token), 401)
        self.assertIn(self.client.get("/userinfo", bearer=token).status, (401, 403))
        both = self.token(self.expect_code(self.authorize("spa", scope="openid orders:read stock:read offline_access")), "spa")
        narrow = self.expect(self.client.form("/token", {"grant_type": "refresh_token", "client_id": "spa", "resource": STOCK,
                                                         "scope": "stock:read", "refresh_token": both["refresh_token"]}), 200).json
        self.assertEqual(claims_of(narrow["access_token"])["aud"], STOCK)
        self.assertEqual(self.introspected("orders-api", narrow["access_token"]), {"active": False})
        self.client.form("/revoke", {"client_id": "spa", "token": narrow["refresh_token"]})
        self.assertEqual(self.introspected("stock-api", narrow["access_token"]), {"active": False}, "ended, for who asks")

    # 4.11: open redirection
    def test_nothing_leads_to_a_place_that_is_not_registered(self):
        evil = "https://evil.example/"
        for more in ({"scope": "nothing"}, {"prompt": "none"}, {"response_type": "token"}, {"request": "e30.e30."}, {}):
            self.expect_page(self.authorize(redirect_uri=evil, **more), ERROR, 400)
        tokens = self.tokens()
        for more in ({"client_id": "own"}, {"id_token_hint": tokens["id_token"]}):
            self.expect_page(self.person.visit("/end_session", post_logout_redirect_uri=evil, **more), ERROR, 400)
        bare = self.person.visit("/end_session", post_logout_redirect_uri=BYE)
        self.assertIsNone(self.person.press(bare, "yes").outside, "no client is named")
        for path in ("/sign-in", "/select", "/consent", "/sign-out", "/", "/error"):
            for name in ("next", "rd", "return_to", "redirect_uri", "target_link_uri"):
                self.assertIsNone(self.person.visit(path, **{name: evil}).outside)
        for uri in ("https://evil.example/#x", "javascript:alert(1)", "http://evil.example/cb", "https://a@evil.example/",
                    "data:text/html,x"):
            document = {"client_id": "bad", "name": "Bad", "preset": "web", "scopes": ["openid"], "redirect_uris": [uri]}
            self.posted("/admin/clients", document, 422)

    # 4.12: 307
    def test_no_redirect_carries_a_password_on(self):
        page = self.authorize("shop")
        form = {**page.fields, "login": self.email, "password": case.PASSWORD}
        own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.url, "Sec-Fetch-Site": "same-origin"}
        reply = self.person.request("POST", "/sign-in", urllib.parse.urlencode(form).encode(), own)
        self.assertIn(reply.status, (200, 303))
        own_page = Person(self.server.url)
        page = own_page.visit("/authorize", **self.asking())
        form = {**page.fields, "login": self.email, "password": case.PASSWORD}
        reply = own_page.request("POST", "/sign-in", urllib.parse.urlencode(form).encode(), own)
        self.assertEqual(reply.status, 303)
        self.assertNotIn(urllib.parse.quote_plus(case.PASSWORD), reply.headers["Location"])
        reply = self.person.request("POST", "/authorize", urllib.parse.urlencode(self.asking()).encode(),
                                    {**own, "Sec-Fetch-Site": "cross-site"})
        self.assertEqual(reply.status, 303)

    # 4.13: reverse proxies that end TLS
    def test_headers_that_only_a_proxy_may_set_say_nothing_of_a_stranger(self):
        said = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil",
                "Forwarded": "for=10.0.0.1;host=evil.example;proto=https", "X-Forwarded-For": "10.0.0.1", "X-Real-IP": "10.0.0.1",
                "Remote-User": self.email, "X-Forwarded-User": self.email, "X-Forwarded-Email": self.email,
                "X-SSL-Client-Verify": "SUCCESS", "X-SSL-Client-S-DN": "CN=own", "Client-Cert": ":MIIB:"}
        for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
            told, plain = (self.client.request("GET", path, None, headers).json for headers in (said, {}))
            self.assertEqual(told, plain)
        person = Person(self.server.url, **said)
        page = self.expect_page(person.visit("/authorize", **self.asking()), SIGN_IN)
        self.assertNotIn("evil", page.text)
        self.expect_code(person.sign_in(page, self.email, case.PASSWORD))
        for path in ("/users/me", "/userinfo", "/admin/users"):
            self.expect(self.client.request("GET", path, None, said), 401)
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": "own"}).encode()
        self.expect(self.client.request("POST", "/token", form, {"Content-Type": "application/x-www-form-urlencoded", **said}), 401)

    # 4.14: refresh tokens
    def test_a_stolen_refresh_token_ends_what_it_is_of_and_gives_no_more_than_it_had(self):
        first = self.token(self.expect_code(self.signed_in("spa", scope="openid orders:read")), "spa")

        def refreshed(token, client_id="spa", **more):
            return self.client.form("/token", {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token, **more})
        self.expect(refreshed(first["refresh_token"], "app"), 400, "invalid_grant")
        self.expect(refreshed(first["refresh_token"], scope="openid stock:read"), 400, "invalid_scope")
        self.expect(refreshed(first["refresh_token"], resource=STOCK), 400, "invalid_target")
        tokens = [first]
        for _ in range(3):
            tokens.append(self.expect(refreshed(tokens[-1]["refresh_token"]), 200).json)
        self.assertEqual(len({one["refresh_token"] for one in tokens}), 4, "a new one each time")
        self.client.advance(3600)
        type(self).root = self.expect(self.client.login("root@example.com"), 200).json["access_token"]  # its own has expired, too
        self.expect(refreshed(first["refresh_token"]), 400, "invalid_grant")
        for one in tokens:
            self.expect(refreshed(one["refresh_token"]), 400, "invalid_grant")
        self.expect(self.client.get("/userinfo", bearer=tokens[-1]["access_token"]), 401)

    # 4.15: a client that is taken for a user
    def test_a_client_is_never_taken_for_a_user(self):
        user = self.user["id"]
        for name in (str(user), "7", self.email, "client:own@x", "pawl", "pawl-web"):
            self.posted("/admin/clients", {"client_id": name, "name": "x", "preset": "service", "scopes": ["admin"]}, 422)
        secret = self.posted("/admin/clients", {"client_id": "machine-%d" % user, "name": "x", "preset": "service", "scopes": ["admin"],
                                                "auth_method": "client_secret_post"})["client_secret"]
        token = self.expect(self.client.form("/token", {"grant_type": "client_credentials", "client_id": "machine-%d" % user,
                                                        "client_secret": secret}), 200).json["access_token"]
        self.assertEqual(claims_of(token)["sub"], "client:machine-%d" % user)
        for path in ("/users/me", "/sessions", "/userinfo"):
            self.assertIn(self.client.get(path, bearer=token).status, (401, 403))

    # 4.17: communication within the browser
    def test_an_answer_is_posted_to_a_registered_uri_or_to_none(self):
        self.signed_in()
        for mode in ("web_message", "web_message.jwt", "query.jwt", "post_message"):
            self.expect_error(self.authorize(response_mode=mode), "invalid_request")
        page = self.authorize(response_mode="form_post")
        self.assertEqual((page.action, set(page.fields)), (CALLBACK, {"code", "state", "iss"}))
        self.assertEqual(len(re.findall(r"<script", page.text)), 1)
        self.assertNotIn("postMessage", page.text)
        self.assertNotIn("opener", page.text)
        told = self.client.get("/.well-known/openid-configuration").json
        self.assertNotIn("check_session_iframe", told)
        self.assertLessEqual(set(told["response_modes_supported"]), {"query", "fragment", "form_post"})


if __name__ == "__main__":
    case.main()
