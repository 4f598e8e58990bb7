"""What access tokens say of their user, who may sign up, and what the log tells of the start and of refused logins."""
import base64
import http.client
import json
import os
import pathlib
import re
import socket
import unittest

from support import case
from support.http import Client
from support.pawld import ROOT, Pawld, refused_start

OPERATIONS = pathlib.Path(ROOT, "docs", "operations.md")


class AdminSocket(Client):
    """The same client over the admin socket, a connection a call."""

    def __init__(self, path):
        super().__init__("http://anything.example")
        self.path = path

    def connected(self):
        connection = http.client.HTTPConnection("anything.example", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        connection.sock.connect(self.path)
        return connection


def part(token, index):
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class Claims(case.ServerCase):
    OPTIONS = ("--claims", "email", "--claims", "email_verified", "--claims", "roles", "--claims", "is_superuser",
               "--claims", "username", "--token-type", "JWT")

    def test_tokens_of_login_and_refresh_say_what_is_asked_for(self):
        email = self.signed_up(username="ada")
        token = self.logged_in(email)
        for one in (token, self.rotated(token["refresh_token"])):
            claims = part(one["access_token"], 1)
            self.assertEqual({k: claims[k] for k in ("email", "email_verified", "roles", "is_superuser", "username")},
                             {"email": email, "email_verified": False, "roles": [], "is_superuser": False, "username": "ada"})
            self.assertEqual(part(one["access_token"], 0)["typ"], "JWT")
            self.expect(self.client.me(one["access_token"]), 200)

    def test_dev_tokens_say_it_too(self):
        email = self.signed_up()
        made = self.expect(self.client.post("/dev/tokens", {"user": email}), 201).json
        self.assertEqual(made["claims"]["email"], email)
        self.expect(self.client.me(made["access_token"]), 200)
        wrong = self.expect(self.client.post("/dev/tokens", {"user": email, "flaw": "wrong_type"}), 201).json
        self.expect(self.client.me(wrong["access_token"]), 401)


class ByUsername(case.ServerCase):
    OPTIONS = ("--subject", "username", "--audience", "none")
    KEYWORDS = {"data_dir": ":memory:"}  # whose store has the clock that the test turns

    def test_a_name_that_was_given_up_is_refused_and_rests(self):
        email = self.signed_up(username="grace")
        token = self.logged_in(email)
        claims = part(token["access_token"], 1)
        self.assertEqual(claims["sub"], "grace")
        self.assertNotIn("aud", claims)
        self.expect(self.client.me(token["access_token"]), 200)
        self.expect(self.client.send("PATCH", "/users/me", {"username": "hopper"}, token["access_token"]), 200)
        self.expect(self.client.me(token["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.sign_up(case.fresh_email(), username="grace"), 409, "username_taken")
        fresh = self.rotated(token["refresh_token"])
        self.assertEqual(part(fresh["access_token"], 1)["sub"], "hopper")
        self.expect(self.client.me(fresh["access_token"]), 200)
        self.client.advance(601)
        self.expect(self.client.sign_up(case.fresh_email(), username="grace"), 201)

    def test_a_token_with_an_audience_is_refused(self):
        email = self.signed_up()
        made = self.expect(self.client.post("/dev/tokens", {"user": email, "flaw": "wrong_audience"}), 201).json
        self.expect(self.client.me(made["access_token"]), 401)
        made = self.expect(self.client.post("/dev/tokens", {"user": email}), 201).json
        self.expect(self.client.me(made["access_token"]), 200)


class TooMuch(case.ServerCase):
    OPTIONS = ("--claims", "roles")

    def test_claims_over_four_kib_refuse_the_login_with_a_code(self):
        email = self.signed_up()
        token = self.logged_in(email)
        user = self.expect(self.client.me(token["access_token"]), 200).json
        operator = AdminSocket(os.path.join(self.server.data_dir, "admin.sock"))
        roles = ["%03d" % n + "r" * 120 for n in range(64)]
        self.expect(operator.send("PATCH", "/admin/users/%d" % user["id"], {"roles": roles}), 200)
        self.expect(self.client.login(email), 403, "claims_too_large")
        self.expect(self.client.form("/token", {"username": email, "password": case.PASSWORD}), 400, "invalid_grant")
        self.expect(self.client.refresh(token["refresh_token"]), 403, "claims_too_large")
        self.expect(operator.send("PATCH", "/admin/users/%d" % user["id"], {"roles": []}), 200)
        self.rotated(token["refresh_token"])


class SignUp(case.ServerCase):
    OPTIONS = ("--sign-up", "closed")

    def test_closed_sign_up_is_refused_whatever_the_body_is(self):
        for path in ("/signup", "/api/v1/auth/signup"):
            self.expect(self.client.post(path, {"email": case.fresh_email(), "password": case.PASSWORD}), 403, "sign_up_closed")
            self.expect(self.client.post(path, {}), 403, "sign_up_closed")

    def test_the_root_and_the_docs_say_so(self):
        self.assertEqual(self.client.get("/", Accept="application/json").json["sign_up"], "closed")
        self.assertIn("takes no sign-ups", self.client.get("/", Accept="text/html").body.decode())
        document = self.client.get("/openapi.json").json
        self.assertIn("takes no sign-ups", document["info"]["description"])
        self.assertIn("takes no sign-ups", document["paths"]["/signup"]["post"]["description"])


class SignUpOpen(case.ServerCase):
    def test_nothing_is_said_where_it_is_open(self):
        self.assertEqual(self.client.get("/", Accept="application/json").json["sign_up"], "open")
        self.assertNotIn("takes no sign-ups", self.client.get("/openapi.json").json["info"]["description"])

    def test_dev_takes_the_passwords_of_the_tutorials(self):
        for password in ("secret", "Testing123", "a"):
            self.expect(self.client.sign_up(case.fresh_email(), password), 201)


class Blocklist(unittest.TestCase):
    def test_the_blocklist_can_be_kept_in_development_and_let_go_elsewhere(self):
        with Pawld("--password-blocklist", "on", "--password-min-length", "8") as server:
            client = Client(server.url)
            self.assertEqual(client.sign_up("a@example.com", "password").status, 422)
            self.assertEqual(client.sign_up("a@example.com", "Testing").status, 422)
        with Pawld("--password-blocklist", "off", dev=False) as server:
            self.assertEqual(Client(server.url).sign_up("a@example.com", "password").status, 201)
            self.assertEqual(Client(server.url).sign_up("b@example.com", "secret").status, 422)  # too short
        with Pawld(dev=False) as server:
            self.assertEqual(Client(server.url).sign_up("a@example.com", "password").status, 422)


class StartAndLogins(unittest.TestCase):
    def test_the_start_says_the_algorithm_and_where_it_came_from(self):
        server = Pawld(dev=False)
        self.addCleanup(server.close)
        pathlib.Path(server.home, ".env").write_text("SECRET_KEY=%s\n" % ("k" * 32))
        server.start()
        line = json.loads(next(l for l in server.log_with("keys.algorithm").splitlines() if "keys.algorithm" in l))
        self.assertEqual(line["algorithm"], "HS256")
        self.assertIn(".env SECRET_KEY", line["from"])

    def test_unknown_claims_are_refused_at_the_start(self):
        status, stderr = refused_start("--claims", "surname")
        self.assertEqual(status, 2)
        self.assertIn("--claims", stderr)

    def filters(self):
        """The patterns of the page, as they are, for the line whole and for the line without its time."""
        block = re.search(r"^failregex = (.*?)^```", OPERATIONS.read_text(), re.M | re.S).group(1)
        return [line.strip() for line in block.strip().splitlines()]

    def test_a_refused_login_leaves_a_line_that_the_filter_finds(self):
        for form in ("json", "text"):
            with Pawld("--login-limit-account", "3/5m", "--log-format", form, "--trusted-proxy", "127.0.0.1/32") as server:
                client = Client(server.url)
                client.sign_up("a@example.com", username="ada")
                far = {"X-Forwarded-For": "203.0.113.9"}
                client.form("/token", {"username": 'no"body address=1.2.3.4', "password": "x"}, headers=far)
                for _ in range(4):
                    client.post("/login", {"username": "ada", "password": "wr0ng-secret"}, headers=far)
                log = server.log_with("too_many_attempts")
            lines = [l for l in log.splitlines() if "login.refused" in l]
            self.assertNotIn("wr0ng-secret", log)
            self.assertNotIn("no\"body", log)  # people type passwords where names belong
            found = []
            for line in lines:
                matches = [re.search(f.replace("<HOST>", r"(?P<host>[0-9a-fA-F:.]+)"), line) for f in self.filters()]
                found += [m.group("host") for m in matches if m]
            self.assertEqual(found, ["203.0.113.9"] * len(lines), log)
            self.assertEqual(len(lines), 5, log)
            self.assertIn("ada", lines[1])


if __name__ == "__main__":
    case.main()
