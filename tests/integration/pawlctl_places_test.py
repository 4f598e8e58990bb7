"""Where pawlctl finds a server, and what it says where there is none, or the wrong one, or data that can't be opened."""
import crypt
import hashlib
import http.server
import os
import pathlib
import resource
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

from support import case
from support.case import PASSWORD
from support.http import Client
from support.pawld import Pawld
from support.pawlctl import on_terminal, pawlctl
from support.ports import free_port

ISSUER = "http://auth.example"
BCRYPT = crypt.crypt(PASSWORD, "$2b$04$abcdefghijklmnopqrstuu")


def fingerprint(directory):
    """Every file of a directory with its bytes, but the lock."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(pathlib.Path(directory).iterdir()) if path.is_file() and path.name != "LOCK"}


class Terminal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Pawld("--issuer", ISSUER)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def ask(self, *arguments, answers):
        return on_terminal(*arguments, answers=answers, data_dir=self.server.data_dir)

    def test_a_password_is_asked_for_twice_and_never_shown(self):
        done = self.ask("user", "add", "ann@example.com",
                        answers=[("New password", PASSWORD + "\n"), ("Once more", PASSWORD + "\n")])
        self.assertEqual(done.status, 0, done)
        self.assertNotIn(PASSWORD, done.out)
        self.assertEqual(Client(self.server.url).login("ann@example.com").status, 200)

    def test_two_that_differ_change_nothing(self):
        done = self.ask("user", "add", "ben@example.com",
                        answers=[("New password", PASSWORD + "\n"), ("Once more", PASSWORD + "x\n")])
        self.assertEqual(done.status, 2, done)
        self.assertIn("differ", done.out)

    def test_interrupting_the_question_gives_the_terminal_back(self):
        done = self.ask("user", "add", "cat@example.com", answers=[("New password", "\x03")])
        self.assertEqual(done.status, -2, done)

    def test_removing_asks_first(self):
        pawlctl("user", "add", "dan@example.com", "--password-stdin", stdin=PASSWORD, data_dir=self.server.data_dir)
        done = self.ask("user", "rm", "dan@example.com", answers=[("[y/N]", "n\n")])
        self.assertEqual(done.status, 1, done)
        done = self.ask("user", "rm", "dan@example.com", answers=[("[y/N]", "y\n")])
        self.assertEqual(done.status, 0, done)
        self.assertEqual(pawlctl("user", "show", "dan@example.com", data_dir=self.server.data_dir).status, 1)


class Url(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Pawld()
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        add = ["--password-stdin"]
        pawlctl("user", "add", "root@example.com", "--superuser", *add, stdin=PASSWORD, data_dir=cls.server.data_dir)
        pawlctl("user", "add", "plain@example.com", *add, stdin=PASSWORD, data_dir=cls.server.data_dir)
        client = Client(cls.server.url)
        cls.admin = client.login("root@example.com").json["access_token"]
        cls.plain = client.login("plain@example.com").json["access_token"]

    def remote(self, *arguments, token=None, url=None, **keywords):
        return pawlctl("--url", url or self.server.url, *arguments, env={"PAWLCTL_TOKEN": token or self.admin}, **keywords)

    def test_an_administrators_token_may(self):
        local = pawlctl("--json", "user", "ls", data_dir=self.server.data_dir)
        away = self.remote("--json", "user", "ls")
        self.assertEqual((away.status, away.out), (0, local.out))

    def test_the_token_may_be_in_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.admin + "\n")
            file.flush()
            done = pawlctl("--url", self.server.url, "--token-file", file.name, "--json", "info")
        self.assertEqual(done.json["pid"], self.server.ready["pid"])

    def test_others_may_not(self):
        for token, code in ((self.plain, "not_admin"), ("forged", "invalid_access_token")):
            done = self.remote("user", "ls", token=token)
            self.assertEqual(done.status, 1, done)
            self.assertIn(code, done.err)

    def test_bad_urls_and_tokens_are_usage(self):
        for url in ("ftp://x", "127.0.0.1:8080", "http://user:pw@127.0.0.1/", "http://127.0.0.1/?x=1", "http://"):
            self.assertEqual(self.remote("info", url=url).status, 2, url)
        self.assertEqual(self.remote("info", token="a b").status, 2)
        self.assertEqual(pawlctl("--url", self.server.url, "info").status, 2)
        self.assertEqual(pawlctl("--url", self.server.url, "--token-file", "/nowhere", "info").status, 2)

    def test_nobody_there_is_76(self):
        done = self.remote("info", url="http://127.0.0.1:%d" % free_port())
        self.assertEqual(done.status, 76, done)
        self.assertEqual(self.remote("info", url="http://no-such-host.invalid").status, 76)

    def test_something_else_there_is_76(self):
        for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n",
                       b"SSH-2.0-x\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{"):
            with stub(answer) as url:
                done = self.remote("info", url=url)
            self.assertEqual(done.status, 76, (answer, done))
            self.assertEqual(done.err.count("\n"), 1, done)

    def test_https_is_verified(self):
        home = tempfile.mkdtemp(prefix="pawl-tls-")
        self.addCleanup(shutil.rmtree, home)
        certificate, key = home + "/cert.pem", home + "/key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=pawl test", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        with tls_front(self.server.url, certificate, key) as port:
            url = "https://127.0.0.1:%d" % port
            done = self.remote("--ca-file", certificate, "--json", "info", url=url)
            self.assertEqual(done.status, 0, done)
            self.assertEqual(done.json["pid"], self.server.ready["pid"])
            untrusted = self.remote("info", url=url)
            self.assertEqual(untrusted.status, 76, untrusted)
            self.assertIn("certificate", untrusted.err)
            other_name = self.remote("--ca-file", certificate, "info", url="https://localhost:%d" % port)
            self.assertEqual(other_name.status, 76, other_name)
        self.assertEqual(self.remote("--ca-file", key, "info", url="https://127.0.0.1:1").status, 2)


class stub:
    """A server that answers anything with these bytes, then closes."""

    def __init__(self, answer):
        self.answer = answer

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return "http://127.0.0.1:%d" % self.socket.getsockname()[1]

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(self.answer)

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


class tls_front:
    """TLS in front of a server: hands each request on and its answer back."""

    def __init__(self, url, certificate, key):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                reply = Client(url).get(self.path, Authorization=self.headers["Authorization"])
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self.server.server_address[1]

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class BadPlaces(unittest.TestCase):
    """One line, its own exit code, nothing changed."""

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="pawl-test-")
        self.addCleanup(shutil.rmtree, self.home)

    def stopped(self, *options):
        server = Pawld("--issuer", ISSUER, *options)
        self.addCleanup(server.close)
        server.start()
        Client(server.url).sign_up("ann@example.com")
        server.stop()
        return server

    def refused(self, status, *arguments, unchanged=None, **keywords):
        before = fingerprint(unchanged) if unchanged else None
        done = pawlctl(*arguments, **keywords)
        self.assertEqual(done.status, status, done)
        self.assertEqual(done.err.count("\n"), 1, done)
        self.assertEqual(done.out, "")
        if unchanged:
            self.assertEqual(fingerprint(unchanged), before)
        return done

    def test_no_data_there(self):
        missing = self.home + "/missing"
        self.refused(2, "user", "ls", data_dir=missing)
        self.assertFalse(os.path.exists(missing))
        self.refused(2, "user", "ls", data_dir=self.home)
        self.assertEqual(os.listdir(self.home), [])

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_the_directory_of_another_user(self):
        server = self.stopped()
        os.chmod(server.home, 0o711)
        done = self.refused(2, "user", "ls", data_dir=server.data_dir, preexec=lambda: os.setuid(65534))
        self.assertIn("another user's", done.err)

    def test_locked_by_a_server_without_an_admin_socket(self):
        with Pawld("--admin-socket", "none") as server:
            done = self.refused(75, "user", "ls", data_dir=server.data_dir)
            self.assertIn(str(server.ready["pid"]), done.err)

    def test_the_wrong_key_file(self):
        server, other = self.stopped(), self.stopped()
        self.refused(67, "user", "ls", "--key-file", other.data_dir + "/keys.json", data_dir=server.data_dir,
                     unchanged=server.data_dir)
        os.rename(server.data_dir + "/keys.json", self.home + "/keys.json")
        self.refused(67, "user", "ls", data_dir=server.data_dir, unchanged=server.data_dir)
        self.refused(67, "token", "verify", "--offline", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", data_dir=server.data_dir)
        os.chmod(self.home + "/keys.json", 0o644)
        self.refused(67, "user", "ls", "--key-file", self.home + "/keys.json", data_dir=server.data_dir)

    def test_the_key_files_own_algorithm_is_taken(self):
        server = self.stopped("--algorithm", "EdDSA")
        before = pathlib.Path(server.data_dir, "keys.json").read_bytes()
        self.assertEqual(pawlctl("user", "ls", data_dir=server.data_dir).status, 0)
        self.assertEqual(pathlib.Path(server.data_dir, "keys.json").read_bytes(), before)

    def test_a_damaged_directory(self):
        server = self.stopped()
        for name in ("MANIFEST.a", "MANIFEST.b"):
            path = pathlib.Path(server.data_dir, name)
            data = bytearray(path.read_bytes())
            data[100] ^= 1
            path.write_bytes(data)
        done = self.refused(65, "user", "ls", data_dir=server.data_dir, unchanged=server.data_dir)
        self.assertIn("MANIFEST.a", done.err)

    def test_no_room_to_write(self):
        server = self.stopped()

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        done = pawlctl("user", "add", "bob@example.com", "--password-stdin", stdin=PASSWORD, data_dir=server.data_dir,
                       preexec=limit)
        self.assertEqual(done.status, 70, done)
        self.assertEqual(done.out, "")
        self.assertEqual(done.err.strip().count("\n"), 0, done)
        listed = pawlctl("--json", "user", "ls", data_dir=server.data_dir)
        self.assertEqual([u["email"] for u in listed.lines], ["ann@example.com"])

    def test_tokens_need_an_issuer_that_is_known(self):
        server = self.stopped()
        for listen in ("127.0.0.1:0", "localhost:0"):
            done = pawlctl("token", "mint", "1", data_dir=server.data_dir, env={"PAWL_LISTEN": listen})
            self.assertEqual((done.status, done.out), (2, ""), done)
            self.assertIn("PAWL_ISSUER", done.err)

    def test_a_stale_socket_is_no_server(self):
        server = Pawld("--issuer", ISSUER)
        self.addCleanup(server.close)
        server.start()
        server.kill()
        self.assertTrue(os.path.exists(server.data_dir + "/admin.sock"))
        self.assertEqual(pawlctl("user", "ls", data_dir=server.data_dir).status, 0)


class Hash(unittest.TestCase):
    def test_a_hash_is_checked(self):
        made = pawlctl("hash", "check", "--json", stdin="%s\n%s\n" % (BCRYPT, "wrong"))
        self.assertEqual((made.status, made.json["matches"], made.json["hash"]), (1, False, "bcrypt 4"))
        self.assertEqual(pawlctl("hash", "check", stdin="%s\n%s\n" % (BCRYPT, PASSWORD)).status, 0)
        self.assertEqual(pawlctl("hash", "check", stdin="md5:no\nx\n").status, 2)
        self.assertEqual(pawlctl("hash", "check", stdin=BCRYPT + "\n").status, 2)

    def test_costs_are_measured(self):
        done = pawlctl("hash", "--json", "--runs", "1", "--budget", "60000")
        self.assertEqual(done.status, 0, done)
        self.assertIn(done.json["recommended"], [row["argon2"] for row in done.json["costs"]])
        self.assertTrue(all(row["cpu_us"] > 0 for row in done.json["costs"]))


if __name__ == "__main__":
    case.main()
