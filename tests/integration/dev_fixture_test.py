"""What --dev is as a test fixture: docs/fixture.md, said over HTTP to the real binary."""
import base64
import concurrent.futures
import json
import os
import tempfile
import threading
import time
import unittest

from support.case import PASSWORD, ServerCase, eventually, main
from support.http import Client, raw, token_parts, unpack_refresh
from support.pawld import Pawld, refused_start
from support.person import Person
from support.sse import Stream

SEED = {"pawl_seed": 1,
        "clock": {"now": "2030-01-01T00:00:00Z", "frozen": True},
        "users": [{"email": "alice@example.com", "username": "alice", "password": PASSWORD, "roles": ["editor"],
                   "first_name": "Alice", "email_verified": True,
                   "sessions": [{"id": "0" * 31 + "1", "generation": 3, "agent": "phone", "ip": "192.0.2.1",
                                 "created_at": "2029-12-31T00:00:00Z", "rotated_at": "2029-12-31T12:00:00Z"}, {}]},
                  {"email": "off@example.com", "password": PASSWORD, "enabled": False}]}
ALICE = "alice@example.com"


def seed_file(document):
    handle, path = tempfile.mkstemp(suffix=".json")
    with os.fdopen(handle, "w") as file:
        file.write(document if isinstance(document, str) else json.dumps(document))
    return path


class FixtureCase(ServerCase):
    """In memory, from SEED; every test begins at the seed."""
    KEYWORDS = {"data_dir": ":memory:"}

    @classmethod
    def setUpClass(cls):
        cls.seed = seed_file(SEED)
        cls.addClassCleanup(os.unlink, cls.seed)
        cls.OPTIONS = (*cls.OPTIONS, "--seed", cls.seed)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.expect(self.client.post("/dev/reset"), 204)
        self.expect(self.client.delete("/dev/snapshots/" + "kept"), (204, 404))

    def expect(self, reply, status, code=None):
        if isinstance(status, tuple):
            self.assertIn(reply.status, status, repr(reply))
            return reply
        return super().expect(reply, status, code)

    def fault(self, **what):
        return self.expect(self.client.post("/dev/faults", what), 201).json

    def token(self, **wish):
        return self.expect(self.client.post("/dev/tokens", wish), 201).json


