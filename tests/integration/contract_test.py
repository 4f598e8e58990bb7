"""Every row of the HTTP contract, with its errors."""
import re
import unittest

from support import case
from support.http import token_parts, unpack_refresh

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


class SignUp(case.ServerCase):
    OPTIONS = case.PASSWORD_RULES

    def test_gives_a_user_without_any_hash(self):
        reply = self.expect(self.client.sign_up("Alice@Example.com", first_name="Alice", surname="Ödegaard"), 201)
        user = reply.json
        self.assertEqual(set(user), {"id", "username", "email", "email_verified", "first_name", "surname", "is_superuser",
                                     "roles", "created_at"})
        self.assertEqual((user["email"], user["username"], user["first_name"], user["surname"]),
                         ("Alice@Example.com", "Alice@Example.com", "Alice", "Ödegaard"))
        self.assertGreater(user["id"], 0)
        self.assertIs(user["email_verified"], False)
        self.assertIs(user["is_superuser"], False)
        self.assertEqual(user["roles"], [])
        self.assertRegex(user["created_at"], TIME)

    def test_email_is_taken_in_any_letter_case(self):
        email = self.signed_up()
        self.expect(self.client.sign_up(email.upper()), 409, "email_taken")

    def test_username_is_taken_in_any_letter_case(self):
        self.signed_up(username="Bob")
        self.expect(self.client.sign_up(case.fresh_email(), username="bOB"), 409, "username_taken")

    def test_usernames_and_emails_share_one_namespace(self):
        email = self.signed_up()
        reply = self.expect(self.client.sign_up(case.fresh_email(), username=email), 422, "validation_failed")
        self.assertEqual([error["field"] for error in reply.json["errors"]], ["username"])

    def test_what_is_not_valid_is_named_field_by_field(self):
        rows = [
            ({"email": "nobody", "password": case.PASSWORD}, ["email"]),
            ({"email": "a@b@c.example", "password": case.PASSWORD}, ["email"]),
            ({"email": "é@example.com", "password": case.PASSWORD}, ["email"]),
            ({"email": case.fresh_email(), "password": "short"}, ["password"]),
            ({"email": case.fresh_email(), "password": "password1"}, ["password"]),
            ({"email": case.fresh_email(), "password": "x" * 1025}, ["password"]),
            ({"email": case.fresh_email()}, ["password"]),
            ({"password": case.PASSWORD}, ["email"]),
            ({}, ["email", "password"]),
            ({"email": 1, "password": case.PASSWORD}, ["email"]),
            ({"email": None, "password": None}, ["email", "password"]),
            ({"email": case.fresh_email(), "password": case.PASSWORD, "username": "a\u0000b"}, ["username"]),
            ({"email": case.fresh_email(), "password": case.PASSWORD, "username": "x@example.com"}, ["username"]),
        ]
        for document, fields in rows:
            with self.subTest(document):
                reply = self.expect(self.client.post("/signup", document), 422, "validation_failed")
                self.assertEqual(sorted(error["field"] for error in reply.json["errors"]), fields)
                self.assertEqual(reply.headers["Content-Type"], "application/problem+json")

    def test_user_ids_are_never_given_twice(self):
        first = self.expect(self.client.sign_up(case.fresh_email()), 201).json
        access = self.logged_in(first["email"])["access_token"]
        self.expect(self.client.delete("/users/me", access, {"current_password": case.PASSWORD}), 204)
        second = self.expect(self.client.sign_up(first["email"]), 201).json
        self.assertGreater(second["id"], first["id"])


