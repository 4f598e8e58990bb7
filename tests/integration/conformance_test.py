"""What the OpenID Foundation's conformance suite asks of a provider in its plans Config, Basic, Form Post Basic and
RP-Initiated Logout with static clients, walked through without it: TLS at the server itself, three clients from a seed, the
pages driven by their field names and ids, the signing keys rotated in between. Its warnings count as failures here."""
import base64
import hashlib
import json
import pathlib
import unittest
from urllib.parse import urlencode

from support import case
from support.http import Client
from support.pawld import Pawld
from support.person import Person
from tls_test import make_certificate, trusting

SUITE = "https://localhost.example/test/a/pawl"
CALLBACK, BYE = SUITE + "/callback", SUITE + "/post_logout_redirect"
SECRETS = {name: "a secret of %s for this test alone" % name for name in ("conf1", "conf2", "conf3")}
AUTH = {"conf1": "client_secret_basic", "conf2": "client_secret_basic", "conf3": "client_secret_post"}
ADA, PASSWORD = "ada@example.com", case.PASSWORD
PROFILE = {"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
           "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"}
OF_SCOPE = {"profile": PROFILE, "email": {"email", "email_verified"}, "address": {"address"},
            "phone": {"phone_number", "phone_number_verified"}}
ATTRIBUTES = {"middle_name": "King", "nickname": "ada", "profile": "https://ada.example/", "gender": "female",
              "picture": "https://ada.example/me.png", "website": "https://ada.example/", "birthdate": "1815-12-10",
              "zoneinfo": "Europe/London", "locale": "en-GB", "phone_number": "+44 20 7946 0000",
              "phone_number_verified": True, "address": {"locality": "London", "country": "GB"}}


def seed():
    def client(name, **more):
        return {"client_id": name, "name": name, "preset": "web", "pkce": "optional", "redirect_uris": [CALLBACK],
                "post_logout_redirect_uris": [BYE], "auth_method": AUTH[name], "client_secret": SECRETS[name],
                "scopes": ["openid", "profile", "email", "address", "phone", "offline_access"], "consent": "ask", **more}
    return {"pawl_seed": 1, "clients": [client(name) for name in AUTH], "users": [
        {"email": ADA, "username": "ada", "password": PASSWORD, "first_name": "Ada", "surname": "Lovelace",
         "email_verified": True, "attributes": ATTRIBUTES},
        {"email": "root@example.com", "password": PASSWORD, "is_superuser": True}]}


def unpacked(token):
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2])
    return header, claims


