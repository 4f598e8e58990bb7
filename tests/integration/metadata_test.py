"""The metadata documents (RFC 8414, OpenID Connect Discovery): whatever they name is on, and what is not named is off. Each
member is tried at the server itself."""
import json
import urllib.parse

from sign_in_test import CALLBACK, SIGN_IN, SignInCase, claims_of
from support import case
from support.http import token_parts
from support.person import Person

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
MEMBERS = {"issuer", "jwks_uri", "service_documentation", "token_endpoint", "authorization_endpoint", "userinfo_endpoint",
           "end_session_endpoint", "introspection_endpoint", "revocation_endpoint", "grant_types_supported",
           "response_types_supported", "response_modes_supported", "prompt_values_supported", "scopes_supported", "claims_supported",
           "claim_types_supported", "acr_values_supported", "subject_types_supported", "ui_locales_supported",
           "display_values_supported", "code_challenge_methods_supported", "id_token_signing_alg_values_supported",
           "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
           "introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported",
           "revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported",
           "claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported",
           "authorization_response_iss_parameter_supported"}
OF_PEOPLE = {"authorization_endpoint", "userinfo_endpoint", "end_session_endpoint", "prompt_values_supported", "claims_supported",
             "claim_types_supported", "acr_values_supported", "ui_locales_supported", "display_values_supported",
             "code_challenge_methods_supported", "claims_parameter_supported", "authorization_response_iss_parameter_supported"}
# Of the standards, and of what is not here.
OTHER_GRANTS = ("urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange", "implicit",
                "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:openid:params:grant-type:ciba")
OTHER_PATHS = ("/par", "/register", "/device_authorization", "/device", "/bc-authorize", "/check_session",
               "/.well-known/oauth-protected-resource", "/.well-known/webfinger")


