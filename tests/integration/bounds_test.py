"""What one account, one address, one page or a busy first second may use up, seen from outside."""
import http.client
import json
import os
import re
import socket
import threading
import unittest

from support import case
from support.case import PASSWORD, ServerCase
from support.http import Client
from support.pawld import Pawld


class Successes(ServerCase):
    OPTIONS = ("--login-success-limit-account", "5/5m", "--login-success-limit-address", "12/5m")

    def test_logins_and_sign_ups_that_go_well_are_limited_by_account_and_by_address(self):
        first, second = self.signed_up(), self.signed_up()
        for _ in range(5):
            self.expect(self.client.login(first), 200)
        refused = self.expect(self.client.login(first), 429, "too_many_attempts")
        self.assertGreaterEqual(int(refused.headers["Retry-After"]), 1)
        for _ in range(4):
            self.expect(self.client.login(second), 200)
        self.expect(self.client.sign_up("one.more@example.com"), 201)
        self.expect(self.client.sign_up("too.many@example.com"), 429, "too_many_attempts")
        self.expect(self.client.login(second), 429, "too_many_attempts")
        self.client.advance(400)
        self.expect(self.client.login(first), 200)


class DeadSessions(ServerCase):
    OPTIONS = ("--max-sessions", "3")

    def listed_for_operators(self, user):
        class Admin(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(os.path.join(server.data_dir, "admin.sock"))
        server = self.server
        connection = Admin("admin")
        connection.request("GET", "/admin/users/%d/sessions" % user)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def test_few_of_a_users_dead_sessions_are_kept_to_be_looked_at(self):
        email = self.signed_up()
        made = [self.logged_in(email) for _ in range(200)]
        user = self.client.me(made[-1]["access_token"]).json["id"]
        self.assertEqual(len(self.client.get("/sessions", bearer=made[-1]["access_token"]).json), 3)
        # Three live ones, twice as many that are dead, and the few that a walk may meet before it sets them aside.
        self.assertLessEqual(len(self.listed_for_operators(user)), 3 + 6 + 20)
        self.expect(self.client.refresh(made[0]["refresh_token"]), 401, "session_revoked")  # still told why
        self.expect(self.client.refresh(made[-1]["refresh_token"]), 200)


class BehindAUnixSocket(unittest.TestCase):
    STRANGER, OWNER = "203.0.113.9", "198.51.100.1"

    def ask(self, path, body, forwarded_for):
        class Connection(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(where)
        where = self.where
        connection = Connection("id.example")
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", "X-Forwarded-For": forwarded_for})
        status = connection.getresponse().status
        connection.close()
        return status

    def run_with(self, *options):
        server = Pawld("--issuer", "https://id.example", *options, dev=False)
        self.addCleanup(server.close)
        self.where = os.path.join(server.home, "p.sock")
        server.listen = "unix:" + self.where
        server.start()
        account = {"email": "owner@example.com", "password": PASSWORD}
        self.assertEqual(self.ask("/signup", account, self.OWNER), 201)
        guesses = [self.ask("/login", {**account, "password": "wrong %d" % i}, self.STRANGER) for i in range(12)]
        owner = self.ask("/login", account, self.OWNER)
        return guesses, owner, server

    def test_a_stranger_shuts_no_owner_out(self):
        guesses, owner, server = self.run_with()
        self.assertEqual(owner, 200)
        self.assertEqual(set(guesses), {401})  # they can't be told apart
        self.assertEqual(server.log_with("proxy.not_trusted").count("proxy.not_trusted"), 1)
        self.assertIn("--trusted-proxy unix", server.log())

    def test_a_proxy_that_is_trusted_there_tells_them_apart(self):
        guesses, owner, server = self.run_with("--trusted-proxy", "unix")
        self.assertEqual(owner, 200)
        self.assertEqual(guesses, [401] * 10 + [429] * 2)
        self.assertNotIn("proxy.not_trusted", server.log())


class TheFirstSecond(unittest.TestCase):
    def test_a_new_directory_that_is_ready_can_go_on_in_a_second_segment(self):
        with Pawld() as server:
            segments = [n for n in os.listdir(server.data_dir) if re.fullmatch(r"wal-[0-9a-f]{16}\.log", n)]
            self.assertGreaterEqual(len(segments), 3, segments)  # the first, the next, one for repair

    def test_no_login_is_refused_while_the_log_grows(self):
        with Pawld() as server:
            Client(server.url).sign_up("a@example.com")
            seen = []

            def work():
                client = Client(server.url, keep=True)
                seen.extend(client.login("a@example.com").status for _ in range(300))
                client.close()

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(set(seen), {200})


class ForeignPages(ServerCase):
    KEYWORDS = {"data_dir": ":memory:"}

    def test_they_make_no_realms(self):
        for name, headers in (("a", {"Origin": "https://evil.example"}), ("b", {"Sec-Fetch-Site": "cross-site"}),
                              ("c", {"Origin": "null"}), ("d", {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"})):
            self.expect(self.client.request("GET", "/t/%s/healthz" % name, None, headers), 403, "forbidden_origin")
            self.expect(self.client.request("POST", "/t/%s/login" % name, b"{}", headers), 403, "forbidden_origin")
        self.assertEqual(self.client.get("/dev/realms").json, [])

    def test_pages_of_the_developers_own_do(self):
        for name, headers in (("e", {}), ("f", {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "cross-site"}),
                              ("g", {"Sec-Fetch-Site": "same-origin"}), ("h", {"Sec-Fetch-Site": "none"})):
            self.expect(self.client.request("GET", "/t/%s/healthz" % name, None, headers), 200)
        self.expect(self.client.request("GET", "/t/e/healthz", None, {"Origin": "https://evil.example"}), 200)  # it was there
        for name in "efgh":
            self.expect(self.client.delete("/dev/realms/" + name), 204)


if __name__ == "__main__":
    case.main()
