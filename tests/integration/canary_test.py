"""Secrets planted on purpose are looked for everywhere but where they belong: log, data, metrics, answers, memory."""
import base64
import glob
import json
import os
import pathlib
import secrets
import shutil
import ssl
import subprocess
import tempfile
import unittest

from support.case import main
from support.http import Client
from support.pawld import Pawld

SANITIZED = "PAWL_SANITIZED" in os.environ
TOKEN_PIECE = 24  # characters of a token's end: enough to be it and no other


def forms_of(secret):
    """A secret as it is, in hex, and in base64 of both alphabets, whose first and last characters depend on the place."""
    forms = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(b"\0" * shift + secret).rstrip(b"=")[4 if shift else 0:-4])
    return forms


def written_pages(data):
    """Without the pages that are all zeros, which are most of a core and of a log segment."""
    nothing = bytes(4096)
    pages = (data[at:at + len(nothing)] for at in range(0, len(data), len(nothing)))
    return b"".join(page for page in pages if page != nothing)


class Canaries:
    """The secrets so far, by name."""

    def __init__(self):
        self.planted = {}

    def password(self, name):
        text = "pw-" + secrets.token_hex(12)
        self.planted[name] = forms_of(text.encode())
        return text

    def token(self, name, text):
        self.planted[name] = {text[-TOKEN_PIECE:].encode()}
        return text

    def key(self, name, encoded):
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        self.planted[name] = forms_of(raw) | {encoded.encode()}

    def found_in(self, data):
        data = written_pages(data)
        return sorted(name for name, forms in self.planted.items() if any(form in data for form in forms))