class Seed(FixtureCase):
    def test_users_and_sessions_are_there(self):
        tokens = self.logged_in("alice")
        me = self.expect(self.client.me(tokens["access_token"]), 200).json
        self.assertEqual((me["id"], me["email"], me["roles"], me["email_verified"]), (1, ALICE, ["editor"], True))
        sessions = self.expect(self.client.get("/sessions", bearer=tokens["access_token"]), 200).json
        seeded = [s for s in sessions if s["id"] == "0" * 31 + "1"][0]
        self.assertEqual((seeded["generation"], seeded["user_agent"], seeded["ip"], seeded["created_at"], seeded["last_used_at"]),
                         (3, "phone", "192.0.2.1", "2029-12-31T00:00:00Z", "2029-12-31T12:00:00Z"))
        self.assertEqual(len(sessions), 3)
        self.expect(self.client.login("off@example.com"), 401, "login_failed")
        self.assertEqual(self.client.get("/dev/clock").json, {"now": "2030-01-01T00:00:00Z", "unix": 1893456000, "frozen": True})

    def test_what_bcrypt_left_out_of_a_long_password_does_not_become_the_password(self):
        right = "x" * 72  # all that bcrypt reads
        path = seed_file({"pawl_seed": 1, "users": [{"email": ALICE, "password_hash":
                                                     "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"}]})
        self.addCleanup(os.unlink, path)
        with Pawld("--seed", path, data_dir=":memory:") as server:
            client = Client(server.url)
            for tail in (" wrong", " and wrong otherwise", ""):  # the last one counts whole: the hash is replaced
                self.expect(client.login(ALICE, right + tail), 200)
            self.expect(client.login(ALICE, right + " wrong"), 401, "login_failed")
            self.expect(client.login(ALICE, right), 200)

    def test_a_user_may_have_attributes_and_an_application_that_it_signs_in_to(self):
        back = "https://shop.example/cb"
        path = seed_file({"pawl_seed": 1, "users": [{"email": ALICE, "password": "x", "attributes": {"birthdate": "1815-12-10"}}],
                          "clients": [{"client_id": "shop", "name": "Shop", "preset": "web", "pkce": "optional", "consent": "never",
                                       "client_secret": "only for this test", "redirect_uris": [back],
                                       "scopes": ["openid", "profile"]}]})
        self.addCleanup(os.unlink, path)
        with Pawld("--seed", path, data_dir=":memory:") as server:
            self.assertIn("RS256", [key["alg"] for key in Client(server.url).get("/.well-known/jwks.json").json["keys"]])
            person = Person(server.url)
            page = person.visit("/authorize", response_type="code", client_id="shop", scope="openid profile", redirect_uri=back)
            code = person.sign_in(page, ALICE, "x").answer["code"]
            client = Client(server.url)
            basic = base64.b64encode(b"shop:only+for+this+test").decode()
            tokens = self.expect(client.form("/token", {"grant_type": "authorization_code", "code": code, "redirect_uri": back},
                                             {"Authorization": "Basic " + basic}), 200).json
            claims = self.expect(client.get("/userinfo", bearer=tokens["access_token"]), 200).json
            self.assertEqual((claims["sub"], claims["birthdate"]), ("1", "1815-12-10"))

    def test_second_factors_are_there_in_every_world_and_after_a_reset(self):
        factors = [{"kind": "totp", "name": "phone"}, {"kind": "recovery"}]
        path = seed_file({"pawl_seed": 1, "clock": SEED["clock"], "users": [{"email": ALICE, "password": PASSWORD, "factors": factors}]})
        self.addCleanup(os.unlink, path)
        seen = []
        with Pawld("--seed", path, "--rng-seed", "5", "--threads", "1", data_dir=":memory:") as server:
            client = Client(server.url)
            for prefix in ("", "", "/t/one", "/t/one"):
                def login(at=prefix, **more):
                    return client.post(at + "/login", {"email": ALICE, "password": PASSWORD, **more})
                codes = self.expect(client.post(prefix + "/dev/totp", {"user": ALICE}), 200).json
                self.assertEqual(self.expect(login(), 401, "second_factor_required").json["factors"], ["totp", "recovery_code"])
                tokens = self.expect(login(totp=codes["code"]), 200).json
                self.expect(login(totp=codes["code"]), 401, "second_factor_failed")
                self.assertEqual(len(codes["recovery_codes"]), 10)
                self.expect(login(recovery_code=codes["recovery_codes"][2]), 200)
                self.expect(login(recovery_code=codes["recovery_codes"][2]), 401, "second_factor_failed")
                listed = self.expect(client.get(prefix + "/users/me/factors", bearer=tokens["access_token"]), 200).json["factors"]
                self.assertEqual([(f["id"], f["kind"], f["name"], f["created_at"]) for f in listed],
                                 [(1, "totp", "phone", "2030-01-01T00:00:00Z"), (2, "recovery", "", "2030-01-01T00:00:00Z")])
                self.expect(client.post(prefix + "/dev/reset"), 204)
                seen.append(codes)
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[2], seen[3])
        self.assertNotEqual(seen[0]["secret"], seen[2]["secret"])

    def test_no_file_is_made(self):
        self.assertFalse([name for name in os.listdir(self.server.home) if name != "stderr.log"])
        self.assertFalse(os.path.exists(":memory:"))

    def test_what_is_wrong_is_refused_with_its_place(self):
        user = {"email": ALICE, "password": "x"}
        wrong = [
            ({}, "pawl_seed"), ({"pawl_seed": 2}, "pawl_seed"), ({"pawl_seed": 1, "more": 1}, "more is not known"),
            ("{", "not well-formed"), ("[]", "not an object"), ('{"pawl_seed":1,"pawl_seed":1}', "given twice"),
            ({"pawl_seed": 1, "users": {}}, "users must be an array"), ({"pawl_seed": 1, "users": [1]}, "users[0] must be"),
            ({"pawl_seed": 1, "users": [{**user, "email": "nobody"}]}, "users[0].email"),
            ({"pawl_seed": 1, "users": [{"email": ALICE}]}, "users[0].password"),
            ({"pawl_seed": 1, "users": [{**user, "password_hash": "$2b$"}]}, "users[0].password"),
            ({"pawl_seed": 1, "users": [{"email": ALICE, "password_hash": "plain"}]}, "users[0].password_hash"),
            ({"pawl_seed": 1, "users": [user, {**user, "username": "other"}]}, "login name of users[0]"),
            ({"pawl_seed": 1, "users": [{**user, "sessions": [{"id": "x"}]}]}, "users[0].sessions[0].id"),
            ({"pawl_seed": 1, "users": [{**user, "sessions": [{"generation": -1}]}]}, "users[0].sessions[0].generation"),
            ({"pawl_seed": 1, "users": [{**user, "factors": [{"kind": "sms"}]}]}, "users[0].factors[0].kind"),
            ({"pawl_seed": 1, "clock": {"now": "noon"}}, "clock.now")]
        for document, words in wrong:
            with self.subTest(document=document):
                path = seed_file(document)
                self.addCleanup(os.unlink, path)
                status, stderr = refused_start("--seed", path, data_dir=":memory:")
                self.assertEqual(status, 2, stderr)
                self.assertIn(words, stderr)

    def test_what_is_wrong_is_refused_with_file_line_and_member(self):
        user = '{"email": "%s",\n "password": "x"}'
        for users, line, words in [
                (user % ALICE + ",\n" + user % "nobody", 5, "users[1].email must be an email address"),
                (user % ALICE + ",\n" + user % ALICE, 5, "users[1] has a login name of users[0]"),
                (user % ALICE + ",\n7", 5, "users[1] must be an object"),
                ('{"email": "%s",\n"rolls": [],\n"password": "x"}' % ALICE, 4, "users[0].rolls is not known here"),
                (user % ALICE + ",,", 4, "The body is not well-formed JSON")]:
            with self.subTest(words):
                path = seed_file('{"pawl_seed": 1,\n"users": [\n%s]}\n' % users)
                self.addCleanup(os.unlink, path)
                status, stderr = refused_start("--seed", path, data_dir=":memory:")
                self.assertEqual(status, 2, stderr)
                self.assertIn("--seed %s:%d: %s" % (path, line, words), stderr)

    def test_what_is_wrong_with_all_of_it_has_the_line_where_it_begins(self):
        for text, words in [('\n{"users": []}', "pawl_seed is required"), ("\n[]", "The JSON is not an object."),
                            ("\n7", "The JSON is not an object.")]:
            with self.subTest(text):
                path = seed_file(text)
                self.addCleanup(os.unlink, path)
                status, stderr = refused_start("--seed", path, data_dir=":memory:")
                self.assertEqual(status, 2, stderr)
                self.assertIn("--seed %s:2: %s" % (path, words), stderr)

    def test_seed_and_rng_seed_need_dev_in_memory(self):
        for options, keywords in [(["--rng-seed", "1"], {}), (["--rng-seed", "1"], {"data_dir": ":memory:", "dev": False}),
                                  (["--seed", self.seed], {}), (["--seed", "/nowhere.json"], {"data_dir": ":memory:"})]:
            self.assertEqual(refused_start(*options, **keywords)[0], 2)