class Metadata(SignInCase):
    def setUp(self):
        super().setUp()
        self.told = self.expect(self.client.get(PATHS[0]), 200).json

    def form(self, path, **fields):
        return self.client.form(path, fields)

    def test_both_documents_say_the_same_and_nothing_without_a_meaning(self):
        for path in PATHS:
            reply = self.expect(self.client.get(path), 200)
            self.assertEqual(reply.json, self.told)
            self.assertEqual(len(json.loads(reply.body, object_pairs_hook=list)), len(self.told), "no member twice")
        self.assertEqual(set(self.told), MEMBERS)
        for name, value in self.told.items():
            self.assertNotIn(value, (None, "", []), name)
            if isinstance(value, list):
                self.assertEqual(len(value), len(set(value)), name)

    def test_each_endpoint_is_there_and_no_other_is(self):
        for name, url in self.told.items():
            if name.endswith(("_endpoint", "_uri", "_documentation")):
                self.assertTrue(url.startswith(self.server.url + "/"), name)
                statuses = {self.client.get(url[len(self.server.url):]).status, self.form(url[len(self.server.url):]).status}
                self.assertNotIn(404, statuses, name)
        for path in OTHER_PATHS:
            self.assertEqual({self.client.get(path).status, self.form(path).status}, {404}, path)

    def test_each_grant_is_known_and_no_other_is(self):
        for grant in self.told["grant_types_supported"]:
            error = self.form("/token", grant_type=grant, client_id="own", client_secret=self.secrets["own"]).json["error"]
            self.assertNotEqual(error, "unsupported_grant_type", grant)
        for grant in OTHER_GRANTS:
            reply = self.form("/token", grant_type=grant, client_id="own", client_secret=self.secrets["own"])
            self.expect(reply, 400, "unsupported_grant_type")

    def test_each_response_type_mode_and_prompt_is_taken_and_no_other_is(self):
        self.signed_in()
        for mode in ("query", "fragment", "form_post", "jwt", "query.jwt", "web_message"):
            page = self.authorize(response_mode=mode)
            self.assertEqual("code" in page.answer, mode in self.told["response_modes_supported"], mode)
        for words in ("code", "token", "id_token", "code id_token", "none"):
            page = self.authorize(response_type=words)
            self.assertEqual("code" in page.answer, words in self.told["response_types_supported"], words)
        for prompt in ("none", "login", "consent", "select_account", "create", "nonsense"):
            page = self.authorize(prompt=prompt)
            refused = page.answer.get("error") == "invalid_request" if page.outside else False
            self.assertEqual(not refused, prompt in self.told["prompt_values_supported"], prompt)
        for method in ("S256", "plain"):
            page = self.authorize(code_challenge_method=method)
            self.assertEqual("code" in page.answer, method in self.told["code_challenge_methods_supported"], method)
        for member, parameter, error in (("request_parameter_supported", "request", "request_not_supported"),
                                         ("request_uri_parameter_supported", "request_uri", "request_uri_not_supported")):
            self.assertIs(self.told[member], False)
            self.expect_error(self.authorize(**{parameter: "https://shop.example/r"}), error)

    def test_each_language_is_spoken(self):
        for language in self.told["ui_locales_supported"]:
            page = Person(self.server.url).visit("/authorize", **self.asking(ui_locales=language))
            self.assertIn('lang="%s"' % language, page.text)

    def test_each_algorithm_signs_id_tokens_and_no_other_does(self):
        for number, algorithm in enumerate(["RS256", "ES256", "EdDSA", "PS256", "HS256", "none", "RS512"]):
            name = "signed-%d" % number
            document = {"client_id": name, "name": name, "preset": "web", "redirect_uris": [CALLBACK], "consent": "never",
                        "auth_method": "client_secret_post", "scopes": ["openid"], "id_token_alg": algorithm}
            reply = self.client.post("/admin/clients", document, bearer=self.root)
            offered = algorithm in self.told["id_token_signing_alg_values_supported"]
            self.assertEqual(reply.status, 201 if offered else 422, reply)
            if offered:
                self.secrets[name] = reply.json["client_secret"]
                page = self.authorize(name, scope="openid")
                page = self.person.sign_in(page, self.email, case.PASSWORD) if page.title == SIGN_IN else page
                header, claims = token_parts(self.token(self.expect_code(page), name)["id_token"])
                self.assertEqual(header["alg"], algorithm)
                self.assertIn(claims["acr"], self.told["acr_values_supported"])
                self.assertIn(header["kid"], [key["kid"] for key in self.client.get("/.well-known/jwks.json").json["keys"]])

    def test_each_way_to_prove_a_client_is_taken_where_it_is_named_and_no_other_is(self):
        endpoints = ("token", "introspection", "revocation")
        named = {name: set(self.told[name + "_endpoint_auth_methods_supported"]) for name in endpoints}
        self.assertEqual(named["introspection"] - {"Bearer"}, named["token"] - {"none"})
        self.assertEqual(named["revocation"], named["token"])
        for number, method in enumerate(["none", "client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt",
                                         "tls_client_auth", "self_signed_tls_client_auth"]):
            document = {"client_id": "proves-%d" % number, "name": "x", "preset": "spa" if method == "none" else "web",
                        "redirect_uris": [CALLBACK], "scopes": ["openid"], "auth_method": method}
            if method == "private_key_jwt":
                keys = self.client.get("/.well-known/jwks.json").json["keys"]
                document["jwks"] = {"keys": [key for key in keys if key["alg"] in self.told[
                    "token_endpoint_auth_signing_alg_values_supported"]][:1]}
            reply = self.client.post("/admin/clients", document, bearer=self.root)
            self.assertEqual(reply.status, 201 if method in named["token"] else 422, reply)

    def test_each_scope_and_each_claim_is_released_to_a_client_that_has_it(self):
        scopes = self.told["scopes_supported"]
        self.secrets["all"] = self.made("all", scopes=scopes, consent="never")
        tokens = self.token(self.expect_code(self.signed_in("all", scope=" ".join(scopes))), "all")
        self.assertEqual(set(tokens["scope"].split()) - set(scopes), set())
        told = self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 200).json
        self.assertLessEqual(set(told), set(self.told["claims_supported"]))
        self.assertEqual(claims_of(tokens["id_token"])["sub"], told["sub"])
        self.assertEqual(self.told["subject_types_supported"], ["public"])
        self.expect(self.client.post("/admin/clients", {"client_id": "more", "name": "x", "preset": "web", "redirect_uris": [CALLBACK],
                                                        "scopes": ["nonsense"]}, bearer=self.root), 422)
        self.expect(self.client.post("/admin/scopes", {"name": "fresh"}, bearer=self.root), 201)
        self.assertIn("fresh", self.client.get(PATHS[1]).json["scopes_supported"])
        self.expect(self.client.delete("/admin/scopes/fresh", bearer=self.root), 204)
        wish = urllib.parse.quote(json.dumps({"id_token": {"nickname": None}}))
        self.assertIn("code", self.person.visit("/authorize?claims=%s&%s" % (wish, urllib.parse.urlencode(self.asking()))).answer)


class WithoutPeople(case.ServerCase):
    """HS256 is a key that every reader shares: no one signs in to clients, and nothing of that is named."""
    KEYWORDS = {"env": {"SECRET_KEY": "0123456789abcdef0123456789abcdef", "ALGORITHM": "HS256"}}

    def test_nothing_of_people_is_named(self):
        for path in PATHS:
            told = self.expect(self.client.get(path), 200).json
            self.assertEqual(set(told), MEMBERS - OF_PEOPLE)
            self.assertNotIn("authorization_code", told["grant_types_supported"])
            self.assertEqual((told["response_types_supported"], told["response_modes_supported"]), ([], []))
            self.assertEqual(told["scopes_supported"], ["admin", "introspect"], "the others are about a user")


if __name__ == "__main__":
    case.main()