class Login(case.ServerCase):
    def test_token_response_has_the_shape_of_the_contract(self):
        email = self.signed_up()
        reply = self.expect(self.client.login(email), 200)
        token = reply.json
        self.assertEqual(set(token), {"access_token", "token_type", "expires_in", "refresh_token",
                                      "refresh_token_expires_in"})
        self.assertEqual((token["token_type"], token["expires_in"], token["refresh_token_expires_in"]),
                         ("bearer", 600, 14 * 86400))
        self.assertRegex(token["refresh_token"], r"^prt_[A-Za-z0-9_-]{60,120}$")
        self.assertLess(len(token["refresh_token"]), 128)
        self.assertIn("no-store", reply.headers["Cache-Control"])
        header, claims = token_parts(token["access_token"])
        self.assertEqual((header["typ"], header["alg"]), ("at+jwt", "ES256"))
        self.assertTrue(header["kid"])
        self.assertEqual(set(claims), {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "sid", "gen"})
        self.assertEqual(claims["client_id"], "pawl")
        self.assertEqual(claims["iss"], self.server.url)
        self.assertEqual(claims["aud"], self.server.url)
        self.assertEqual(claims["exp"] - claims["iat"], 600)
        self.assertEqual(claims["gen"], 0)
        self.assertRegex(claims["sid"], r"^[0-9a-f]{32}$")
        self.assertEqual(claims["sid"], unpack_refresh(token["refresh_token"])[2])
        self.assertEqual(claims["sub"], str(self.client.me(token["access_token"]).json["id"]))

    def test_by_email_by_username_and_by_form(self):
        email = self.signed_up(username="carol")
        for document in ({"email": email}, {"username": "carol"}, {"username": email}, {"email": email.upper()},
                         {"username": "CAROL"}):
            self.expect(self.client.post("/login", {**document, "password": case.PASSWORD}), 200)
        self.expect(self.client.form("/login", {"username": "carol", "password": case.PASSWORD}), 200)
        self.expect(self.client.form("/login", {"grant_type": "password", "username": email, "password": case.PASSWORD,
                                                "scope": "", "client_id": ""}), 200)

    def test_every_failure_looks_the_same(self):
        email = self.signed_up()
        bodies = set()
        for name, password in ((email, "wrong password"), (email, ""), (email, "x" * 2000), ("nobody@example.com", "wrong"),
                               ("", "wrong"), ("a\nb", "wrong")):
            reply = self.expect(self.client.post("/login", {"username": name, "password": password}), 401, "login_failed")
            self.assertIn("Bearer", reply.headers["WWW-Authenticate"])
            bodies.add(reply.body)
        self.assertEqual(len(bodies), 1)

    def test_what_is_missing_is_named(self):
        self.expect(self.client.post("/login", {"email": "a@example.com"}), 422, "validation_failed")
        self.expect(self.client.post("/login", {"password": "x"}), 422, "validation_failed")