class Reset(FixtureCase):
    def test_everything_is_as_at_the_start(self):
        jwks = self.client.get("/.well-known/jwks.json").json
        first = self.logged_in("alice")
        self.signed_up()
        self.client.advance(1000)
        self.fault(fault="status", route="get_me", count=0)
        self.expect(self.client.me(first["access_token"]), 503)
        self.expect(self.client.post("/dev/reset"), 204)
        self.expect(self.client.me(first["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.refresh(first["refresh_token"]), 401)
        self.assertEqual(self.client.get("/dev/faults").json, [])
        self.assertEqual(self.client.get("/dev/clock").json["now"], "2030-01-01T00:00:00Z")
        self.assertEqual(self.client.get("/.well-known/jwks.json").json, jwks)
        self.assertEqual(self.expect(self.client.sign_up("new@example.com"), 201).json["id"], 3)

    def test_snapshots_bring_back_what_was(self):
        tokens = self.logged_in("alice")
        second = self.rotated(tokens["refresh_token"])
        kept = self.expect(self.client.post("/dev/snapshot", {"name": "kept"}), 201).json
        self.assertEqual((kept["users"], kept["sessions"]), (2, 3))
        self.client.advance(50)
        self.rotated(second["refresh_token"])
        self.expect(self.client.logout(second["refresh_token"]), 204)
        self.expect(self.client.sign_up("gone@example.com"), 201)
        self.expect(self.client.post("/dev/restore", {"name": "kept"}), 204)
        self.assertEqual(self.client.get("/dev/clock").json["now"], "2030-01-01T00:00:00Z")
        self.expect(self.client.login("gone@example.com"), 401)
        self.rotated(second["refresh_token"])
        self.assertEqual([s["name"] for s in self.client.get("/dev/snapshots").json], ["kept"])
        self.expect(self.client.delete("/dev/snapshots/kept"), 204)
        self.expect(self.client.post("/dev/restore", {"name": "kept"}), 404)

    def test_names_and_numbers_are_bounded(self):
        for name in ["", "a b", "x" * 65, "é", "../x", 1, None]:
            self.expect(self.client.post("/dev/snapshot", {"name": name}), 422, "validation_failed")
        self.expect(self.client.post("/dev/snapshot", {"name": "a", "b": 1}), 422)
        for i in range(64):
            self.expect(self.client.post("/dev/snapshot", {"name": "n%d" % i}), 201)
        self.expect(self.client.post("/dev/snapshot", {"name": "n64"}), 409, "no_room_for_more")
        self.expect(self.client.post("/dev/snapshot", {"name": "n0"}), 201)
        for i in range(64):
            self.expect(self.client.delete("/dev/snapshots/n%d" % i), 204)

    def test_under_load_every_answer_makes_sense(self):
        allowed = {200, 201, 204, 401, 409}
        stop = threading.Event()

        def work(n):
            client, seen = Client(self.server.url, keep=True), set()
            while not stop.is_set():
                login = client.login(ALICE)
                seen.add(login.status)
                refreshed = client.refresh(login.json.get("refresh_token", "x"))
                seen |= {refreshed.status, client.me(login.json.get("access_token", "x")).status,
                         client.sign_up("load%d@example.com" % n).status}
            client.close()
            return seen

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            workers = [pool.submit(work, n) for n in range(4)]
            try:
                for i in range(60):
                    self.expect(self.client.post("/dev/snapshot", {"name": "kept"}), 201)
                    self.expect(self.client.post("/dev/reset" if i % 2 else "/dev/restore", {"name": "kept"}), 204)
            finally:
                stop.set()
            for worker in workers:
                self.assertLessEqual(worker.result(), allowed)
        self.expect(self.client.post("/dev/reset"), 204)
        self.logged_in("alice")


class OnDisk(ServerCase):
    def test_a_data_directory_is_not_turned_back(self):
        for path, body in [("/dev/reset", None), ("/dev/snapshot", {"name": "a"}), ("/dev/restore", {"name": "a"})]:
            self.expect(self.client.post(path, body), 409, "not_in_memory")
        email = self.signed_up()
        self.expect(self.client.post("/t/beside/dev/reset"), 204)
        self.expect(self.client.login(email), 200)
        self.expect(self.client.post("/t/beside/login", {"email": email, "password": PASSWORD}), 401)

    def test_stall_sync_holds_the_writer_back(self):
        self.signed_up()
        self.expect(self.client.post("/dev/faults", {"fault": "stall_sync", "ms": 300, "route": "signup"}), 201)
        start = time.monotonic()
        self.signed_up()
        self.assertGreaterEqual(time.monotonic() - start, 0.3)


class Tokens(FixtureCase):
    FLAWS = {"expired": "expired", "not_yet_valid": "issued_in_future", "issued_in_future": "issued_in_future",
             "wrong_issuer": "wrong_issuer", "wrong_audience": "wrong_audience", "wrong_type": "wrong_type",
             "bad_signature": "bad_signature", "no_signature": "bad_signature", "alg_none": "wrong_algorithm",
             "unknown_key": "unknown_key", "forged": "bad_signature", "wrong_alg": "wrong_algorithm"}

    def test_good_ones_work_and_each_flaw_is_what_is_refused(self):
        self.expect(self.client.me(self.token(user="alice")["access_token"]), 200)
        self.expect(self.client.me(self.token(user=1, flaw="none")["access_token"]), 200)
        for flaw, reason in self.FLAWS.items():
            with self.subTest(flaw=flaw):
                made = self.token(user="alice", flaw=flaw)
                refused = self.expect(self.client.me(made["access_token"]), 401, "invalid_access_token")
                self.assertIn("--dev: %s)" % reason, refused.json["detail"])
                self.assertEqual(token_parts(made["access_token"] + ("e30" if flaw == "x" else "")), [made["header"], made["claims"]])

    def test_claims_and_header_are_laid_over(self):
        made = self.token(user="alice", claims={"scope": {"a": [1]}, "jti": None}, header={"typ": None, "x": 1}, expires_in=-5)
        header, claims = token_parts(made["access_token"])
        self.assertEqual((claims["scope"], claims["exp"]), ({"a": [1]}, 1893456000 - 5))
        self.assertNotIn("jti", claims)
        self.assertEqual((header.get("typ"), header["x"]), (None, 1))
        alone = self.token(claims={"sub": "1", "sid": "0" * 31 + "1", "gen": 3})
        self.expect(self.client.me(alone["access_token"]), 200)
        self.assertNotIn("session", alone)

    def test_integers_stay_integers(self):
        given = '{"claims": {"exp": 1893456000.0, "n": [1, 1.0, 1e3, -2.0, 18446744073709551615], "half": 0.5}, "header": {"x": 5.0}}'
        reply = self.expect(self.client.request("POST", "/dev/tokens", given.encode(), {"Content-Type": "application/json"}), 201)
        header, claims, _ = reply.json["access_token"].split(".")
        header, claims = (base64.urlsafe_b64decode(part + "==").decode() for part in (header, claims))
        for text in (claims, reply.body.decode()):
            self.assertIn('"exp":1893456000,"', text)
            self.assertIn('"n":[1,1,1000,-2,18446744073709551615]', text)
            self.assertIn('"half":0.5', text)
        self.assertIn('"x":5}', header)
        self.expect(self.client.request("POST", "/dev/tokens", b'{"claims":{"n":1e999}}', {"Content-Type": "application/json"}), 422)

    def test_a_flaw_that_there_is_not_is_answered_with_those_there_are(self):
        told = self.expect(self.client.post("/dev/tokens", {"flaw": "rusty"}), 422).json["errors"][0]
        self.assertEqual(told["field"], "flaw")
        self.assertEqual(told["message"], "must be one of " + ", ".join(["none", *self.FLAWS]))

    def test_sessions_and_generations_are_chosen(self):
        seeded = "0" * 31 + "1"
        made = self.token(session=seeded)
        self.assertEqual((made["session"], made["generation"], unpack_refresh(made["refresh_token"])[2:4]), (seeded, 3, (seeded, 3)))
        self.rotated(made["refresh_token"])
        old = self.token(session=seeded, generation=1)
        self.expect(self.client.refresh(old["refresh_token"]), 401, "refresh_token_reused")
        self.expect(self.client.post("/dev/tokens", {"session": "f" * 32}), 404, "session_not_found")
        self.expect(self.client.post("/dev/tokens", {"user": "nobody"}), 404, "user_not_found")

    def test_a_session_is_opened_where_there_is_none(self):
        email = self.signed_up()
        made = self.token(user=email)
        self.expect(self.client.me(made["access_token"]), 200)
        self.assertEqual(self.token(user=email)["session"], made["session"])

    def test_bad_wishes_are_refused(self):
        for wish in [{"flaw": "rusty"}, {"user": []}, {"user": 0}, {"session": "1"}, {"generation": -1}, {"claims": []}, {"x": 1},
                     {"expires_in": "1"}, {"header": 1}]:
            self.expect(self.client.post("/dev/tokens", wish), 422, "validation_failed")
        self.expect(self.client.request("POST", "/dev/tokens", b"{", {"Content-Type": "application/json"}), 400, "malformed_json")

    def test_families_are_explained(self):
        tokens = self.logged_in("alice")
        family = unpack_refresh(tokens["refresh_token"])[2]
        seen = self.expect(self.client.get("/dev/families/" + family), 200).json
        self.assertEqual((seen["alive"], seen["why"], seen["word"]["generation"], seen["word"]["status"], seen["facts"]["user"]),
                         (True, "", 0, "live", 1))
        self.expect(self.client.logout(tokens["refresh_token"]), 204)
        seen = self.client.get("/dev/families/" + family).json
        self.assertEqual((seen["alive"], seen["word"]["status"]), (False, "logout"))
        self.assertIn("ended", seen["why"])
        other = unpack_refresh(self.logged_in("alice")["refresh_token"])[2]
        self.client.advance(20 * 86400)
        self.assertIn("not refreshed", self.client.get("/dev/families/" + other).json["why"])
        for wrong in ["x", "f" * 32, "0"]:
            self.expect(self.client.get("/dev/families/" + wrong), 404, "session_not_found")


class Users(FixtureCase):
    def test_a_superuser_with_roles_is_made(self):
        made = self.expect(self.client.post("/dev/users", {"email": "root@example.com", "password": PASSWORD, "roles": ["x", "y"],
                                                           "is_superuser": True, "email_verified": True}), 201).json
        self.assertEqual((made["id"], made["roles"], made["is_superuser"], made["email_verified"]), (3, ["x", "y"], True, True))
        access = self.logged_in("root@example.com")["access_token"]
        self.expect(self.client.get("/admin/users", bearer=access), 200)
        self.expect(self.client.post("/dev/users", {"email": "root@example.com", "password": PASSWORD}), 409, "email_taken")
        self.expect(self.client.post("/t/beside/dev/users", {"email": "root@example.com", "password": PASSWORD}), 201)

    def test_members_that_are_not_known_are_refused(self):
        for wrong in [{"is_admin": True}, {"role": "x"}, {"sessions": []}]:
            refused = self.client.post("/dev/users", {"email": "a@example.com", "password": PASSWORD, **wrong})
            told = self.expect(refused, 422, "validation_failed").json["errors"]
            self.assertEqual(told, [{"field": next(iter(wrong)), "message": "is not known here"}])
        self.expect(self.client.post("/dev/users", {"email": "a@example.com", "password": PASSWORD, "roles": "x"}), 422)
        self.expect(self.client.request("POST", "/dev/users", None, {"Origin": "https://evil.example"}), 403, "forbidden_origin")
        self.expect(self.client.login("a@example.com"), 401)


class Faults(FixtureCase):
    def test_drop_reply_after_commit_does_the_work(self):
        first = self.logged_in("alice")["refresh_token"]
        self.fault(fault="drop_reply_after_commit", route="refresh")
        body = json.dumps({"refresh_token": first})
        sent = "POST /refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        self.assertEqual(raw(self.server.url, (sent % (len(body), body)).encode()), b"")
        self.rotated(first, "replayed")
        self.assertEqual([r["status"] for r in self.client.get("/dev/requests").json["requests"]], [200, None, 200])

    def test_status_answers_instead_of_the_work(self):
        self.fault(fault="status", status=429, retry_after=7, path="/signup", method="POST")
        reply = self.expect(self.client.sign_up("x@example.com"), 429, "fault")
        self.assertEqual((reply.headers["Retry-After"], reply.json["status"]), ("7", 429))
        self.expect(self.client.sign_up("x@example.com"), 201)

    def test_delay_and_stall_sync_take_their_time(self):
        for what in [{"fault": "delay", "ms": 250}, {"fault": "stall_sync", "ms": 250}]:
            self.fault(route="login", **what)
            start = time.monotonic()
            self.logged_in("alice")
            self.assertGreaterEqual(time.monotonic() - start, 0.25)

    def test_duplicate_does_it_twice(self):
        self.fault(fault="duplicate", route="signup")
        self.expect(self.client.sign_up("twice@example.com"), 409, "email_taken")
        self.fault(fault="duplicate", route="login")
        tokens = self.logged_in("twice@example.com")
        self.assertEqual(len(self.client.get("/sessions", bearer=tokens["access_token"]).json), 2)
        self.fault(fault="duplicate", route="refresh")
        self.assertEqual(self.expect(self.client.refresh(tokens["refresh_token"]), 200).headers["Pawl-Refresh"], "replayed")

    def test_counts_run_out_and_probabilities_hold(self):
        self.fault(fault="status", status=500, route="healthz", count=2)
        self.assertEqual([self.client.get("/healthz").status for _ in range(4)], [500, 500, 200, 200])
        never = self.fault(fault="status", route="healthz", probability=0, count=0)
        self.assertEqual([self.client.get("/healthz").status for _ in range(5)], [200] * 5)
        always = self.fault(fault="status", route="healthz", count=0)
        self.assertEqual([self.client.get("/healthz").status for _ in range(3)], [503] * 3)
        self.assertEqual([(f["id"], f["hits"]) for f in self.client.get("/dev/faults").json], [(never["id"], 0), (always["id"], 3)])
        self.expect(self.client.delete("/dev/faults/%d" % always["id"]), 204)
        self.expect(self.client.delete("/dev/faults/%d" % always["id"]), 404)
        self.expect(self.client.get("/healthz"), 200)
        self.expect(self.client.delete("/dev/faults"), 204)
        self.assertEqual(self.client.get("/dev/faults").json, [])

    def test_bad_faults_and_too_many_are_refused(self):
        for what in [{}, {"fault": "rust"}, {"fault": "delay"}, {"fault": "delay", "ms": 60001}, {"fault": "status", "status": 200},
                     {"fault": "duplicate", "route": "no_such"}, {"fault": "duplicate", "probability": 2}, {"fault": "duplicate", "x": 1},
                     {"fault": "duplicate", "count": -1}]:
            self.expect(self.client.post("/dev/faults", what), 422, "validation_failed")
        for _ in range(64):
            self.fault(fault="duplicate", path="/nowhere")
        self.expect(self.client.post("/dev/faults", {"fault": "duplicate"}), 409, "no_room_for_more")

    def test_dev_itself_never_fails(self):
        self.fault(fault="status", count=0)
        self.expect(self.client.get("/healthz"), 503)
        self.expect(self.client.get("/dev/clock"), 200)

    def test_requests_are_recorded_as_they_came(self):
        self.client.request("POST", "/login?x=1", b"\xffabc", {"Content-Type": "application/json", "X-Mine": "yes", "Accept": "a"})
        self.client.get("/nowhere")
        self.client.get("/dev/clock")
        seen = self.client.get("/dev/requests").json
        self.assertEqual([(r["method"], r["path"], r["status"]) for r in seen["requests"]],
                         [("POST", "/login", 400), ("GET", "/nowhere", 404)])
        self.assertEqual((seen["dropped"], seen["requests"][0]["target"]), (0, "/login?x=1"))
        self.assertEqual((seen["requests"][0]["headers"]["x-mine"], seen["requests"][0]["body"]), ("yes", "\ufffdabc"))
        self.expect(self.client.delete("/dev/requests"), 204)
        self.assertEqual(self.client.get("/dev/requests").json["requests"], [])

    def test_pages_of_other_sites_are_refused(self):
        for method, path in [("POST", "/dev/reset"), ("GET", "/dev/requests"), ("POST", "/dev/tokens"), ("POST", "/dev/faults"),
                             ("GET", "/dev/realms"), ("GET", "/dev/clock"), ("POST", "/t/x/dev/reset")]:
            for header in [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]:
                self.expect(self.client.request(method, path, None, header), 403, "forbidden_origin")
        self.expect(self.client.request("GET", "/dev/clock", None, {"Origin": "http://localhost:3000"}), 200)


class Realms(FixtureCase):
    def realm(self, name, client=None):
        return lambda method, path, body=None, **more: (client or self.client).send(method, "/t/" + name + path, body or {}, **more) \
            if method == "POST" else (client or self.client).request(method, "/t/" + name + path, None, more.get("headers"))

    def test_every_route_works_under_the_prefix(self):
        one = self.realm("one")
        issuer = self.server.url + "/t/one"
        for path in ["", "/", "/docs", "/docs/docs.js", "/openapi.json", "/healthz", "/readyz", "/metrics", "/.well-known/jwks.json"]:
            self.expect(one("GET", path), 200)
        self.assertEqual(one("GET", "/").json["issuer"], issuer)
        self.assertEqual(one("GET", "/openapi.json").json["servers"][0]["url"], issuer)
        tokens = self.expect(one("POST", "/login", {"email": ALICE, "password": PASSWORD}), 200).json
        claims = token_parts(tokens["access_token"])[1]
        self.assertEqual((claims["iss"], claims["aud"]), (issuer, issuer))
        self.assertEqual(one("GET", "/users/me", headers={"Authorization": "Bearer " + tokens["access_token"]}).status, 200)
        self.assertNotEqual(one("GET", "/.well-known/jwks.json").json, self.client.get("/.well-known/jwks.json").json)
        self.expect(self.client.me(tokens["access_token"]), 401)
        self.expect(self.client.refresh(tokens["refresh_token"]), 401, "invalid_refresh_token")

    def test_names_are_plain(self):
        for name in ["", "a%20b", "x" * 65, "a.b"]:
            refused = self.expect(self.client.get("/t/" + name + "/healthz"), 404, "not_found")
            self.assertIn("must be 1 to 64 of A-Z, a-z, 0-9, _ and -", refused.json["detail"])
        self.assertIn("must be 1 to 64", self.expect(self.client.delete("/dev/realms/a.b"), 404).json["detail"])
        for path in ["/t/one/nothing", "/nothing"]:
            self.assertEqual(self.expect(self.client.get(path), 404).json["detail"], "There is nothing at this path.")
        self.expect(self.client.get("/t/" + "x" * 64 + "/healthz"), 200)
        self.expect(self.client.get("/t/one/t/two/healthz"), 404)

    def test_parallel_realms_do_not_see_each_other(self):
        def work(name):
            client = Client(self.server.url, keep=True)
            call = self.realm(name, client)
            for i in range(15):
                self.expect(call("POST", "/dev/reset"), 204)
                made = call("POST", "/signup", {"email": "same@example.com", "password": PASSWORD})
                self.assertEqual(self.expect(made, 201).json["id"], 3)
                self.expect(call("POST", "/dev/clock", {"set": "203%d-01-01T00:00:00Z" % int(name[-1])}), 200)
                self.expect(call("POST", "/dev/faults", {"fault": "status", "status": 500 + int(name[-1]), "route": "healthz"}), 201)
                tokens = self.expect(call("POST", "/login", {"email": "same@example.com", "password": PASSWORD}), 200).json
                self.assertEqual(token_parts(tokens["access_token"])[1]["iss"], self.server.url + "/t/" + name)
                self.assertEqual(call("GET", "/healthz").status, 500 + int(name[-1]))
                self.assertEqual(len(call("GET", "/dev/requests").json["requests"]), 3)
            client.close()
            return name

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            self.assertEqual(list(pool.map(work, ["w1", "w2", "w3"])), ["w1", "w2", "w3"])
        self.expect(self.client.login("same@example.com"), 401)
        listed = {r["name"]: r for r in self.client.get("/dev/realms").json}
        self.assertEqual(listed["w1"]["users"], 3)
        self.expect(self.client.delete("/dev/realms/w1"), 204)
        self.expect(self.client.delete("/dev/realms/w1"), 404)
        self.assertNotIn("w1", {r["name"] for r in self.client.get("/dev/realms").json})
        self.expect(self.realm("w1")("POST", "/login", {"email": "same@example.com", "password": PASSWORD}), 401)

    def test_one_that_is_removed_answers_those_who_wait_and_ends_its_streams(self):
        end = self.realm("ending")
        self.expect(end("POST", "/dev/users", {"email": "root@example.com", "password": PASSWORD, "is_superuser": True}), 201)
        access = self.expect(end("POST", "/login", {"email": "root@example.com", "password": PASSWORD}), 200).json["access_token"]
        with Stream(self.server.url, "/t/ending/admin/events", bearer=access) as stream, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            self.expect(end("POST", "/dev/faults", {"fault": "stall_sync", "ms": 60000, "route": "login"}), 201)
            waiting = pool.submit(lambda: self.realm("ending", Client(self.server.url))(
                "POST", "/login", {"email": "root@example.com", "password": PASSWORD}))
            eventually(lambda: end("GET", "/dev/faults").json == [])
            begun = time.monotonic()
            self.expect(self.client.delete("/dev/realms/ending"), 204)
            self.expect(waiting.result(), 200)
            stream.rest()
            self.assertLess(time.monotonic() - begun, 30)

    def test_their_number_is_bounded(self):
        names = ["many%d" % i for i in range(300)]
        statuses = [self.realm(name)("GET", "/healthz").status for name in names]
        there = len(self.client.get("/dev/realms").json)
        self.assertEqual(there, 256)
        self.assertEqual(set(statuses), {200, 409})
        self.expect(self.realm("many299")("GET", "/healthz"), 409, "no_room_for_more")
        for realm in self.client.get("/dev/realms").json:
            self.expect(self.client.delete("/dev/realms/" + realm["name"]), 204)


class Repeatable(unittest.TestCase):
    def story(self, algorithm, number, home):
        seed = seed_file(SEED)
        self.addCleanup(os.unlink, seed)
        told = []
        with Pawld("--seed", seed, "--rng-seed", str(number), "--threads", "1", "--issuer", "http://127.0.0.1:9", "--algorithm", algorithm,
                   data_dir=":memory:", cwd=home) as server:
            for prefix in ["", "/t/one", "/t/two"]:
                client = Client(server.url)
                for turn in range(2):
                    tokens = client.post(prefix + "/login", {"email": ALICE, "password": PASSWORD}).json
                    told += [tokens, client.post(prefix + "/refresh", {"refresh_token": tokens["refresh_token"]}).json,
                             client.get(prefix + "/.well-known/jwks.json").json]
                    if turn == 0:
                        client.post(prefix + "/dev/reset")
                self.assertEqual(told[-6:-3], told[-3:], "a reset begins the same story")
        return told

    def test_a_restore_goes_on_with_the_same_chance(self):
        with Pawld("--rng-seed", "1", "--threads", "1", data_dir=":memory:") as server:
            client = Client(server.url)
            client.freeze()
            client.sign_up(ALICE)
            client.post("/dev/snapshot", {"name": "a"})
            first = client.login(ALICE).json
            client.login(ALICE)
            client.post("/dev/restore", {"name": "a"})
            self.assertEqual(client.login(ALICE).json, first)

    def test_the_same_number_gives_the_same_tokens(self):
        home = tempfile.gettempdir()
        for algorithm in ["ES256", "EdDSA"]:
            first = self.story(algorithm, 7, home)
            self.assertEqual(first, self.story(algorithm, 7, home))
            other = self.story(algorithm, 8, home)
            self.assertTrue(all(a != b for a, b in zip(first, other)))
            self.assertEqual(len({json.dumps(t) for t in first}), 9, "each realm has a story of its own")


if __name__ == "__main__":
    main()