class CanaryCase(unittest.TestCase):
    ENVIRONMENT = {}
    OPTIONS = ()

    def setUp(self):
        self.canaries = Canaries()
        self.server = Pawld("--log-level", "debug", "--snapshot-interval", "1s", "--snapshot-min-bytes", "0", *self.OPTIONS,
                            dev=False, env=self.ENVIRONMENT)
        self.addCleanup(self.server.close)
        self.server.start()
        self.client = Client(self.server.url)
        self.key_file = pathlib.Path(self.server.data_dir, "keys.json")

    def tokens_of(self, name, reply):
        self.assertEqual(reply.status, 200, reply)
        tokens = reply.json
        self.canaries.token(name + " access", tokens["access_token"])
        self.canaries.token(name + " refresh", tokens["refresh_token"])
        return tokens

    def plant_keys(self):
        def walk(path, value):
            if isinstance(value, dict):
                for name, inner in value.items():
                    walk(path + "." + name, inner)
            elif isinstance(value, list):
                for number, inner in enumerate(value):
                    walk("%s[%d]" % (path, number), inner)
            elif path.endswith((".d", ".key")):
                self.canaries.key(path, value)
        walk("key file", json.loads(self.key_file.read_text()))
        self.assertGreater(len(self.canaries.planted), 2)

    def drive(self):
        """Every route, what it accepts and what it refuses, with secrets in every place where a client may put one."""
        client, canaries = self.client, self.canaries
        first, second, wrong = (canaries.password(name) for name in ("password", "new password", "wrong password"))
        self.assertEqual(client.sign_up("a@example.com", first).status, 201)
        self.assertEqual(client.sign_up("a@example.com", wrong).status, 409)
        self.assertEqual(client.sign_up("nobody", wrong).status, 422)
        self.assertEqual(client.login("a@example.com", wrong).status, 401)
        self.assertEqual(client.login(canaries.password("password typed as a name"), wrong).status, 401)
        one = self.tokens_of("first", client.login("a@example.com", first))
        two = self.tokens_of("second", client.refresh(one["refresh_token"]))
        self.assertEqual(client.refresh(one["refresh_token"]).status, 200)  # replayed: the same successor
        three = self.tokens_of("third", client.refresh(two["refresh_token"]))
        form = {"grant_type": "password", "username": "a@example.com", "password": first}
        four = self.tokens_of("form", client.form("/token", form))
        self.assertEqual(client.form("/token", {**form, "password": wrong}).status, 400)
        access = four["access_token"]
        self.assertEqual(client.me(access).status, 200)
        self.assertEqual(client.get("/sessions", bearer=access).status, 200)
        self.assertEqual(client.post("/users/me/password", {"current_password": wrong, "new_password": second},
                                     bearer=access).status // 100, 4)
        self.assertEqual(client.post("/users/me/password", {"current_password": first, "new_password": second},
                                     bearer=access).status, 204)
        self.assertEqual(client.refresh(one["refresh_token"]).status, 401)
        self.assertEqual(client.refresh(three["refresh_token"]).status, 401)
        five = self.tokens_of("after the change", client.login("a@example.com", second))
        self.misplace(one["refresh_token"], five, wrong)
        self.assertEqual(client.logout(five["refresh_token"]).status, 204)
        self.assertEqual(client.me(five["access_token"]).status, 401)
        for _ in range(12):
            status = client.login("a@example.com", wrong).status
        self.assertEqual(status, 429)

    def misplace(self, refresh, tokens, password):
        """Where no secret belongs, and in what can't be parsed."""
        client, bearer = self.client, {"Authorization": "Bearer " + tokens["access_token"]}
        basic = {"Authorization": "Basic " + base64.b64encode(("a@example.com:" + password).encode()).decode()}
        cookie = {"Cookie": "session=" + refresh}
        json_type, form_type = {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}
        for path in ("/login", "/signup", "/token", "/refresh", "/logout", "/logout/all", "/users/me", "/users/me/password",
                     "/sessions", "/readyz", "/metrics", "/", "/nowhere", "/docs", "/admin/users", "/admin/info", "/dev/clock"):
            for method in ("GET", "POST", "DELETE", "PATCH", "PUT"):
                if (method, path) in (("DELETE", "/users/me"), ("POST", "/logout/all"), ("DELETE", "/sessions")):
                    continue
                query = path + "?password=%s&refresh_token=%s" % (password, refresh)
                for body, headers in ((None, bearer), (None, {**basic, **cookie}),
                                      (('{"email":"a@example.com","password":"%s"' % password).encode(), json_type),
                                      (('{"refresh_token":"%s","%s":1}' % (refresh, password)).encode(), json_type),
                                      (("refresh_token=%s&password=%%zz%s" % (refresh, password)).encode(), form_type),
                                      (password.encode(), {"Content-Type": "text/plain"})):
                    self.assertNotEqual(client.request(method, query, body, headers).status // 100, 5)
        for token in (refresh, tokens["access_token"][:-3] + "AAA", password, "prt_" + password):
            self.assertIn(client.refresh(token).status, (400, 401, 422))
            self.assertEqual(client.me(token).status, 401)

    def everywhere_but_memory(self):
        """(where, bytes)"""
        yield "metrics", self.client.get("/metrics").body
        self.server.stop()  # what is buffered is written, and a last snapshot maybe
        yield "log", pathlib.Path(self.server.log_path).read_bytes()
        names = [name for name in glob.glob(self.server.data_dir + "/**", recursive=True) if os.path.isfile(name)]
        self.assertGreater(len(names), 2)
        for name in names:
            if pathlib.Path(name) != self.key_file:
                yield name, pathlib.Path(name).read_bytes()

    def test_no_secret_is_where_it_does_not_belong(self):
        self.plant_keys()
        self.drive()
        looked_at = 0
        for where, data in self.everywhere_but_memory():
            self.assertEqual(self.canaries.found_in(data), [], where)
            looked_at += len(data)
        self.assertGreater(looked_at, 100_000)

    def test_the_search_finds_what_is_there(self):
        self.plant_keys()
        self.assertNotEqual(self.canaries.found_in(self.key_file.read_bytes()), [])
        planted = self.canaries.password("planted")
        for form in (planted.encode(), base64.b64encode(b"x" + planted.encode() + b"yz"), planted.encode().hex().encode()):
            self.assertEqual(self.canaries.found_in(b"..." + form + b"..."), ["planted"])


class WithSharedSecret(CanaryCase):
    SECRET = "sk-" + secrets.token_hex(24)
    ENVIRONMENT = {"SECRET_KEY": SECRET}

    def setUp(self):
        super().setUp()
        self.canaries.planted["SECRET_KEY"] = forms_of(self.SECRET.encode())


@unittest.skipIf(SANITIZED or not shutil.which("gcore") or os.geteuid() != 0,
                 "a core is made by root with gdb's gcore, of a build without sanitizers")
class Memory(CanaryCase):
    """Keys must be in memory, or nothing could be signed. What clients sent and got must not, once it is answered."""

    def core(self):
        prefix = os.path.join(self.server.home, "core")
        done = subprocess.run(["gcore", "-o", prefix, str(self.server.process.pid)], capture_output=True, text=True, timeout=300,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return pathlib.Path("%s.%d" % (prefix, self.server.process.pid)).read_bytes()

    def test_no_secret_is_where_it_does_not_belong(self):
        self.drive()
        core = self.core()
        self.assertIn(b"a@example.com", core)  # it is a core of this server
        self.assertEqual(self.canaries.found_in(core), [])

    test_the_search_finds_what_is_there = None


class MemoryOverTls(Memory):
    def setUp(self):
        place = tempfile.mkdtemp(prefix="pawl-canary-")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        base = os.path.join(place, "server")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", base + ".key", "-out", base + ".pem"],
                       check=True, capture_output=True, timeout=60)
        self.OPTIONS = ("--tls-cert", base + ".pem", "--tls-key", base + ".key")
        super().setUp()
        self.client = Client(self.server.url, tls=ssl.create_default_context(cafile=base + ".pem"))


if __name__ == "__main__":
    main()