def without_signature(token):
    """The same claims under alg none."""
    def packed(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return packed({"alg": "none"}) + "." + packed(unpacked(token)[1]) + "."


class ConformanceCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Pawld(listen=None, data_dir=":memory:")
        certificate = make_certificate(cls.server.home, "own")
        path = pathlib.Path(cls.server.home) / "seed.json"
        path.write_text(json.dumps(seed()))
        cls.tls = trusting(certificate + ".pem")
        cls.server.options += ["--listen", "127.0.0.1:0", "--tls-cert", certificate + ".pem", "--tls-key",
                               certificate + ".key", "--seed", str(path)]
        cls.server.start()
        cls.url = cls.server.url
        cls.plain = Client(cls.url, tls=cls.tls)
        cls.metadata = cls.plain.get("/.well-known/openid-configuration").json

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.person = Person(self.url)
        self.person.client = Client(self.url, tls=self.tls)

    # One authorization request

    def path_of(self, endpoint):
        self.assertTrue(self.metadata[endpoint].startswith(self.url + "/"), self.metadata[endpoint])
        return self.metadata[endpoint][len(self.url):]

    def request(self, client_id="conf1", **more):
        asked = {"response_type": "code", "client_id": client_id, "redirect_uri": CALLBACK, "scope": "openid",
                 "state": "a state", "nonce": "a nonce", **more}
        return {name: value for name, value in asked.items() if value is not None}

    def authorize(self, client_id="conf1", **more):
        return self.person.visit(self.path_of("authorization_endpoint"), **self.request(client_id, **more))

    def through(self, page):
        """Signs in, and allows, where a page asks."""
        if "signin-submit" in page.buttons:
            page = self.person.sign_in(page, ADA, PASSWORD)
        if "consent-allow" in page.buttons:
            page = self.person.press(page, "allow")
        return page

    def answer(self, page, mode="query"):
        """What the client is given at its redirect URI."""
        if mode == "form_post":
            self.assertEqual((page.status, page.action), (200, CALLBACK), page.text)
        else:
            self.assertIsNotNone(page.outside, page.text)
            self.assertTrue(page.outside.startswith(CALLBACK + "?"), page.outside)
        return page.answer

    def code(self, client_id="conf1", mode="query", **more):
        if mode == "form_post":
            more["response_mode"] = mode
        answer = self.answer(self.through(self.authorize(client_id, **more)), mode)
        self.assertEqual(set(answer), {"code", "state", "iss"}, answer)
        self.assertEqual((answer["state"], answer["iss"]), ("a state", self.url))
        return answer["code"]

    def ask_token(self, client_id, **fields):
        headers = {}
        if AUTH[client_id] == "client_secret_basic":
            pair = urlencode({client_id: SECRETS[client_id]}).replace("=", ":", 1)
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            fields.update(client_id=client_id, client_secret=SECRETS[client_id])
        return self.plain.form(self.path_of("token_endpoint"), fields, headers)

    def exchange(self, code, client_id="conf1", **fields):
        return self.ask_token(client_id, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **fields)

    def checked(self, reply, client_id="conf1", nonce="a nonce"):
        """A token response, and the claims of its ID token."""
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual((reply.headers["Cache-Control"], reply.json["token_type"].lower()), ("no-store", "bearer"))
        self.assertGreater(reply.json["expires_in"], 0)
        header, claims = unpacked(reply.json["id_token"])
        self.assertEqual(header["alg"], "RS256")
        keys = self.plain.get(self.path_of("jwks_uri")).json["keys"]
        self.assertEqual(len([key for key in keys if key["kid"] == header["kid"]]), 1, keys)
        self.assertEqual((claims["iss"], claims["aud"], claims.get("nonce")), (self.url, client_id, nonce))
        self.assertLess(claims["iat"], claims["exp"])
        return reply.json, claims

    def tokens(self, client_id="conf1", mode="query", **more):
        nonce = more.get("nonce", "a nonce")
        return self.checked(self.exchange(self.code(client_id, mode, **more), client_id), client_id, nonce)

    def userinfo(self, tokens, status=200):
        reply = self.plain.get(self.path_of("userinfo_endpoint"), bearer=tokens["access_token"])
        self.assertEqual(reply.status, status, reply)
        return reply.json if status == 200 else None

    def error(self, page, *allowed):
        answer = self.answer(page)
        self.assertIn(answer["error"], allowed)
        self.assertEqual((answer["state"], answer["iss"]), ("a state", self.url))
        self.assertLessEqual(set(answer), {"error", "error_description", "error_uri", "state", "iss"})


class Config(ConformanceCase):
    def test_the_metadata_says_what_the_plan_wants(self):
        said = self.metadata
        reply = self.plain.get("/.well-known/openid-configuration")
        self.assertTrue(reply.headers["Content-Type"].startswith("application/json"))
        self.assertEqual(said["issuer"], self.url)
        for name, value in said.items():
            if name.endswith("_endpoint") or name.endswith("_uri"):
                self.assertTrue(value.startswith("https://"), name)
        self.assertIn("code", said["response_types_supported"])
        self.assertLessEqual(set(said["subject_types_supported"]), {"public", "pairwise"})
        self.assertIn("RS256", said["id_token_signing_alg_values_supported"])
        self.assertIn("openid", said["scopes_supported"])
        self.assertLessEqual(OF_SCOPE.keys(), set(said["scopes_supported"]))
        self.assertLessEqual({"authorization_code", "refresh_token"}, set(said["grant_types_supported"]))
        self.assertIn("S256", said["code_challenge_methods_supported"])
        self.assertTrue(said["claims_supported"] and said["claims_parameter_supported"])
        self.assertEqual((said["request_parameter_supported"], said["request_uri_parameter_supported"]), (False, False))
        for locale in said.get("ui_locales_supported", []):
            self.assertRegex(locale, "^[a-z]{2}$")

    def test_the_keys_are_public_and_each_has_its_name(self):
        keys = self.plain.get(self.path_of("jwks_uri")).json["keys"]
        self.assertEqual(len({key["kid"] for key in keys}), len(keys))
        for key in keys:
            self.assertFalse(key.keys() & {"d", "p", "q", "dp", "dq", "qi", "k"})
            self.assertIn(key["kty"], ("RSA", "EC", "OKP"))
            self.assertEqual(key["use"], "sig")

    def test_a_rotation_shows_another_key_at_once_and_old_tokens_stay_good(self):
        tokens, _ = self.tokens()
        root = self.plain.login("root@example.com", PASSWORD).json["access_token"]
        def kids():
            return {key["kid"] for key in self.plain.get(self.path_of("jwks_uri")).json["keys"]}
        before = kids()
        self.assertIn(self.plain.post("/admin/keys/rotate", {}, bearer=root).status, (200, 201))
        self.assertLess(before, kids())
        self.userinfo(tokens)
        self.tokens()


class Basic(ConformanceCase):
    mode = "query"

    def tokens(self, client_id="conf1", mode=None, **more):
        return super().tokens(client_id, mode or self.mode, **more)

    def test_a_client_of_each_way_to_show_its_secret_has_tokens_and_userinfo(self):
        for client_id in AUTH:
            tokens, claims = self.tokens(client_id)
            self.assertEqual(self.userinfo(tokens)["sub"], claims["sub"])

    def test_response_type_missing(self):
        self.error(self.authorize(response_type=None), "invalid_request", "unsupported_response_type")

    def test_userinfo_by_get_by_post_and_with_the_token_in_the_body(self):
        tokens, claims = self.tokens()
        path, bearer = self.path_of("userinfo_endpoint"), {"Authorization": "Bearer " + tokens["access_token"]}
        for reply in (self.plain.request("GET", path, None, bearer), self.plain.request("POST", path, b"", bearer),
                      self.plain.form(path, {"access_token": tokens["access_token"]})):
            self.assertEqual((reply.status, reply.json["sub"]), (200, claims["sub"]), reply)

    def test_without_a_nonce(self):
        self.tokens(nonce=None)

    def test_each_scope_gives_its_claims_at_userinfo_and_none_in_the_id_token(self):
        for scope, wanted in OF_SCOPE.items():
            tokens, claims = self.tokens(scope="openid " + scope)
            seen = self.userinfo(tokens)
            self.assertEqual(seen.keys() - {"sub"}, wanted, scope)
            self.assertFalse(claims.keys() & wanted)
            self.assertIsInstance(seen.get("updated_at", 0), int)

    def test_all_scopes_in_any_order(self):
        everything = set().union(*OF_SCOPE.values())
        for scope in ("openid profile email address phone", "phone address email profile openid"):
            self.assertLessEqual(everything, self.userinfo(self.tokens(scope=scope)[0]).keys())

    def test_what_a_page_may_be_asked_for(self):
        for asked in ({"display": "page"}, {"display": "popup"}, {"ui_locales": "se"}, {"claims_locales": "se"},
                      {"login_hint": "ada"}, {"extra": "foobar"}):
            self.tokens(**asked)

    def test_prompt_login_asks_again_and_auth_time_goes_on(self):
        first = self.tokens(max_age="10000")[1]
        page = self.authorize(prompt="login", max_age="10000")
        self.assertIn("signin-submit", page.buttons)
        self.server_waits()
        again = self.checked(self.exchange(self.answer(self.through(page))["code"]))[1]
        self.assertGreater(again["auth_time"], first["auth_time"])
        self.assertEqual(again["sub"], first["sub"])

    def test_prompt_none(self):
        self.error(self.authorize(prompt="none"), "login_required", "interaction_required")
        first = self.tokens()[1]
        page = self.authorize(prompt="none")
        again = self.checked(self.exchange(self.answer(page)["code"]))[1]
        self.assertEqual(again["sub"], first["sub"])

    def test_max_age_of_a_second_asks_again_and_one_of_hours_does_not(self):
        first = self.tokens(max_age="10000")[1]
        self.assertEqual(self.checked(self.exchange(self.answer(self.authorize(max_age="10000"))["code"]))[1]["auth_time"],
                         first["auth_time"])
        self.server_waits()
        page = self.authorize(max_age="1")
        self.assertIn("signin-submit", page.buttons)
        again = self.checked(self.exchange(self.answer(self.through(page))["code"]))[1]
        self.assertGreater(again["auth_time"], first["auth_time"])

    def test_a_hint_of_the_id_token_with_prompt_none(self):
        tokens, claims = self.tokens()
        page = self.authorize(prompt="none", id_token_hint=tokens["id_token"])
        self.assertEqual(self.checked(self.exchange(self.answer(page)["code"]))[1]["sub"], claims["sub"])

    def test_acr_values_are_answered_with_one_of_them(self):
        asked = self.metadata["acr_values_supported"]
        self.assertIn(self.tokens(acr_values=" ".join(asked))[1]["acr"], asked)

    def test_a_code_that_comes_back_after_half_a_minute_ends_what_it_gave(self):
        code = self.code()
        tokens, _ = self.checked(self.exchange(code))
        self.server_waits(30)
        again = self.exchange(code)
        self.assertEqual((again.status, again.json["error"]), (400, "invalid_grant"))
        self.userinfo(tokens, 401)

    def test_a_redirect_uri_that_is_not_registered_is_told_on_a_page(self):
        page = self.authorize(redirect_uri=CALLBACK + "/unregistered")
        self.assertEqual((page.outside, page.status), (None, 400))

    def test_a_posted_request(self):
        body = urlencode(self.request()).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null", "Sec-Fetch-Site": "cross-site"}
        path = self.path_of("authorization_endpoint")
        page = self.through(self.person.follow(self.person.request("POST", path, body, headers), path))
        self.checked(self.exchange(self.answer(page)["code"]))

    def test_request_objects_are_refused_at_the_client(self):
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode() + ".e30."
        self.error(self.authorize(request=unsigned), "request_not_supported")
        self.error(self.authorize(request_uri=SUITE + "/requesturi"), "request_uri_not_supported")

    def test_an_essential_claim(self):
        tokens, claims = self.tokens(claims=json.dumps({"userinfo": {"name": {"essential": True}}}))
        self.assertEqual(self.userinfo(tokens)["name"], "Ada Lovelace")
        self.assertNotIn("name", claims)

    def test_refresh_tokens_belong_to_their_client(self):
        for scope in ("openid", "openid offline_access"):
            more = {"prompt": "consent"} if "offline" in scope else {}
            first, claims = self.tokens(scope=scope, **more)
            self.assertRegex(first["refresh_token"], r"\A[\x20-\x7e]+\Z")
            reply = self.ask_token("conf1", grant_type="refresh_token", refresh_token=first["refresh_token"])
            self.assertEqual(reply.status, 200, reply)
            if "id_token" in reply.json:
                again = unpacked(reply.json["id_token"])[1]
                for same in ("iss", "sub", "aud", "auth_time"):
                    self.assertEqual(again.get(same), claims.get(same), same)
            self.userinfo(reply.json)
            stolen = self.ask_token("conf2", grant_type="refresh_token", refresh_token=reply.json["refresh_token"])
            self.assertEqual((stolen.status, stolen.json["error"]), (400, "invalid_grant"))

    def test_a_challenge_of_the_client(self):
        verifier = "a-verifier-of-at-least-forty-three-characters"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        code = self.code(code_challenge=challenge, code_challenge_method="S256")
        self.checked(self.exchange(code, code_verifier=verifier))

    def server_waits(self, seconds=2):
        self.assertEqual(self.plain.post("/dev/clock", {"advance": seconds}).status, 200)


class FormPostBasic(Basic):
    mode = "form_post"

    def code(self, client_id="conf1", mode="form_post", **more):
        return super().code(client_id, mode, **more)

    def test_the_page_that_posts_itself_works_without_a_script_and_names_its_script(self):
        page = self.through(self.authorize(response_mode="form_post"))
        self.answer(page, "form_post")
        self.assertRegex(page.reply.headers["Content-Security-Policy"], "script-src 'sha256-[^']+'")
        self.assertTrue(page.buttons)

    def test_errors_are_posted_too(self):
        page = self.authorize(prompt="none", response_mode="form_post")
        self.assertEqual(self.answer(page, "form_post")["error"], "login_required")


class Logout(ConformanceCase):
    def end(self, **given):
        return self.person.visit(self.path_of("end_session_endpoint"), **given)

    def expect_signed_out(self):
        self.error(self.authorize(prompt="none"), "login_required", "interaction_required")

    def confirm(self, page):
        return self.person.press(page, "yes") if "signout-yes" in page.buttons else page

    def test_goes_back_with_the_state_and_no_more(self):
        tokens, _ = self.tokens()
        page = self.confirm(self.end(id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE, state="bye bye"))
        self.assertEqual(page.outside, BYE + "?" + urlencode({"state": "bye bye"}))
        self.expect_signed_out()

    def test_without_a_state(self):
        tokens, _ = self.tokens()
        page = self.confirm(self.end(id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE))
        self.assertEqual(page.outside, BYE)
        self.expect_signed_out()

    def test_never_goes_back_without_a_genuine_hint_or_to_what_is_not_registered(self):
        hint = self.tokens()[0]["id_token"]
        for given in ({"id_token_hint": without_signature(hint), "post_logout_redirect_uri": BYE},
                      {"id_token_hint": "not.a.token", "post_logout_redirect_uri": BYE},
                      {"post_logout_redirect_uri": BYE},
                      {"id_token_hint": hint, "post_logout_redirect_uri": SUITE + "/unregistered"},
                      {"id_token_hint": hint, "post_logout_redirect_uri": BYE + "?foo=bar"}):
            page = self.end(state="bye", **given)
            self.assertIsNone(page.outside, given)
            self.assertIn(page.status, (200, 400), given)

    def test_without_a_way_back_a_page_says_that_the_user_is_signed_out(self):
        for given in ({}, {"state": "bye"}, {"hint": True, "state": "bye"}):
            tokens, _ = self.tokens()
            if given.pop("hint", None):
                given["id_token_hint"] = tokens["id_token"]
            page = self.confirm(self.end(**given))
            self.assertEqual((page.outside, page.status, page.title), (None, 200, "You are signed out"))
            self.expect_signed_out()


if __name__ == "__main__":
    case.main()
