"""Sign-in for applications at the real server: /authorize, its pages, and /end_session, as a browser without scripts sees
them."""
import base64
import hashlib
import json
import re
import unittest
from urllib.parse import urlencode

from support import case, totp
from support.person import Person

CALLBACK = "https://shop.example/cb"
BYE = "https://shop.example/bye"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SIGN_IN, CONSENT, SELECT, ERROR = "Sign in", "Allow access", "Choose an account", "This did not work"
FACTOR = "Confirm that it is you"


def claims_of(token):
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class SignInCase(case.ServerCase):
    """A server with the clients `shop` (its users are asked) and `own` (they are not), and a browser for each test."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = cls("setUp")
        maker.client = case.Client(cls.server.url)
        maker.expect(maker.client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD,
                                                      "is_superuser": True}), 201)
        cls.root = maker.expect(maker.client.login("root@example.com"), 200).json["access_token"]
        cls.secrets = {name: maker.made(name, consent=consent) for name, consent in (("shop", "ask"), ("own", "never"))}

    def setUp(self):
        super().setUp()
        self.email = case.fresh_email()
        self.user = self.expect(self.client.post("/dev/users", {"email": self.email, "password": case.PASSWORD}), 201).json
        self.person = Person(self.server.url)

    def made(self, name, **members):
        document = {"client_id": name, "name": name.title(), "preset": "web", "redirect_uris": [CALLBACK],
                    "post_logout_redirect_uris": [BYE], "auth_method": "client_secret_post",
                    "scopes": ["openid", "profile", "email", "offline_access"], **members}
        return self.expect(self.client.post("/admin/clients", document, bearer=self.root), 201).json.get("client_secret")

    def asking(self, client_id="own", **more):
        return {"response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK, "scope": "openid email",
                "state": "st&te=1", "nonce": "n-0S6", "code_challenge": CHALLENGE, "code_challenge_method": "S256", **more}

    def authorize(self, client_id="own", person=None, **more):
        given = {name: value for name, value in self.asking(client_id, **more).items() if value is not None}
        return (person or self.person).visit("/authorize", **given)

    def expect_page(self, page, title, status=200):
        self.assertEqual((page.title, page.status), (title, status), page.outside or page.text)
        policy = page.reply.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertEqual(page.reply.headers["Cache-Control"], "no-store")
        return page

    def expect_error(self, page, error):
        """Told to the client."""
        self.assertIsNotNone(page.outside, page.text)
        self.assertTrue(page.outside.startswith(CALLBACK + "?"), page.outside)
        self.assertEqual((page.answer.get("error"), page.answer.get("iss")), (error, self.server.url), page.answer)
        self.assertNotIn("code", page.answer)
        return page

    def expect_code(self, page, at=CALLBACK + "?"):
        self.assertIsNotNone(page.outside, page.text)
        self.assertTrue(page.outside.startswith(at), page.outside)
        self.assertEqual(set(page.answer), {"code", "state", "iss"})
        self.assertEqual((page.answer["state"], page.answer["iss"]), ("st&te=1", self.server.url))
        return page.answer["code"]

    def signed_in(self, client_id="own", person=None, **more):
        """A code, after the sign-in page."""
        person = person or self.person
        page = self.expect_page(self.authorize(client_id, person, **more), SIGN_IN)
        page = person.sign_in(page, self.email, case.PASSWORD)
        if page.title == CONSENT:
            page = person.press(page, "allow")
        return page

    def token(self, code, client_id="own", status=200, **fields):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": client_id,
                "code_verifier": VERIFIER, "client_secret": self.secrets[client_id], **fields}
        return self.expect(self.client.form("/token", form), status).json

    def tokens(self, client_id="own", **more):
        return self.token(self.expect_code(self.signed_in(client_id, **more)), client_id)


class SignIn(SignInCase):
    def test_a_user_signs_in_and_the_client_has_its_tokens(self):
        tokens = self.tokens()
        claims = claims_of(tokens["id_token"])
        self.assertEqual((claims["iss"], claims["aud"], claims["nonce"], claims["sub"]),
                         (self.server.url, "own", "n-0S6", str(self.user["id"])))
        seen = self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 200).json
        self.assertEqual((seen["sub"], seen["email"]), (claims["sub"], self.email))

    def test_a_user_with_a_second_factor_is_asked_for_it(self):
        access = self.expect(self.client.login(self.email), 200).json["access_token"]
        offered = self.expect(self.client.post("/users/me/factors/totp", bearer=access), 200).json
        body = {"capsule": offered["capsule"], "totp": totp.code(offered["secret"], self.client.get("/dev/clock").json["unix"])}
        self.expect(self.client.post("/users/me/factors/totp/confirm", body, bearer=access), 201)
        page = self.expect_page(self.person.sign_in(self.authorize(), self.email, case.PASSWORD), FACTOR)
        page = self.expect_page(self.person.press(page, totp="000000"), FACTOR, 422)
        self.client.advance(60)
        page = self.person.press(page, totp=self.client.post("/dev/totp", {"user": self.email}).json["code"])
        claims = claims_of(self.token(self.expect_code(page))["id_token"])
        self.assertEqual((claims["acr"], claims["amr"]), ("urn:pawl:acr:2", ["pwd", "otp", "mfa"]))

    def test_the_second_time_no_page_asks(self):
        first = claims_of(self.tokens()["id_token"])
        again = claims_of(self.token(self.expect_code(self.authorize()))["id_token"])
        self.assertEqual((first["auth_time"], first["sid"]), (again["auth_time"], again["sid"]))

    def test_a_wrong_password_shows_the_page_again_with_the_name(self):
        page = self.person.sign_in(self.authorize(), self.email, "wrong horse")
        self.expect_page(page, SIGN_IN, 422)
        self.assertEqual((page.fields["login"], page.fields["password"]), (self.email, ""))
        self.assertIn("wrong", page.text)
        self.assertNotIn("wrong horse", page.text)
        self.expect_code(self.person.sign_in(page, self.email, case.PASSWORD))

    def test_pages_speak_the_language_that_is_asked_for(self):
        self.assertEqual(self.authorize(ui_locales="fr de-AT en").title, "Anmelden")
        german = Person(self.server.url, **{"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
        self.assertEqual(self.authorize(person=german).title, "Anmelden")
        self.assertEqual(self.authorize(person=german, ui_locales="en").title, SIGN_IN)
        self.assertEqual(self.authorize(person=german, redirect_uri="https://evil.example/").title, "Das hat nicht funktioniert")

    def test_names_and_hints_are_text_on_a_page(self):
        page = self.authorize(login_hint='"><script>alert(1)</script>')
        self.assertNotIn("<script>", page.text)
        self.assertEqual(page.fields["login"], '"><script>alert(1)</script>')

    def test_each_response_mode(self):
        self.expect_code(self.signed_in(response_mode="fragment"), CALLBACK + "#")
        page = self.expect_page(self.authorize(response_mode="form_post"), "One moment")
        self.assertEqual((page.action, set(page.fields)), (CALLBACK, {"code", "state", "iss"}))
        self.token(page.fields["code"])
        self.assertIn("form-action https://shop.example;", page.reply.headers["Content-Security-Policy"] + ";")
        script = re.search("<script>(.*)</script>", page.text).group(1)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        self.assertIn("'sha256-%s'" % digest, page.reply.headers["Content-Security-Policy"])
        refused = self.authorize(response_mode="form_post", scope="nothing")
        self.assertEqual((refused.action, refused.fields["error"]), (CALLBACK, "invalid_scope"))

    def test_a_posted_request_goes_on_by_get_with_its_cookie(self):
        foreign = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
        page = self.expect_page(self.person.send("/authorize", self.asking(), **foreign), SIGN_IN)
        self.assertTrue(page.path.startswith("/authorize?request_uri=pfl_"))
        self.expect_code(self.person.sign_in(page, self.email, case.PASSWORD))
        self.expect_code(self.person.send("/authorize", self.asking(), **foreign))
        self.expect_error(self.person.send("/authorize", self.asking(prompt="none login")), "invalid_request")
        self.expect_page(self.person.send("/authorize", self.asking(state="x" * 5000)), ERROR, 413)

    def test_a_request_as_long_as_may_be_comes_through(self):
        state, nonce = "s" * 1024, "n" * 512
        page = self.authorize(state=state, nonce=nonce, login_hint="h" * 254, ui_locales="en " * 80)
        page = self.person.sign_in(self.expect_page(page, SIGN_IN), self.email, case.PASSWORD)
        self.assertEqual(page.answer["state"], state)
        self.expect_error(self.authorize(state="s" * 1025), "invalid_request")

    def test_a_code_that_comes_back_ends_what_it_gave(self):
        code = self.expect_code(self.signed_in())
        tokens = self.token(code)
        self.token(code, status=400)
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)
        refused = self.client.form("/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"],
                                              "client_id": "own", "client_secret": self.secrets["own"]})
        self.expect(refused, 400, "invalid_grant")

    def test_back_and_press_again_gives_another_code(self):
        page = self.authorize()
        first = self.expect_code(self.person.sign_in(page, self.email, case.PASSWORD))
        tokens = self.token(first)
        second = self.expect_code(self.person.sign_in(page, self.email, case.PASSWORD))
        self.token(second)
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 200)


class Prompts(SignInCase):
    def test_none_never_shows_a_page(self):
        self.expect_error(self.authorize(prompt="none"), "login_required")
        self.signed_in()
        self.expect_code(self.authorize(prompt="none"))
        self.expect_error(self.authorize("shop", prompt="none"), "consent_required")

    def test_login_asks_again_and_the_session_stays(self):
        first = claims_of(self.tokens()["id_token"])
        self.frozen_clock()
        self.client.advance(5)
        again = claims_of(self.tokens(prompt="login")["id_token"])
        self.assertGreater(again["auth_time"], first["auth_time"])
        self.assertEqual(again["sid"], first["sid"])

    def test_login_asks_again_within_the_same_second(self):
        self.frozen_clock()
        self.tokens()
        self.expect_page(self.authorize(prompt="login"), SIGN_IN)
        self.expect_page(self.authorize(max_age="0"), SIGN_IN)

    def test_max_age(self):
        self.tokens()
        self.expect_code(self.authorize(max_age="600"))
        self.client.advance(601)
        self.expect_error(self.authorize(max_age="600", prompt="none"), "login_required")
        self.assertIn("auth_time", claims_of(self.tokens(max_age="600")["id_token"]))

    def test_an_essential_acr_is_met_or_the_sign_in_has_failed(self):
        wanting = lambda *values: json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})
        tokens = self.tokens(claims=wanting("urn:other", "urn:pawl:acr:1"))
        self.assertEqual(claims_of(tokens["id_token"])["acr"], "urn:pawl:acr:1")
        unmet = "unmet_authentication_requirements"
        for more in ({}, {"prompt": "none"}, {"prompt": "login"}):
            self.expect_error(self.authorize(claims=wanting("urn:other"), **more), unmet)
            self.expect_error(self.authorize(person=Person(self.server.url), claims=wanting(), **more), unmet)
        self.expect_code(self.authorize(acr_values="urn:other"))  # a wish
        self.expect_code(self.authorize(claims=json.dumps({"id_token": {"acr": {"values": ["urn:other"]}}})))

    def test_select_account(self):
        self.signed_in()
        page = self.expect_page(self.authorize(prompt="select_account"), SELECT)
        self.expect_code(self.person.press(page, "continue"))
        page = self.expect_page(self.person.press(self.authorize(prompt="select_account"), "other"), SIGN_IN)
        other = case.fresh_email()
        made = self.expect(self.client.post("/dev/users", {"email": other, "password": case.PASSWORD}), 201).json
        code = self.expect_code(self.person.sign_in(page, other, case.PASSWORD))
        self.assertEqual(claims_of(self.token(code)["id_token"])["sub"], str(made["id"]))

    def test_the_page_of_an_account_is_not_answered_by_another(self):
        self.signed_in()
        page = self.expect_page(self.authorize(prompt="select_account"), SELECT)
        other = case.fresh_email()
        self.expect(self.client.post("/dev/users", {"email": other, "password": case.PASSWORD}), 201)
        self.person.sign_in(self.authorize(prompt="login"), other, case.PASSWORD)
        again = self.expect_page(self.person.press(page, "continue"), SELECT)
        self.assertIn(other, again.text)

    def test_a_hint_of_another_user_asks_who_it_is(self):
        hint = self.tokens()["id_token"]
        self.expect_code(self.authorize(id_token_hint=hint, prompt="none"))
        stranger = Person(self.server.url)
        self.email = case.fresh_email()
        self.expect(self.client.post("/dev/users", {"email": self.email, "password": case.PASSWORD}), 201)
        self.signed_in(person=stranger)
        self.expect_error(self.authorize(person=stranger, id_token_hint=hint, prompt="none"), "login_required")
        self.expect_page(self.authorize(person=stranger, id_token_hint=hint), SIGN_IN)

    def test_what_is_not_known_is_refused(self):
        for prompt in ("create", "none login", "login  consent", "LOGIN"):
            self.expect_error(self.authorize(prompt=prompt), "invalid_request")


class Consent(SignInCase):
    def test_is_asked_once_and_remembered(self):
        page = self.person.sign_in(self.authorize("shop"), self.email, case.PASSWORD)
        self.expect_page(page, CONSENT)
        self.assertIn("Shop", page.text)
        self.assertIn(self.email, page.text)
        self.expect_code(self.person.press(page, "allow"))
        self.expect_code(self.authorize("shop"))
        more = self.expect_page(self.authorize("shop", scope="openid email profile"), CONSENT)
        self.expect_code(self.person.press(more, "allow"))
        self.expect_page(self.authorize("shop", prompt="consent"), CONSENT)

    def test_denied_is_told_to_the_client(self):
        page = self.person.sign_in(self.authorize("shop"), self.email, case.PASSWORD)
        self.expect_error(self.person.press(page, "deny"), "access_denied")
        self.expect_page(self.authorize("shop"), CONSENT)

    def test_is_asked_again_once_it_is_withdrawn_and_the_tokens_are_dead(self):
        tokens = self.tokens("shop")
        access = self.logged_in(self.email)["access_token"]
        found = self.expect(self.client.get("/users/me/consents", bearer=access), 200).json
        self.assertEqual([one["client_id"] for one in found["consents"]], ["shop"])
        self.expect(self.client.delete("/users/me/consents/shop", bearer=access), 204)
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)
        self.expect_page(self.authorize("shop"), CONSENT)

    def test_what_is_allowed_again_in_the_second_of_the_withdrawal_is_allowed(self):
        self.expect(self.client.post("/dev/clock", {"freeze": True}), 200)
        self.addCleanup(self.client.post, "/dev/clock", {"freeze": False})
        before = self.tokens("shop")
        access = self.logged_in(self.email)["access_token"]
        self.expect(self.client.delete("/users/me/consents/shop", bearer=access), 204)
        self.expect(self.client.get("/userinfo", bearer=before["access_token"]), 401)
        page = self.person.press(self.expect_page(self.authorize("shop"), CONSENT), "allow")
        again = self.token(self.expect_code(page), "shop")
        self.expect(self.client.get("/userinfo", bearer=again["access_token"]), 200)

    def test_a_page_that_another_session_saw_allows_nothing(self):
        page = self.person.sign_in(self.authorize("shop"), self.email, case.PASSWORD)
        stranger = Person(self.server.url)
        self.expect_page(stranger.press(page, "allow"), SIGN_IN)

    def test_offline_access_is_only_with_consent(self):
        asked = {"scope": "openid offline_access"}
        tokens = self.tokens("shop", **asked)
        self.assertNotIn("offline_access", tokens.get("scope", "openid"))
        page = self.expect_page(self.authorize("shop", prompt="consent", **asked), CONSENT)
        tokens = self.token(self.expect_code(self.person.press(page, "allow")), "shop")
        self.assertIn("offline_access", tokens.get("scope", "openid offline_access"))


class Refused(SignInCase):
    def test_on_a_page_while_client_or_redirect_uri_is_not_proven(self):
        for more in ({"client_id": "nobody"}, {"client_id": None}, {"redirect_uri": "https://evil.example/cb"},
                     {"redirect_uri": CALLBACK + "/"}, {"redirect_uri": None}, {"redirect_uri": [CALLBACK, CALLBACK]},
                     {"client_id": ["own", "own"]}):
            page = self.authorize(**more)
            self.expect_page(page, ERROR, 400)
            self.assertIsNone(page.outside)
            self.assertIn(page.reply.headers["X-Request-Id"], page.text)

    def test_at_the_client_from_then_on(self):
        for error, more in (("unsupported_response_type", {"response_type": "token"}), ("invalid_request", {"response_type": None}),
                            ("invalid_request", {"code_challenge": None}), ("invalid_request", {"code_challenge_method": "plain"}),
                            ("invalid_request", {"code_challenge": "short"}), ("invalid_scope", {"scope": "nothing"}),
                            ("invalid_request", {"nonce": ["a", "b"]}), ("invalid_request", {"max_age": "-1"}),
                            ("request_not_supported", {"request": "e30.e30."}), ("invalid_request", {"id_token_hint": "x.y.z"}),
                            ("request_uri_not_supported", {"request_uri": "https://evil.example/request"}),
                            ("registration_not_supported", {"registration": "{}"}), ("invalid_request", {"claims": "["}),
                            ("invalid_target", {"resource": "https://other.example"}), ("invalid_request", {"dpop_jkt": "x"}),
                            ("invalid_request", {"response_mode": "jwt"}), ("invalid_request", {"nonce": "n" * 513})):
            with self.subTest(error=error, **{name: str(value)[:20] for name, value in more.items()}):
                self.expect_error(self.authorize(**more), error)

    def test_a_state_given_twice_is_not_sent_back(self):
        page = self.expect_error(self.authorize(state=["a", "b"]), "invalid_request")
        self.assertNotIn("state", page.answer)

    def test_a_form_of_another_site(self):
        page = self.authorize()
        form = {**page.fields, "login": self.email, "password": case.PASSWORD}
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                        {"Sec-Fetch-Site": None, "Origin": "https://evil.example"}, {"Sec-Fetch-Site": None, "Origin": "null"},
                        {"Sec-Fetch-Site": None, "Origin": None}):
            for path in ("/sign-in", "/select", "/consent", "/sign-out"):
                reply = self.person.send(path, form, **headers)
                self.expect_page(reply, ERROR, 403)
        self.assertEqual(self.person.cookies, {})
        self.expect_code(self.person.send("/sign-in", form, **{"Sec-Fetch-Site": None}))

    def test_capsules_that_are_not_ours(self):
        page = self.authorize()
        flow = page.fields["flow"]
        for other in ("", "pfl_", flow[:-1], flow[:-4] + "AAAA", flow + "A", "x" * 3000, flow.replace("pfl_", "pac_")):
            for path in ("/sign-in", "/select", "/consent"):
                self.expect_page(self.person.send(path, {"flow": other, "login": self.email, "password": case.PASSWORD}), ERROR, 400)
        for other in ("pfl_", flow[:-1], flow[:-4] + "AAAA"):
            self.expect_page(self.person.visit("/authorize", request_uri=other), ERROR, 400)

    def test_forms_that_are_none(self):
        own = {"Origin": self.server.url, "Sec-Fetch-Site": "same-origin"}
        form = "application/x-www-form-urlencoded"
        for body, kind, status in ((b"flow=%zz", form, 400), (b"flow=a&flow=b", form, 400), (b"{}", "application/json", 415),
                                   (b"\xff=1", form, 400)):
            for path in ("/sign-in", "/select", "/consent"):
                reply = self.client.request("POST", path, body, {**own, "Content-Type": kind})
                self.assertEqual(reply.status, status, reply)
                self.assertIn(b"<!doctype html>", reply.body)
        self.expect_page(self.person.visit("/authorize?%zz"), ERROR, 400)

    def test_a_page_of_before_an_hour_starts_its_request_over(self):
        page = self.authorize("shop")
        self.client.advance(3601)
        page = self.expect_page(self.person.sign_in(page, self.email, case.PASSWORD), CONSENT)
        self.client.advance(3601)
        page = self.expect_page(self.person.press(page, "allow"), CONSENT)
        self.expect_code(self.person.press(page, "allow"))

    def test_a_disabled_client_and_one_that_is_gone(self):
        self.made("late")
        page = self.authorize("late")
        self.expect(self.client.send("PATCH", "/admin/clients/late", {"enabled": False}, self.root), 200)
        self.expect_page(self.person.sign_in(page, self.email, case.PASSWORD), ERROR, 400)
        self.expect_page(self.authorize("late"), ERROR, 400)
        self.expect(self.client.delete("/admin/clients/late", bearer=self.root), 204)
        self.expect_page(self.person.sign_in(page, self.email, case.PASSWORD), ERROR, 400)


class Browsers(SignInCase):
    def test_the_cookie_is_for_this_server_alone(self):
        page = self.authorize()
        reply = self.person.request("POST", "/sign-in", urlencode({**page.fields, "login": self.email, "password": case.PASSWORD}).encode(),
                                    {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.url})
        cookie = reply.headers["Set-Cookie"]
        self.assertTrue(cookie.startswith("pawl=pws_"), "without Secure, as the issuer is http")
        for attribute in ("HttpOnly", "SameSite=Lax", "Path=/"):
            self.assertIn("; " + attribute, cookie)
        self.assertNotIn("Domain", cookie)

    def test_a_planted_cookie_signs_in_nobody(self):
        for value in ("x", "pws_AAAA", self.authorize().fields["flow"]):
            planted = Person(self.server.url)
            planted.cookies["pawl"] = value
            self.expect_page(self.authorize(person=planted), SIGN_IN)

    def test_a_stolen_cookie_that_comes_back_ends_the_session(self):
        tokens = self.tokens()
        stolen = dict(self.person.cookies)
        self.client.advance(700)
        self.expect_code(self.authorize())
        self.assertNotEqual(self.person.cookies, stolen, "an old one is rotated")
        self.client.advance(61)
        self.expect_code(self.authorize())
        thief = Person(self.server.url)
        thief.cookies.update(stolen)
        self.expect_page(self.authorize(person=thief), SIGN_IN)
        self.expect_page(self.authorize(), SIGN_IN)
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)

    def test_a_new_password_and_a_disabled_user_sign_out(self):
        self.signed_in()
        access = self.logged_in(self.email)["access_token"]
        self.expect(self.client.post("/users/me/password", {"current_password": case.PASSWORD, "new_password": "another horse 77"},
                                     bearer=access), 204)
        self.expect_page(self.authorize(), SIGN_IN)
        self.expect_code(self.person.sign_in(self.authorize(), self.email, "another horse 77"))
        self.expect(self.client.send("PATCH", "/admin/users/%d" % self.user["id"], {"enabled": False}, self.root), 200)
        self.expect_page(self.authorize(), SIGN_IN)

    def test_tabs_sign_in_at_once(self):
        pages = [self.authorize(client_id) for client_id in ("own", "shop", "own")]
        self.expect_code(self.person.sign_in(pages[0], self.email, case.PASSWORD))
        page = self.expect_page(self.person.sign_in(pages[1], self.email, case.PASSWORD), CONSENT)
        self.expect_code(self.person.sign_in(pages[2], self.email, case.PASSWORD))
        self.expect_code(self.person.press(page, "allow"))


class SignOut(SignInCase):
    def test_with_the_hint_of_this_session_no_page_asks(self):
        tokens = self.tokens()
        page = self.person.visit("/end_session", id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE, state="b ye")
        self.assertEqual(page.outside, BYE + "?state=b+ye")
        self.assertEqual(self.person.cookies, {})
        self.expect_error(self.authorize(prompt="none"), "login_required")
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)

    def test_without_a_hint_the_user_is_asked(self):
        self.tokens()
        page = self.expect_page(self.person.visit("/end_session"), "Sign out")
        self.expect_page(self.person.press(page, "no"), "You are still signed in")
        self.expect_code(self.authorize(prompt="none"))
        page = self.expect_page(self.person.visit("/end_session", client_id="own", post_logout_redirect_uri=BYE), "Sign out")
        self.assertEqual(self.person.press(page, "yes").outside, BYE)
        self.expect_error(self.authorize(prompt="none"), "login_required")

    def test_never_goes_where_nothing_is_registered(self):
        hint = self.tokens()["id_token"]
        for query in ({"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"},
                      {"client_id": "own", "post_logout_redirect_uri": BYE + "/"}, {"client_id": "nobody"},
                      {"id_token_hint": hint, "client_id": "shop"}, {"id_token_hint": hint[:-2]},
                      {"state": ["a", "b"]}, {"state": "s" * 1025}):
            page = self.expect_page(self.person.visit("/end_session", **query), ERROR, 400)
            self.assertIsNone(page.outside)
        page = self.person.visit("/end_session", post_logout_redirect_uri=BYE)
        self.assertIsNone(self.person.press(self.expect_page(page, "Sign out"), "yes").outside, "no client was named")

    def test_a_posted_one_goes_on_by_get_with_its_cookie(self):
        tokens = self.tokens()
        page = self.person.send("/end_session", {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BYE},
                                **{"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"})
        self.assertEqual(page.outside, BYE)
        self.expect_error(self.authorize(prompt="none"), "login_required")

    def test_a_genuine_hint_without_a_session_goes_back_at_once(self):
        hint = self.tokens()["id_token"]
        self.client.advance(4000)
        page = Person(self.server.url).visit("/end_session", id_token_hint=hint, post_logout_redirect_uri=BYE)
        self.assertEqual(page.outside, BYE)

    def test_offline_access_outlives_the_browser_session(self):
        page = self.person.sign_in(self.authorize("shop", prompt="consent", scope="openid offline_access"), self.email, case.PASSWORD)
        tokens = self.token(self.expect_code(self.person.press(page, "allow")), "shop")
        self.person.press(self.person.visit("/end_session"), "yes")
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 200)


class WithoutKeysToShare(case.ServerCase):
    KEYWORDS = {"env": {"SECRET_KEY": "0123456789abcdef0123456789abcdef", "ALGORITHM": "HS256"}}

    def test_hs256_signs_in_nobody_for_clients(self):
        for method, path in (("GET", "/authorize"), ("POST", "/authorize"), ("GET", "/end_session"), ("POST", "/sign-in")):
            reply = self.client.request(method, path, b"" if method == "POST" else None, {"Sec-Fetch-Site": "same-origin"})
            self.expect(reply, 404)
        self.assertNotIn("authorization_endpoint", self.client.get("/.well-known/openid-configuration").json)

    def test_a_code_for_an_id_token_that_no_key_signs_is_not_made(self):
        email = case.fresh_email()
        for document in ({"email": email, "password": case.PASSWORD}, {"email": "root@example.com", "password": case.PASSWORD,
                                                                       "is_superuser": True}):
            self.expect(self.client.post("/dev/users", document), 201)
        root = self.expect(self.client.login("root@example.com"), 200).json["access_token"]
        self.expect(self.client.post("/admin/clients", {"client_id": "page", "name": "Page", "preset": "spa", "consent": "ask",
                                                        "scopes": ["openid", "email"], "redirect_uris": [CALLBACK]},
                                     bearer=root), 201)
        wish = {"user": email, "client_id": "page", "redirect_uri": CALLBACK, "code_challenge": CHALLENGE}
        refused = self.expect(self.client.post("/dev/code", {**wish, "scope": "openid email"}), 400)
        self.assertEqual(refused.code, "unauthorized_client")
        self.assertIn("no key that signs ID tokens", refused.json["detail"])
        access = self.logged_in(email)["access_token"]
        self.assertEqual(self.client.get("/users/me/consents", bearer=access).json["consents"], [], "it changed nothing")
        self.expect(self.client.post("/dev/code", {**wish, "scope": "email"}), 201)


class Worlds(SignInCase):
    def test_each_world_has_its_own_pages_clients_and_sessions(self):
        west = "/t/west"
        for path, body in (("/dev/users", {"email": "root@example.com", "password": case.PASSWORD, "is_superuser": True}),
                           ("/dev/users", {"email": "ann@example.com", "password": case.PASSWORD})):
            self.expect(self.client.post(west + path, body), 201)
        root = self.expect(self.client.post(west + "/login", {"email": "root@example.com", "password": case.PASSWORD}), 200).json
        self.expect(self.client.post(west + "/admin/clients", {"client_id": "own", "name": "West", "preset": "web", "consent": "never",
                                                               "redirect_uris": [CALLBACK], "scopes": ["openid"]},
                                     bearer=root["access_token"]), 201)
        page = self.person.visit(west + "/authorize", **self.asking(scope="openid"))
        self.assertIn("West", self.expect_page(page, SIGN_IN).text)
        page = self.person.sign_in(page, "ann@example.com", case.PASSWORD)
        self.assertEqual(page.answer["iss"], self.server.url + west)
        self.assertEqual(list(self.person.cookies), ["pawl-west"])
        self.expect_page(self.authorize(), SIGN_IN)


if __name__ == "__main__":
    case.main()
