"""The admin API over HTTP and over the admin socket: who may, what it changes, and what it leaves alone."""
import concurrent.futures
import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import stat

import passlib.hash

from support.case import PASSWORD, PASSWORD_RULES, ServerCase, eventually, fresh_email, main
from support.http import Client, SocketClient, raw, token_parts, unpack_refresh
from support.pawld import Pawld, refused_start

ROUTES = (("GET", "/admin/info"), ("GET", "/admin/users"), ("POST", "/admin/users"), ("GET", "/admin/users/1"),
          ("PATCH", "/admin/users/1"), ("DELETE", "/admin/users/1"), ("GET", "/admin/sessions?user_id=1"),
          ("DELETE", "/admin/sessions/" + "0" * 32), ("POST", "/admin/logout"), ("GET", "/admin/families/" + "0" * 32),
          ("GET", "/admin/timeline/" + "0" * 32), ("GET", "/admin/keys"), ("POST", "/admin/keys/rotate"),
          ("POST", "/admin/keys/retire"), ("POST", "/admin/tokens"), ("POST", "/admin/tokens/verify"),
          ("GET", "/admin/stats"), ("POST", "/admin/snapshot"), ("GET", "/admin/snapshots"))


class AdminCase(ServerCase):
    def setUp(self):
        super().setUp()
        self.socket = SocketClient(os.path.join(self.server.data_dir, "admin.sock"))

    def made(self, **more):
        """A user made by the operator."""
        body = {"email": fresh_email(), "password": PASSWORD, **more}
        return self.expect(self.socket.post("/admin/users", body), 201).json

    def operator(self):
        """The access token of a new superuser."""
        user = self.made(is_superuser=True)
        return user, self.logged_in(user["email"])["access_token"]


class WhoMayTest(AdminCase):
    def test_every_route_wants_a_superuser_and_says_so(self):
        plain = self.logged_in()["access_token"]
        for method, path in ROUTES:
            with self.subTest(method + " " + path):
                body = b"{}" if method in ("POST", "PATCH") else None
                headers = {"Content-Type": "application/json"} if body else {}
                self.expect(self.client.request(method, path, body, headers), 401, "missing_access_token")
                bad = self.client.request(method, path, body, {**headers, "Authorization": "Bearer x.y.z"})
                self.expect(bad, 401, "invalid_access_token")
                refused = self.client.request(method, path, body, {**headers, "Authorization": "Bearer " + plain})
                self.expect(refused, 403, "not_admin")
                self.assertEqual(refused.headers["Cache-Control"], "no-store")

    def test_a_superuser_may_until_it_is_none(self):
        user, access = self.operator()
        self.expect(self.client.get("/admin/info", access), 200)
        self.expect(self.socket.send("PATCH", "/admin/users/%d" % user["id"], {"is_superuser": False}), 200)
        self.expect(self.client.get("/admin/info", access), 403, "not_admin")
        self.expect(self.socket.send("PATCH", "/admin/users/%d" % user["id"], {"is_superuser": True, "enabled": False}), 200)
        self.expect(self.client.get("/admin/info", access), 401, "invalid_access_token")

    def test_the_socket_is_its_owners_alone_and_takes_any_host(self):
        path = os.path.join(self.server.data_dir, "admin.sock")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        info = self.expect(self.socket.get("/admin/info"), 200).json
        self.assertEqual(info["pid"], self.server.process.pid)
        self.assertEqual((info["name"], info["development"], info["algorithm"]), ("pawl", True, "ES256"))
        self.assertEqual(info["data_dir"], self.server.data_dir)
        self.assertEqual(info["issuer"], self.server.url)
        self.expect(self.socket.get("/healthz"), 200)
        # A bearer changes nothing there, good or bad.
        self.expect(self.socket.get("/admin/info", "x.y.z"), 200)
        # Over TCP a foreign Host is still refused.
        self.assertIn(b" 421 ", raw(self.server.url, b"GET /admin/info HTTP/1.1\r\nHost: x\r\n\r\n").split(b"\r\n")[0])

    def test_an_ordinary_unix_socket_is_no_admin_socket(self):
        path = os.path.join(self.server.home, "public.sock")
        with Pawld("--listen", "unix:" + path, "--issuer", "http://localhost", "--allowed-host", "anything.example",
                   listen=None, dev=False) as other:
            self.expect(SocketClient(path).get("/admin/info"), 401, "missing_access_token")
            self.expect(SocketClient(os.path.join(other.data_dir, "admin.sock")).get("/admin/info"), 200)

    def test_it_is_there_while_serving_only_and_where_it_is_told_to_be(self):
        with Pawld() as server:
            path = os.path.join(server.data_dir, "admin.sock")
            self.assertTrue(stat.S_ISSOCK(os.stat(path).st_mode))
            server.kill()
            self.assertTrue(os.path.exists(path), "kill -9 leaves it behind")
            server.start()
            self.expect(SocketClient(path).get("/admin/info"), 200)
            server.stop()
            self.assertFalse(os.path.exists(path))
            elsewhere = os.path.join(server.home, "ops.sock")
            server.start("--admin-socket", elsewhere)
            self.assertFalse(os.path.exists(path))
            self.expect(SocketClient(elsewhere).get("/admin/info"), 200)
            server.restart("--admin-socket", "none")
            self.assertFalse(os.path.exists(path) or os.path.exists(elsewhere))
            server.restart("--admin-socket", os.path.join(server.home, "x" * 120))
            server.log_with("too long")
            server.stop()
            with open(elsewhere, "w", encoding="ascii") as file:
                file.write("not a socket")
            status, stderr = refused_start("--admin-socket", elsewhere)
            self.assertEqual(status, 2)
            self.assertIn("is no socket", stderr)