class Token(case.ServerCase):
    def test_password_grant_with_and_without_its_name(self):
        email = self.signed_up()
        for more in ({}, {"grant_type": "password"}, {"grant_type": "password", "scope": "a b", "client_id": "x"}):
            reply = self.expect(self.client.form("/token", {"username": email, "password": case.PASSWORD, **more}), 200)
            self.assertIn("no-store", reply.headers["Cache-Control"])
        reply = self.client.form("/token", {"username": email, "password": case.PASSWORD}, {"Authorization": "Basic Og=="})
        self.expect(reply, 200)

    def test_refresh_grant_rotates_and_says_so(self):
        token = self.logged_in()["refresh_token"]
        reply = self.expect(self.client.form("/token", {"grant_type": "refresh_token", "refresh_token": token}), 200)
        self.assertEqual(reply.headers["Pawl-Refresh"], "rotated")

    def test_refusals_are_those_of_rfc_6749(self):
        email = self.signed_up()
        rows = [
            ({"username": email, "password": "wrong password"}, "invalid_grant"),
            ({"username": email}, "invalid_request"),
            ({"grant_type": "password"}, "invalid_request"),
            ({"grant_type": "refresh_token"}, "invalid_request"),
            ({"grant_type": "refresh_token", "refresh_token": "prt_nonsense"}, "invalid_grant"),
            ({"grant_type": "implicit", "code": "x"}, "unsupported_grant_type"),
        ]
        for fields, error in rows:
            with self.subTest(fields):
                reply = self.expect(self.client.form("/token", fields), 400)
                self.assertEqual(reply.json["error"], error)
                self.assertTrue(reply.json["error_description"])
                self.assertIn("no-store", reply.headers["Cache-Control"])
        repeated = self.client.request("POST", "/token", b"username=a&username=b&password=c",
                                       {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(self.expect(repeated, 400).json["error"], "invalid_request")


class Refresh(case.ServerCase):
    def test_rotates_by_json_and_by_form(self):
        first = self.logged_in()
        second = self.rotated(first["refresh_token"])
        self.assertNotEqual(first["refresh_token"], second["refresh_token"])
        reply = self.expect(self.client.form("/refresh", {"refresh_token": second["refresh_token"]}), 200)
        self.assertEqual(reply.headers["Pawl-Refresh"], "rotated")
        self.assertIn("no-store", reply.headers["Cache-Control"])
        self.assertEqual(token_parts(reply.json["access_token"])[1]["gen"], 2)

    def test_the_previous_access_token_lives_on(self):
        first = self.logged_in()
        self.rotated(first["refresh_token"])
        self.expect(self.client.me(first["access_token"]), 200)

    def test_any_string_that_is_not_good_is_401(self):
        good = self.logged_in()
        token = good["refresh_token"]
        changed = token[:-1] + ("A" if token[-1] != "A" else "B")
        for text in ("", "x", "prt_", token[:-1], token + "A", changed, "prt_" + "A" * 72, good["access_token"], "\u0000",
                     "prt_" + "A" * 5000, "é"):
            with self.subTest(text[:40]):
                self.expect(self.client.refresh(text), 401, "invalid_refresh_token")
        self.rotated(token)  # none of these touched the family

    def test_absent_or_no_string_is_422(self):
        for document in ({}, {"refresh_token": None}, {"refresh_token": 1}, {"refresh_token": ["x"]}):
            self.expect(self.client.post("/refresh", document), 422, "validation_failed")

    def test_never_in_the_query(self):
        token = self.logged_in()["refresh_token"]
        reply = self.client.request("POST", "/refresh?refresh_token=" + token, b"")
        self.assertEqual(reply.status, 400)
        self.assertIn("query", reply.json["detail"])
        self.assertNotIn(token, self.server.log())


class Logout(case.ServerCase):
    def test_by_any_generation_and_again(self):
        first = self.logged_in()
        second = self.rotated(first["refresh_token"])
        self.expect(self.client.logout(first["refresh_token"]), 204)
        self.expect(self.client.refresh(second["refresh_token"]), 401, "session_revoked")
        self.expect(self.client.me(second["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.logout(first["refresh_token"]), 204)
        self.expect(self.client.logout("prt_unknown"), 204)
        self.expect(self.client.form("/logout", {"refresh_token": second["refresh_token"]}), 204)

    def test_by_bearer(self):
        token = self.logged_in()
        self.expect(self.client.post("/logout", bearer=token["access_token"]), 204)
        self.expect(self.client.refresh(token["refresh_token"]), 401, "session_revoked")
        self.expect(self.client.post("/logout", bearer="not.a.token"), 401)
        self.expect(self.client.post("/logout", {}), 422)
        self.expect(self.client.post("/logout"), 422)

    def test_all_ends_every_session_of_the_user_and_of_nobody_else(self):
        email, other = self.signed_up(), self.logged_in()
        tokens = [self.logged_in(email) for _ in range(3)]
        self.expect(self.client.post("/logout/all", bearer=tokens[0]["access_token"]), 204)
        for token in tokens:
            self.expect(self.client.refresh(token["refresh_token"]), 401, "session_revoked")
            self.expect(self.client.me(token["access_token"]), 401)
        self.rotated(other["refresh_token"])
        self.logged_in(email)
        self.expect(self.client.post("/logout/all"), 401)


class Me(case.ServerCase):
    OPTIONS = case.PASSWORD_RULES

    def test_no_bearer_and_a_bad_one_are_told_apart(self):
        reply = self.expect(self.client.get("/users/me"), 401)
        self.assertIn("Bearer", reply.headers["WWW-Authenticate"])
        self.assertNotIn("error=", reply.headers["WWW-Authenticate"])
        token = self.logged_in()
        for bad in ("x", "a.b.c", token["refresh_token"], token["access_token"][:-2]):
            reply = self.expect(self.client.me(bad), 401, "invalid_access_token")
            self.assertIn('error="invalid_token"', reply.headers["WWW-Authenticate"])

    def test_profile_changes_one_member_at_a_time(self):
        email = self.signed_up(first_name="Ann", surname="Lee")
        access = self.logged_in(email)["access_token"]
        reply = self.client.send("PATCH", "/users/me", {"surname": "Li"}, access)
        self.assertEqual((self.expect(reply, 200).json["first_name"], reply.json["surname"]), ("Ann", "Li"))
        reply = self.client.send("PATCH", "/users/me", {"username": "annli"}, access)
        self.assertEqual(self.expect(reply, 200).json["username"], "annli")
        self.expect(self.client.post("/login", {"username": "annli", "password": case.PASSWORD}), 200)
        self.assertEqual(self.client.me(access).json["username"], "annli")
        self.signed_up(username="somebody")
        self.expect(self.client.send("PATCH", "/users/me", {"username": "SomeBody"}, access), 409, "username_taken")
        self.expect(self.client.send("PATCH", "/users/me", {"username": ""}, access), 422, "validation_failed")
        self.expect(self.client.send("PATCH", "/users/me", {"surname": 3}, access), 422, "validation_failed")
        self.expect(self.client.send("PATCH", "/users/me", {"surname": "x"}), 401)

    def test_password_change_ends_every_other_session(self):
        email = self.signed_up()
        mine, other = self.logged_in(email), self.logged_in(email)
        change = {"current_password": case.PASSWORD, "new_password": "a brand new passphrase"}
        self.expect(self.client.post("/users/me/password", {**change, "current_password": "wrong"}, mine["access_token"]),
                    403, "wrong_password")
        self.expect(self.client.post("/users/me/password", {**change, "new_password": "short"}, mine["access_token"]), 422,
                    "validation_failed")
        self.expect(self.client.post("/users/me/password", change, mine["access_token"]), 204)
        self.expect(self.client.refresh(other["refresh_token"]), 401, "session_revoked")
        self.expect(self.client.me(other["access_token"]), 401)
        self.expect(self.client.me(mine["access_token"]), 200)
        self.rotated(mine["refresh_token"])
        self.expect(self.client.login(email), 401, "login_failed")
        self.expect(self.client.login(email, "a brand new passphrase"), 200)

    def test_a_deleted_account_is_gone_and_its_names_are_free(self):
        email = self.signed_up()
        token = self.logged_in(email)
        self.expect(self.client.delete("/users/me", token["access_token"], {"current_password": "wrong"}), 403,
                    "wrong_password")
        self.expect(self.client.delete("/users/me", token["access_token"], {"current_password": case.PASSWORD}), 204)
        self.expect(self.client.me(token["access_token"]), 401)
        self.expect(self.client.refresh(token["refresh_token"]), 401, "session_revoked")
        self.expect(self.client.login(email), 401, "login_failed")
        self.signed_up()
        self.expect(self.client.sign_up(email), 201)
        self.expect(self.client.refresh(token["refresh_token"]), 401)


class Sessions(case.ServerCase):
    def test_lists_and_ends_devices(self):
        email = self.signed_up()
        tokens = [self.logged_in(email) for _ in range(3)]
        access = tokens[0]["access_token"]
        sessions = self.expect(self.client.get("/sessions", access), 200).json
        self.assertEqual(len(sessions), 3)
        for session in sessions:
            self.assertEqual(set(session), {"id", "created_at", "last_used_at", "idle_expires_at", "expires_at",
                                            "generation", "ip", "user_agent", "current"})
            self.assertEqual(session["ip"], "127.0.0.1")
            for name in ("created_at", "last_used_at", "idle_expires_at", "expires_at"):
                self.assertRegex(session[name], TIME)
        sid = [token_parts(token["access_token"])[1]["sid"] for token in tokens]
        self.assertEqual({s["id"] for s in sessions}, set(sid))
        self.assertEqual([s["id"] for s in sessions if s["current"]], [sid[0]])
        self.expect(self.client.delete("/sessions/" + sid[1], access), 204)
        self.expect(self.client.delete("/sessions/" + sid[1], access), 404, "session_not_found")
        self.expect(self.client.refresh(tokens[1]["refresh_token"]), 401, "session_revoked")
        self.expect(self.client.delete("/sessions?except=current", access), 204)
        self.expect(self.client.refresh(tokens[2]["refresh_token"]), 401, "session_revoked")
        self.rotated(tokens[0]["refresh_token"])

    def test_another_users_session_is_not_found(self):
        mine, theirs = self.logged_in(), self.logged_in()
        sid = token_parts(theirs["access_token"])[1]["sid"]
        for name in (sid, "0" * 32, "x", sid.upper()):
            self.expect(self.client.delete("/sessions/" + name, mine["access_token"]), 404)
        self.expect(self.client.get("/sessions"), 401)
        self.rotated(theirs["refresh_token"])

    def test_delete_without_except_is_refused(self):
        mine = self.logged_in()
        reply = self.client.delete("/sessions", mine["access_token"])
        self.assertIn(reply.status, (400, 422), repr(reply))
        self.expect(self.client.me(mine["access_token"]), 200)


class Public(case.ServerCase):
    def test_metadata_says_what_is_on_at_both_paths(self):
        base = self.server.url
        for path in ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"):
            found = self.expect(self.client.get(path), 200).json
            self.assertEqual(found["issuer"], base)
            self.assertEqual(found["token_endpoint"], base + "/token")
            self.assertEqual(found["jwks_uri"], base + "/.well-known/jwks.json")
            self.assertEqual(found["grant_types_supported"], ["password", "refresh_token", "authorization_code", "client_credentials"])
            self.assertEqual(found["response_types_supported"], ["code"])
            self.assertEqual(found["response_modes_supported"], ["query", "fragment", "form_post"])
            self.assertIs(found["claims_parameter_supported"], True)
            self.assertIs(found["authorization_response_iss_parameter_supported"], True)
            self.assertEqual(found["id_token_signing_alg_values_supported"], ["RS256", "ES256", "EdDSA"])
            self.assertEqual(found["code_challenge_methods_supported"], ["S256"])
            self.assertEqual(found["claims_supported"][0], "sub")
            self.assertIs(found["request_uri_parameter_supported"], False)
            self.assertEqual(found["userinfo_endpoint"], base + "/userinfo")
            self.assertEqual(found["authorization_endpoint"], base + "/authorize")
            self.assertEqual(found["end_session_endpoint"], base + "/end_session")

    def test_jwks_has_the_key_that_signs_and_nothing_private(self):
        header, _ = token_parts(self.logged_in()["access_token"])
        keys = self.expect(self.client.get("/.well-known/jwks.json"), 200).json["keys"]
        self.assertIn(header["kid"], [key["kid"] for key in keys])
        for key in keys:
            self.assertEqual((key["kty"], key["crv"], key["alg"], key["use"]), ("EC", "P-256", "ES256", "sig"))
            self.assertFalse({"d", "k", "p", "q"} & set(key))

    def test_root_is_json_or_a_page(self):
        reply = self.expect(self.client.get("/"), 200)
        self.assertEqual((reply.json["name"], reply.json["version"]), ("pawl", self.server.ready["version"]))
        for path in reply.json["links"].values():
            self.expect(self.client.get("/" + path), 200)
        page = self.expect(self.client.get("/", Accept="text/html,application/xhtml+xml"), 200)
        self.assertTrue(page.headers["Content-Type"].startswith("text/html"))

    def test_health_readiness_metrics_and_document(self):
        self.expect(self.client.get("/healthz"), 200)
        self.expect(self.client.get("/readyz"), 200)
        metrics = self.expect(self.client.get("/metrics"), 200)
        self.assertTrue(metrics.headers["Content-Type"].startswith("text/plain"))
        self.assertEqual(self.expect(self.client.get("/openapi.json"), 200).json["openapi"][:3], "3.1")
        self.assertTrue(self.client.get("/docs").headers["Content-Type"].startswith("text/html"))

    def test_a_method_that_no_path_takes_is_405_with_a_body_too(self):
        for method, path, allow in (("TRACE", "/login", "OPTIONS, POST"), ("TRACE", "/healthz", "GET, HEAD, OPTIONS"),
                                    ("PUT", "/login", "OPTIONS, POST")):
            for body in (None, b"{}"):
                reply = self.expect(self.client.request(method, path, body), 405, "method_not_allowed")
                self.assertEqual(reply.headers["Allow"], allow)

    def test_the_document_says_of_bodies_what_is_so(self):
        document = self.expect(self.client.get("/openapi.json"), 200).json
        access = self.logged_in(self.signed_up(first_name="Ada"))["access_token"]
        self.assertFalse(document["paths"]["/users/me"]["patch"]["requestBody"]["required"])
        headers = {"Authorization": "Bearer " + access}
        self.assertEqual(self.expect(self.client.request("PATCH", "/users/me", None, headers), 200).json["first_name"], "Ada")
        schemas = document["components"]["schemas"]
        for name in ("SignUp", "ProfileChange", "AdminUserCreation", "AdminUserChange"):
            self.assertEqual(schemas[name]["properties"]["username"]["minLength"], 1, name)
        refused = [self.client.sign_up(case.fresh_email(), username=""), self.client.send("PATCH", "/users/me", {"username": ""}, access),
                   self.client.send("POST", "/login", {"email": None, "password": "x"})]
        for reply in refused:
            self.assertEqual(self.expect(reply, 422, "validation_failed").json["errors"][0]["field"], "username")
        self.assertEqual([way["properties"] for way in schemas["Login"]["anyOf"]],
                         [{name: {"type": "string"}} for name in ("email", "username")])

    def test_every_response_carries_a_request_id(self):
        for path in ("/", "/nothing", "/users/me"):
            self.assertTrue(self.client.get(path).headers["X-Request-Id"])

    def test_aliases_are_the_same_handlers(self):
        email = case.fresh_email()
        self.expect(self.client.post("/api/v1/auth/signup", {"email": email, "password": case.PASSWORD}), 201)
        token = self.expect(self.client.form("/api/v1/auth/login", {"username": email, "password": case.PASSWORD}), 200).json
        self.assertEqual(self.expect(self.client.get("/api/v1/auth/me", token["access_token"]), 200).json["email"], email)
        token = self.expect(self.client.post("/api/v1/auth/refresh", {"refresh_token": token["refresh_token"]}), 200).json
        self.expect(self.client.post("/api/v1/auth/logout", {"refresh_token": token["refresh_token"]}), 204)


class RequestsThatAreWrong(case.ServerCase):
    def test_status_codes_for_the_request_itself(self):
        json_type, form_type = {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}
        rows = [
            ("POST", "/login", b"{", json_type, 400), ("POST", "/login", b'{"a":1}x', json_type, 400),
            ("POST", "/login", b'{"email":"a","email":"b","password":"c"}', json_type, 400),
            ("POST", "/login", b'{"email":"\xff","password":"c"}', json_type, 400),
            ("POST", "/login", b"[" * 5000, json_type, 400),
            ("POST", "/login", b"username=a&username=b&password=c", form_type, 400),
            ("POST", "/login", b"username=%zz&password=c", form_type, 400),
            ("POST", "/login", b"[]", json_type, 422),
            ("POST", "/login", b"<x/>", {"Content-Type": "application/xml"}, 415),
            ("POST", "/login", b"{}", {}, 415), ("POST", "/signup", b"a=b", form_type, 415),
            ("POST", "/signup", b"x" * 20000, json_type, 413),
            ("GET", "/nothing", None, {}, 404), ("GET", "/login", None, {}, 405), ("PUT", "/users/me", None, {}, 405),
            ("GET", "/" + "x" * 5000, None, {}, 414), ("GET", "/", None, {"X-Long": "x" * 9000}, 431),
            ("GET", "/", None, {"Host": "evil.example"}, 421),
        ]
        for method, path, body, headers, status in rows:
            with self.subTest((method, path[:20], (body or b"")[:20])):
                reply = self.client.request(method, path, body, headers)
                self.assertEqual(reply.status, status, repr(reply))
                self.assertEqual(reply.headers["Content-Type"], "application/problem+json")
                self.assertEqual(set(reply.json) - {"errors"}, {"type", "title", "status", "detail", "code"})
                if status == 405:
                    self.assertTrue(reply.headers["Allow"])

    def test_head_and_options(self):
        reply = self.client.request("HEAD", "/")
        self.assertEqual((reply.status, reply.body), (200, b""))
        reply = self.client.request("OPTIONS", "/login")
        self.assertIn("POST", reply.headers["Allow"])

    def test_dev_paths_are_absent_without_dev(self):
        from support.pawld import Pawld
        from support.http import Client
        with Pawld(dev=False) as server:
            self.assertEqual(Client(server.url).get("/dev/clock").status, 404)
            self.assertNotIn("/dev/clock", Client(server.url).get("/openapi.json").json["paths"])


class Throttling(case.ServerCase):
    OPTIONS = ("--login-limit-account", "10/5m", "--login-limit-address", "100/5m")

    def test_the_eleventh_failure_is_429_and_the_right_password_from_elsewhere_gets_in(self):
        email = self.signed_up()
        for _ in range(10):
            self.expect(self.client.login(email, "wrong password"), 401, "login_failed")
        reply = self.expect(self.client.login(email, "wrong password"), 429, "too_many_attempts")
        self.assertGreater(int(reply.headers["Retry-After"]), 0)

    def test_guesses_by_email_and_by_username_are_the_accounts(self):
        email = self.signed_up(username="bob")
        for name in (email, "bob") * 5:
            self.expect(self.client.login(name, "wrong password"), 401, "login_failed")
        for name in (email, "bob", "BOB"):
            self.expect(self.client.login(name, "wrong password"), 429, "too_many_attempts")

    def test_a_suite_may_sign_up_if_missing_and_log_in_again_and_again(self):
        from support.pawld import Pawld
        from support.http import Client
        with Pawld() as server:
            client = Client(server.url)
            for round_of_it in range(120):
                self.expect(client.sign_up("same@example.com"), 201 if round_of_it == 0 else 409)
                self.expect(client.login("same@example.com"), 200)

    def test_refused_sign_ups_use_up_none_of_the_owners_attempts(self):
        email = self.signed_up()
        for _ in range(10):
            self.expect(self.client.sign_up(email), 409)
        self.expect(self.client.sign_up(email), 429, "too_many_attempts")
        self.expect(self.client.login(email), 200)

    def test_successes_do_not_count(self):
        email = self.signed_up()
        for _ in range(25):
            self.expect(self.client.login(email), 200)


if __name__ == "__main__":
    unittest.defaultTestLoader.sortTestMethodsUsing = None
    case.main()