class UsersTest(AdminCase):
    OPTIONS = PASSWORD_RULES

    def test_a_user_is_made_shown_changed_and_removed(self):
        user = self.made(username="Made", first_name="Ada", surname="L", roles=["ops", "dev"], email_verified=True)
        self.assertEqual((user["username"], user["roles"], user["email_verified"], user["enabled"], user["sessions"]),
                         ("Made", ["ops", "dev"], True, True, 0))
        self.assertEqual(user["hash"], "argon2id m=64,t=1,p=1")
        self.assertEqual(user["gate"], {"epoch": 0, "reason": "none", "changed_at": None})
        self.assertNotIn("password_hash", user)
        path = "/admin/users/%d" % user["id"]
        self.logged_in("made")
        self.assertEqual(self.expect(self.socket.get(path), 200).json, {**user, "sessions": 1})
        changed = self.expect(self.socket.send("PATCH", path, {"email": "new-" + user["email"], "roles": []}), 200).json
        self.assertEqual((changed["email"], changed["email_verified"], changed["roles"], changed["username"]),
                         ("new-" + user["email"], False, [], "Made"))
        self.assertEqual(changed["sessions"], 1, "no session ends by it")
        self.expect(self.client.login(user["email"]), 401)
        self.expect(self.socket.delete(path), 204)
        for method in ("GET", "DELETE"):
            self.expect(self.socket.request(method, path), 404, "user_not_found")
        self.expect(self.socket.send("PATCH", path, {}), 404, "user_not_found")
        self.expect(self.client.login("made"), 401)

    def test_pages_go_through_all_users_in_order(self):
        ids = sorted(self.made()["id"] for _ in range(5))
        seen, after = [], 0
        while after is not None:
            page = self.expect(self.socket.get("/admin/users?limit=2&after=%d" % after), 200).json
            self.assertLessEqual(len(page["users"]), 2)
            seen += [user["id"] for user in page["users"]]
            after = page["next"]
        self.assertEqual(seen, sorted(seen))
        self.assertEqual(len(seen), len(set(seen)))
        self.assertTrue(set(ids) <= set(seen))

    def test_a_user_is_found_by_any_spelling_of_its_names(self):
        user = self.made(username="Grüße%d" % fresh_number())
        for name in (user["email"].upper(), user["username"]):
            query = "/admin/users?login=" + "".join("%%%02x" % b for b in name.encode())
            found = self.expect(self.socket.get(query), 200).json
            self.assertEqual(found, {"users": [user], "next": None})
        self.assertEqual(self.expect(self.socket.get("/admin/users?login=nobody"), 200).json, {"users": [], "next": None})

    def test_disabling_and_a_new_password_end_sessions_at_once(self):
        for change in ({"enabled": False}, {"password": "another battery 9 pony"},
                       {"password_hash": "$2b$04$abcdefghijklmnopqrstuuKqVLqFkYbzPtYQxNd3dpUGXmvGxYt5u"}):
            with self.subTest(change):
                user = self.made()
                tokens = self.logged_in(user["email"])
                changed = self.expect(self.socket.send("PATCH", "/admin/users/%d" % user["id"], change), 200).json
                self.assertEqual(changed["sessions"], 0)
                self.assertEqual(changed["gate"]["reason"], "disabled" if "enabled" in change else "password_change")
                self.expect(self.client.refresh(tokens["refresh_token"]), 401, "session_revoked")
                self.expect(self.client.me(tokens["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.login(user["email"]), 401)  # the last one's hash is of another password
        self.assertEqual(changed["hash"], "bcrypt 4")

    def test_enabling_lets_in_again_but_revives_nothing(self):
        user = self.made()
        tokens = self.logged_in(user["email"])
        path = "/admin/users/%d" % user["id"]
        self.expect(self.socket.send("PATCH", path, {"enabled": False}), 200)
        self.expect(self.client.login(user["email"]), 401, "login_failed")
        self.assertTrue(self.expect(self.socket.send("PATCH", path, {"enabled": True}), 200).json["enabled"])
        self.expect(self.client.refresh(tokens["refresh_token"]), 401, "session_revoked")
        self.logged_in(user["email"])

    def test_an_imported_hash_lets_in(self):
        for hashed in (passlib.hash.pbkdf2_sha256.using(rounds=1000).hash(PASSWORD),
                       passlib.hash.bcrypt.using(rounds=4).hash(PASSWORD)):
            email = fresh_email()
            made = self.expect(self.socket.post("/admin/users", {"email": email, "password_hash": hashed}), 201).json
            self.assertNotIn(hashed, json.dumps(made))
            self.logged_in(email)

    def test_hashes_of_every_other_system_let_in_and_become_ours(self):
        password = "correct horse battery staple"
        vectors = (pathlib.Path(__file__).parent.parent / "core" / "password_vectors.hpp").read_text(encoding="utf-8")
        stored = re.findall(r'\{"%s"sv, "([^"]+)"sv\}' % password, vectors)
        kinds = {}
        for hashed in stored:
            email = fresh_email()
            made = self.expect(self.socket.post("/admin/users", {"email": email, "password_hash": hashed}), 201).json
            kinds.setdefault(made["hash"], email)
            self.expect(self.client.login(email, password + "!"), 401)
            self.expect(self.client.login(email, password), 200)
            path = "/admin/users/%d" % made["id"]
            self.assertEqual(self.expect(self.socket.get(path), 200).json["hash"], "argon2id m=64,t=1,p=1", hashed)
        for kind in ("scrypt ln=10,r=8,p=1", "scrypt ln=10,r=8,p=5", "pbkdf2-sha512 1000", "pbkdf2-sha256 1000", "bcrypt 4",
                     "bcrypt-sha256 4", "argon2id m=64,t=2,p=2"):
            self.assertIn(kind, kinds)

    def test_what_is_not_acceptable_is_named_and_changes_nothing(self):
        user = self.made(username="keeper%d" % fresh_number())
        good = {"email": "fine@example.com", "password": PASSWORD}
        rows = (({"password": PASSWORD}, ["email"]), ({"email": "a@b.example"}, ["password"]),
                ({**good, "password_hash": "$2b$04$" + "a" * 53}, ["password"]), ({**good, "email": "nobody"}, ["email"]),
                ({"email": "a@b.example", "password_hash": "md5"}, ["password_hash"]), ({**good, "password": "short"}, ["password"]),
                ({**good, "roles": "ops"}, ["roles"]), ({**good, "roles": [1]}, ["roles"]),
                ({**good, "roles": ["a", "a"]}, ["roles"]), ({**good, "roles": [""]}, ["roles"]),
                ({**good, "roles": ["x" * 129]}, ["roles"]), ({**good, "roles": ["r%d" % n for n in range(65)]}, ["roles"]),
                ({**good, "is_superuser": "yes"}, ["is_superuser"]), ({**good, "enabled": 1}, ["enabled"]),
                ({**good, "username": "a@b"}, ["username"]), ({**good, "first_name": "\u0007"}, ["first_name"]))
        for body, fields in rows:
            with self.subTest(body):
                for reply in (self.socket.post("/admin/users", body),):
                    self.expect(reply, 422, "validation_failed")
                    self.assertEqual([error["field"] for error in reply.json["errors"]], fields)
        self.expect(self.socket.post("/admin/users", {"email": user["email"], "password": PASSWORD}), 409, "email_taken")
        clash = {"email": fresh_email(), "username": user["username"].upper(), "password": PASSWORD}
        self.expect(self.socket.post("/admin/users", clash), 409, "username_taken")
        path = "/admin/users/%d" % user["id"]
        other = self.made()
        self.expect(self.socket.send("PATCH", path, {"email": other["email"]}), 409, "email_taken")
        self.expect(self.socket.send("PATCH", path, {"username": other["email"]}), 422)
        self.expect(self.socket.send("PATCH", path, {"password": PASSWORD, "password_hash": "x"}), 422)
        self.assertEqual(self.expect(self.socket.get(path), 200).json, user)
        for query in ("limit=0", "limit=1001", "limit=x", "after=-1", "after=%00", "login=a&limit=2", "limit=1&limit=2"):
            self.assertIn(self.socket.get("/admin/users?" + query).status, (400, 422), query)
        for bad in ("0", "01", "-1", "x", "99999999999999999999", "1%20"):
            self.assertIn(self.socket.get("/admin/users/" + bad).status, (400, 404), bad)
        self.expect(self.socket.request("POST", "/admin/users", b"{", {"Content-Type": "application/json"}), 400)
        self.expect(self.socket.request("POST", "/admin/users", b"{}", {"Content-Type": "text/plain"}), 415)

    def test_concurrent_edits_lose_nothing(self):
        user = self.made()
        path = "/admin/users/%d" % user["id"]
        changes = [{"first_name": "F"}, {"surname": "S"}, {"roles": ["r"]}, {"email_verified": True}, {"username": "u%d" % user["id"]}]
        with concurrent.futures.ThreadPoolExecutor(len(changes)) as pool:
            done = [pool.submit(lambda c: self.socket_of().send("PATCH", path, c), change) for change in changes]
            for reply in done:
                self.expect(reply.result(), 200)
        now = self.expect(self.socket.get(path), 200).json
        for change in changes:
            for name, value in change.items():
                self.assertEqual(now[name], value)

    def socket_of(self):
        return SocketClient(self.socket.path)

    def test_changes_survive_a_crash(self):
        with Pawld() as server:
            admin = SocketClient(os.path.join(server.data_dir, "admin.sock"))
            user = self.expect(admin.post("/admin/users", {"email": "a@example.com", "password": PASSWORD}), 201).json
            gone = self.expect(admin.post("/admin/users", {"email": "b@example.com", "password": PASSWORD}), 201).json
            disabled = self.expect(admin.send("PATCH", "/admin/users/%d" % user["id"], {"enabled": False, "roles": ["x"]}), 200)
            self.expect(admin.delete("/admin/users/%d" % gone["id"]), 204)
            server.restart(how=9)
            self.assertEqual(self.expect(admin.get("/admin/users"), 200).json, {"users": [disabled.json], "next": None})


class SessionsTest(AdminCase):
    def test_sessions_are_listed_with_why_they_ended(self):
        user = self.made()
        first, second = self.logged_in(user["email"]), self.logged_in(user["email"])
        family = unpack_refresh(first["refresh_token"])[2]
        self.expect(self.client.logout(second["refresh_token"]), 204)
        listed = self.expect(self.socket.get("/admin/sessions?user_id=%d" % user["id"]), 200).json
        states = {session["id"]: (session["status"], session["alive"], session["why_not_alive"]) for session in listed}
        self.assertEqual(states[family], ("live", True, None))
        self.assertEqual(states[unpack_refresh(second["refresh_token"])[2]], ("logout", False, "logout"))
        self.expect(self.socket.delete("/admin/sessions/" + family), 204)
        self.expect(self.client.refresh(first["refresh_token"]), 401, "session_revoked")
        one = self.expect(self.socket.get("/admin/families/" + family), 200).json
        self.assertEqual((one["status"], one["why_not_alive"], one["word"]["status"]), ("admin", "admin", "admin"))
        self.assertEqual((one["user_id"], one["client"], one["user_enabled"]), (user["id"], "pawl", True))
        self.expect(self.socket.delete("/admin/sessions/" + family), 204)  # dead already: as it is
        for unknown in ("0" * 32, "x", family.upper()):
            self.expect(self.socket.delete("/admin/sessions/" + unknown), 404, "session_not_found")
            self.expect(self.socket.get("/admin/families/" + unknown), 404, "session_not_found")
        self.expect(self.socket.get("/admin/sessions"), 422, "validation_failed")
        self.expect(self.socket.get("/admin/sessions?user_id=999999"), 404, "user_not_found")

    def test_logout_ends_all_of_a_user(self):
        user = self.made()
        tokens = [self.logged_in(user["email"]) for _ in range(3)]
        self.expect(self.socket.post("/admin/logout", {"user_id": user["id"]}), 204)
        for token in tokens:
            self.expect(self.client.refresh(token["refresh_token"]), 401, "session_revoked")
        listed = self.expect(self.socket.get("/admin/sessions?user_id=%d" % user["id"]), 200).json
        self.assertEqual({session["why_not_alive"] for session in listed}, {"logout_all"})
        self.expect(self.socket.post("/admin/logout", {"user_id": 999999}), 404, "user_not_found")
        self.expect(self.socket.post("/admin/logout", {"user_id": "1"}), 422)

    def test_a_token_is_minted_for_a_user(self):
        user = self.made()
        tokens = self.expect(self.socket.post("/admin/tokens", {"user_id": user["id"], "client": "ops laptop"}), 201).json
        self.assertEqual(self.expect(self.client.me(tokens["access_token"]), 200).json["id"], user["id"])
        self.assertEqual(self.expect(self.client.get("/sessions", tokens["access_token"]), 200).json[0]["user_agent"], "ops laptop")
        self.rotated(tokens["refresh_token"])
        self.expect(self.socket.post("/admin/tokens", {"user_id": 999999}), 404, "user_not_found")
        self.expect(self.socket.post("/admin/tokens", {"user_id": user["id"], "client": "a\nb"}), 422)
        self.expect(self.socket.send("PATCH", "/admin/users/%d" % user["id"], {"enabled": False}), 200)
        self.expect(self.socket.post("/admin/tokens", {"user_id": user["id"]}), 404, "user_not_found")

    def test_a_token_is_verified_without_changing_anything(self):
        user = self.made()
        tokens = self.logged_in(user["email"])
        family = unpack_refresh(tokens["refresh_token"])[2]
        before = self.expect(self.socket.get("/admin/families/" + family), 200).json

        def verify(token):
            return self.expect(self.socket.post("/admin/tokens/verify", {"token": token}), 200).json

        report = verify(tokens["access_token"])
        self.assertEqual((report["kind"], report["genuine"], report["why_not"], report["alive"]), ("access", True, None, True))
        self.assertEqual(report["claims"], token_parts(tokens["access_token"])[1])
        report = verify(tokens["refresh_token"])
        self.assertEqual((report["kind"], report["genuine"], report["family"], report["generation"], report["user_id"]),
                         ("refresh", True, family, 0, user["id"]))
        self.assertEqual(self.expect(self.socket.get("/admin/families/" + family), 200).json, before, "not even hints")
        tampered = tokens["refresh_token"][:-1] + ("A" if tokens["refresh_token"][-1] != "A" else "Q")
        for bad, kind in ((tampered, "refresh"), (tokens["access_token"][:-4] + "AAAA", "access"), ("x", "unknown"), ("", "unknown")):
            report = verify(bad)
            self.assertEqual((report["kind"], report["genuine"], report["alive"], report["family"]), (kind, False, False, None))
            self.assertTrue(report["why_not"])
        self.rotated(tokens["refresh_token"])
        self.expect(self.client.logout(tokens["refresh_token"]), 204)
        report = verify(tokens["refresh_token"])
        self.assertEqual((report["genuine"], report["alive"], report["why_not_alive"], report["current_generation"]),
                         (True, False, "logout", 1))


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class KeysTest(AdminCase):
    def keys(self):
        return self.expect(self.socket.get("/admin/keys"), 200).json

    def jwks(self):
        return [key["kid"] for key in self.expect(self.client.get("/.well-known/jwks.json"), 200).json["keys"]]

    def signing(self, listed=None):
        """kids of the signing keys by what they are for now."""
        found = {}
        for key in (listed or self.keys())["signing"]:
            found.setdefault(key["status"], []).append(key["kid"])
        return found

    def kid_of_a_login(self):
        return token_parts(self.logged_in()["access_token"])[0]["kid"]

    def test_a_signing_key_is_published_before_it_signs(self):
        tokens = self.logged_in()
        old = self.signing()["signing"][0]
        listed = self.expect(self.socket.post("/admin/keys/rotate", {"kind": "signing"}), 200).json
        self.assertEqual(self.signing(listed)["signing"], [old])
        new = self.signing(listed)["next"][0]
        max_age = int(re.search(r"max-age=(\d+)", self.client.get("/.well-known/jwks.json").headers["cache-control"]).group(1))
        self.assertEqual(set(self.jwks()) & {old, new}, {old, new})  # from the answer on
        key = [key for key in listed["signing"] if key["kid"] == new][0]
        lead = int(seconds_of(key["from"]) - seconds_of(key["created_at"]))
        self.assertGreaterEqual(lead, 2 * max_age)
        self.assertEqual(self.kid_of_a_login(), old)
        tokens = self.rotated(tokens["refresh_token"])
        self.assertEqual(token_parts(tokens["access_token"])[0]["kid"], old)
        self.expect(self.socket.post("/admin/keys/retire", {"kid": old}), 409, "key_active")
        self.client.advance(lead - 60)
        self.assertEqual(self.kid_of_a_login(), old)
        self.client.advance(60)  # and nothing else: no restart, no signal
        self.addCleanup(self.client.advance, -lead)
        self.assertEqual(self.kid_of_a_login(), new)
        tokens = self.rotated(tokens["refresh_token"])
        self.assertEqual(token_parts(tokens["access_token"])[0]["kid"], new)
        self.assertEqual(self.signing()["signing"], [new])
        self.expect(self.socket.post("/admin/keys/retire", {"kid": new}), 409, "key_active")
        self.expect(self.socket.post("/admin/keys/retire", {"kid": old}), 200)
        self.assertNotIn(old, self.jwks())

    def test_a_published_key_signs_after_a_restart_and_can_be_taken_back_before(self):
        with Pawld(dev=False) as server:
            admin = SocketClient(os.path.join(server.data_dir, "admin.sock"))
            first = self.signing(admin.get("/admin/keys").json)["signing"][0]
            one = self.signing(self.expect(admin.post("/admin/keys/rotate", {"kind": "signing"}), 200).json)["next"][0]
            two = self.signing(admin.post("/admin/keys/rotate", {"kind": "signing"}).json)["next"]
            self.assertEqual((len(two), two[0]), (2, one))
            server.restart()
            found = self.expect(admin.get("/admin/keys"), 200).json
            self.assertEqual(self.signing(found), {"signing": [first], "next": two})
            self.expect(admin.post("/admin/keys/retire", {"kid": one}), 200)
            listed = self.expect(admin.post("/admin/keys/rotate", {"kind": "signing", "now": True}), 200).json
            self.assertEqual(self.signing(listed)["verifying"], [first, two[1]])
            self.assertNotIn("next", self.signing(listed))

    def test_only_the_algorithm_in_use_gets_a_key(self):
        before = self.keys()
        for alg in ("RS256", "HS256"):
            refused = self.expect(self.socket.post("/admin/keys/rotate", {"kind": "signing", "alg": alg}), 422).json
            self.assertEqual([error["field"] for error in refused["errors"]], ["alg"])
        self.assertEqual(self.keys(), before)
        in_use = self.socket.get("/admin/info").json["algorithm"]
        listed = self.expect(self.socket.post("/admin/keys/rotate", {"kind": "signing", "alg": in_use, "now": True}), 200).json
        self.assertEqual(len(listed["signing"]), len(before["signing"]) + 1)

    def test_signing_keys_rotate_and_retire(self):
        tokens = self.logged_in()
        old = [key["kid"] for key in self.keys()["signing"] if key["status"] == "signing"][0]
        listed = self.expect(self.socket.post("/admin/keys/rotate", {"kind": "signing", "now": True}), 200).json
        self.assertEqual(listed, self.keys())
        new = [key["kid"] for key in listed["signing"] if key["status"] == "signing"][0]
        self.assertNotEqual(old, new)
        self.assertEqual(set(self.jwks()) & {old, new}, {old, new})
        self.expect(self.client.me(tokens["access_token"]), 200)  # of the key before
        fresh = self.rotated(tokens["refresh_token"])
        self.assertEqual(token_parts(fresh["access_token"])[0]["kid"], new)
        self.expect(self.socket.post("/admin/keys/retire", {"kid": new}), 409, "key_active")
        self.expect(self.socket.post("/admin/keys/retire", {"kid": "unknown"}), 404, "key_not_found")
        self.expect(self.socket.post("/admin/keys/retire", {"kid": old}), 200)
        self.assertNotIn(old, self.jwks())
        self.expect(self.client.me(tokens["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.me(fresh["access_token"]), 200)
        self.server.restart()
        self.client = Client(self.server.url)
        self.assertEqual(self.jwks()[-1], new)
        with open(os.path.join(self.server.data_dir, "keys.json"), encoding="ascii") as file:
            self.assertNotIn(old, file.read())

    def test_refresh_keys_rotate_and_retire(self):
        tokens = self.logged_in()
        old = unpack_refresh(tokens["refresh_token"])[1]
        listed = self.expect(self.socket.post("/admin/keys/rotate", {"kind": "refresh"}), 200).json
        new = [key["id"] for key in listed["refresh"] if key["mints"]][0]
        self.assertNotEqual(old, new)
        fresh = self.rotated(tokens["refresh_token"])  # of the key before: still good
        self.assertEqual(unpack_refresh(fresh["refresh_token"])[1], new)
        self.expect(self.socket.post("/admin/keys/retire", {"refresh_id": new}), 409, "key_active")
        self.expect(self.socket.post("/admin/keys/retire", {"refresh_id": old}), 409, "key_in_use")
        other = self.logged_in()
        self.expect(self.socket.post("/admin/keys/rotate", {"kind": "refresh"}), 200)
        self.client.advance(91 * 86400)
        self.addCleanup(self.client.advance, -91 * 86400)
        self.expect(self.socket.post("/admin/keys/retire", {"refresh_id": old}), 200)  # no one can have a token of it any more
        self.client.advance(-91 * 86400)
        self.expect(self.socket.post("/admin/keys/retire", {"refresh_id": new}), 409, "key_in_use")
        self.expect(self.socket.post("/admin/keys/retire", {"refresh_id": new, "force": True}), 200)
        self.expect(self.client.refresh(other["refresh_token"]), 401, "invalid_refresh_token")
        self.expect(self.socket.post("/admin/keys/retire", {"refresh_id": 200}), 404, "key_not_found")
        self.client.advance(91 * 86400)

    def test_a_refresh_key_is_kept_for_the_longest_session_whatever_todays_ttl_is(self):
        with Pawld("--refresh-absolute-ttl", "90d", "--refresh-idle-ttl", "90d") as server:
            client, email = Client(server.url), fresh_email()
            client.sign_up(email)
            tokens = client.login(email).json
            socket_path = os.path.join(server.data_dir, "admin.sock")
            self.expect(SocketClient(socket_path).post("/admin/keys/rotate", {"kind": "refresh"}), 200)
            server.options[1::2] = ["5d", "5d"]
            server.restart()
            client, admin = Client(server.url), SocketClient(socket_path)
            client.advance(6 * 86400)
            old = unpack_refresh(tokens["refresh_token"])[1]
            refused = self.expect(admin.post("/admin/keys/retire", {"refresh_id": old}), 409, "key_in_use").json
            claims = token_parts(tokens["access_token"])[1]
            session, = [s for s in admin.get("/admin/sessions?user_id=" + claims["sub"]).json if s["id"] == claims["sid"]]
            self.assertIn("until " + session["expires_at"], refused["detail"])
            fresh = self.expect(client.refresh(tokens["refresh_token"]), 200).json
            self.expect(admin.post("/admin/keys/retire", {"refresh_id": old}), 409, "key_in_use")
            self.expect(client.logout(fresh["refresh_token"]), 204)  # now there is none that could hold one
            self.expect(admin.post("/admin/keys/retire", {"refresh_id": old}), 200)

    def test_bad_requests_change_no_key(self):
        before = self.keys()
        for body in ({"kind": "log"}, {"kind": 1}, {"kind": "signing", "now": "yes"}, {"kind": "refresh", "now": True},
                     {"kind": "capsule", "now": True}, {"kind": "capsule", "alg": "ES256"}):
            self.expect(self.socket.post("/admin/keys/rotate", body), 422)
        for body in ({}, {"kid": "x", "refresh_id": 1}, {"refresh_id": 256}, {"refresh_id": "1"}, {"kid": "x", "force": 1},
                     {"capsule_id": 256}, {"capsule_id": "1"}, {"capsule_id": 1, "refresh_id": 1}, {"capsule_id": 1, "kid": "x"},
                     {"capsule_id": 1, "force": True}):
            self.expect(self.socket.post("/admin/keys/retire", body), 422)
        self.assertEqual(self.keys(), before)
        self.assertNotIn('"d"', json.dumps(before))

    def test_there_is_an_end_of_keys(self):
        with Pawld("--algorithm", "EdDSA") as server:
            admin = SocketClient(os.path.join(server.data_dir, "admin.sock"))
            for _ in range(15):
                self.expect(admin.post("/admin/keys/rotate", {"kind": "signing"}), 200)
            self.expect(admin.post("/admin/keys/rotate", {"kind": "signing"}), 409, "too_many_keys")

    def test_keys_that_are_not_the_servers_to_write(self):
        with Pawld(env={"SECRET_KEY": "0123456789abcdef0123456789abcdef"}) as server:
            admin = SocketClient(os.path.join(server.data_dir, "admin.sock"))
            self.assertEqual(self.expect(admin.get("/admin/keys"), 200).json["signing"],
                             [{"kid": "SECRET_KEY", "alg": "HS256", "status": "signing", "created_at": None, "from": None}])
            self.expect(admin.post("/admin/keys/rotate", {"kind": "signing"}), 409, "signing_key_external")
            self.expect(admin.post("/admin/keys/rotate", {"kind": "refresh"}), 200)
            self.assertEqual([key["id"] for key in admin.get("/admin/keys").json["capsule"]], [0])
            server.stop()
            credentials = os.path.join(server.home, "credentials")
            os.mkdir(credentials)
            os.rename(os.path.join(server.data_dir, "keys.json"), os.path.join(credentials, "keys.json"))
            server.env["CREDENTIALS_DIRECTORY"] = credentials
            server.start()
            self.expect(admin.post("/admin/keys/rotate", {"kind": "refresh"}), 409, "key_file_read_only")
            self.expect(admin.post("/admin/keys/rotate", {"kind": "capsule"}), 409, "key_file_read_only")
            self.assertEqual([key["id"] for key in admin.get("/admin/keys").json["capsule"]], [0])

    def test_a_secret_key_that_sighup_changed_outlives_a_rotation(self):
        with Pawld() as server:
            server.stop()
            dotenv = os.path.join(server.home, ".env")

            def write(letter):
                with open(dotenv, "w", encoding="ascii") as file:
                    file.write("SECRET_KEY=%s\nALGORITHM=HS256\n" % (letter * 32))

            write("a")
            server.start()
            admin, client = SocketClient(os.path.join(server.data_dir, "admin.sock")), Client(server.url)
            user = self.expect(admin.post("/admin/users", {"email": "a@example.com", "password": PASSWORD}), 201).json
            old = self.expect(client.login(user["email"]), 200).json["access_token"]
            write("b")
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda: client.me(old).status == 401)
            self.expect(admin.post("/admin/keys/rotate", {"kind": "refresh"}), 200)
            self.expect(client.me(old), 401, "invalid_access_token")
            self.expect(client.me(self.expect(client.login(user["email"]), 200).json["access_token"]), 200)


class StorageTest(AdminCase):
    def test_snapshots_are_taken_while_serving(self):
        self.logged_in()
        taken = self.expect(self.socket.post("/admin/snapshot"), 200).json
        self.assertGreater(taken["lsn"], 1)
        listed = self.expect(self.socket.get("/admin/snapshots"), 200).json
        self.assertEqual((listed[0]["lsn"], listed[0]["size"]), (taken["lsn"], taken["bytes"]))
        self.assertEqual(os.stat(os.path.join(self.server.data_dir, listed[0]["name"])).st_size, taken["bytes"])
        self.assertTrue(listed[0]["time"])
        again = self.expect(self.socket.post("/admin/snapshot"), 200).json
        self.assertEqual((again["lsn"], again["bytes"]), (taken["lsn"], taken["bytes"]), "nothing was logged since")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            self.signed_up()
            clients = [SocketClient(self.socket.path) for _ in range(6)]
            statuses = sorted(reply.status for reply in pool.map(lambda c: c.post("/admin/snapshot"), clients))
        self.assertEqual(statuses[0], 200)
        self.assertTrue(set(statuses) <= {200, 409}, statuses)
        self.server.restart(how=9)

    def test_a_timeline_says_why_a_session_ended(self):
        user = self.made()
        first = self.logged_in(user["email"])
        family = unpack_refresh(first["refresh_token"])[2]
        self.rotated(first["refresh_token"])
        self.expect(self.socket.delete("/admin/sessions/" + family), 204)
        line = self.expect(self.socket.get("/admin/timeline/" + family), 200).json
        self.assertEqual((line["family"], line["known"], line["alive"], line["cause"]), (family, True, False, "admin"))
        kinds = [moment["kind"] for moment in line["moments"]]
        self.assertEqual(kinds[:2], ["created", "rotated"])
        self.assertIn("ended", kinds)
        self.expect(self.socket.get("/admin/timeline/" + "0" * 32), 404, "session_not_found")
        self.expect(self.socket.get("/admin/timeline/x"), 404, "session_not_found")

    def test_figures_add_up(self):
        self.server.restart()
        self.client = Client(self.server.url)
        self.logged_in()
        stats = self.expect(self.socket.get("/admin/stats"), 200).json
        self.assertEqual(stats["families"], sum(stats["families_by_status"].values()))
        self.assertGreaterEqual(stats["users"], 1)
        self.assertFalse(stats["recovery"]["fresh"])


def fresh_number():
    return int(fresh_email()[4:].split("@")[0])


if __name__ == "__main__":
    main()
