"""Starting, refusing to start, and stopping: the ready line, exit codes, signals."""
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import threading
import unittest

from support import case
from support.http import Client, raw
from support.pawlctl import pawlctl
from support.pawld import BINARY, Pawld, refused_start


def run(*options, env=None, cwd=None):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PAWL")}
    return subprocess.run([BINARY, *options], env={**environment, **(env or {})}, cwd=cwd or "/", stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)


class Options(unittest.TestCase):
    def refused(self, *options, names=(), env=None):
        status, stderr = refused_start(*options, dev=False, env=env)
        self.assertEqual(status, 2, stderr)
        self.assertEqual(len(stderr.strip().splitlines()), 1, stderr)
        for name in names:
            self.assertIn(name, stderr)

    def test_help_and_version(self):
        text = run("--help")
        self.assertEqual(text.returncode, 0)
        for option in ("--listen", "--data-dir", "--key-file", "--issuer", "--allowed-host", "--audience", "--algorithm",
                       "--access-token-ttl", "--refresh-idle-ttl", "--refresh-absolute-ttl", "--reuse-window",
                       "--lost-response-window", "--strict", "--durability", "--sync-interval", "--ahead",
                       "--login-limit-account", "--login-limit-address", "--trusted-proxy", "--max-sessions", "--argon2",
                       "--password-threads", "--password-queue", "--threads", "--snapshot-interval", "--snapshot-min-bytes",
                       "--snapshot-log-bytes", "--dev", "--log-level", "--log-format", "--config", "--print-config",
                       "--reset-clock"):
            self.assertIn(option, text.stdout)
        self.assertIn("0.1.0", run("--version").stdout)

    def test_one_line_names_the_option_the_value_and_the_rule(self):
        self.refused("--no-such-option", names=["--no-such-option"])
        self.refused("--access-token-ttl", "x", names=["--access-token-ttl", "x"])
        self.refused("--access-token-ttl", "30d", "--refresh-idle-ttl", "1d", names=["--access-token-ttl"])
        self.refused("--reuse-window", "61s", names=["--reuse-window", "61"])
        self.refused("--lost-response-window", "301s", names=["--lost-response-window"])
        self.refused("--refresh-absolute-ttl", "3000d", names=["--refresh-absolute-ttl"])
        self.refused("--durability", "interval", "--ahead", "revoke", names=["--ahead", "--durability"])
        self.refused("--algorithm", "none", names=["--algorithm", "none"])
        self.refused("--algorithm", "HS256", names=["SECRET_KEY"])
        self.refused("--argon2", "m=8,t=1,p=1", names=["--argon2"])
        self.refused("--listen", "0.0.0.0:0", names=["--issuer"])
        self.refused(env={"PAWL_NO_SUCH": "1"}, names=["PAWL_NO_SUCH"])
        self.refused(env={"PAWL_ACCESS_TOKEN_TTL": "-1"}, names=["PAWL_ACCESS_TOKEN_TTL"])
        self.refused(env={"PAWL_PORT_8080": "1"}, names=["PAWL_PORT_8080"])

    def test_starts_beside_a_service_of_kubernetes_called_pawl(self):
        service = {"SERVICE_HOST": "10.0.0.1", "SERVICE_PORT": "8080", "SERVICE_PORT_HTTP": "8080",
                   "PORT": "tcp://10.0.0.1:8080", "PORT_8080_TCP": "tcp://10.0.0.1:8080", "PORT_8080_TCP_PROTO": "tcp",
                   "PORT_8080_TCP_PORT": "8080", "PORT_8080_TCP_ADDR": "10.0.0.1"}
        given = {prefix + name: value for prefix in ("PAWL_", "PAWL_ADMIN_") for name, value in service.items()}
        with Pawld(dev=False, env=given) as server:
            self.assertEqual(Client(server.url).get("/readyz").status, 200)
            self.assertEqual(pawlctl("info", data_dir=server.data_dir, env=given).status, 0)

    def test_dev_refuses_any_other_address(self):
        status, stderr = refused_start("--issuer", "http://localhost:1", listen="0.0.0.0:0")
        self.assertEqual(status, 2, stderr)

    def test_print_config_says_where_values_come_from_and_no_secret(self):
        secret = "0123456789abcdef0123456789abcdef"
        text = run("--print-config", "--data-dir", "/nonexistent", env={"SECRET_KEY": secret, "PAWL_ACCESS_TOKEN_TTL": "5m"})
        self.assertEqual(text.returncode, 0, text.stderr)
        self.assertNotIn(secret, text.stdout + text.stderr)
        line = next(l for l in text.stdout.splitlines() if "access-token-ttl" in l)
        self.assertIn("PAWL_ACCESS_TOKEN_TTL", line)

    def test_precedence_is_command_line_environment_file_dot_env(self):
        server = Pawld("--print-config", dev=False)
        self.addCleanup(server.close)
        home = pathlib.Path(server.home)
        (home / ".env").write_text("PAWL_MAX_SESSIONS=1\nPAWL_AUDIENCE=dotenv\nPAWL_ISSUER=http://dotenv.example\n"
                                   "ACCESS_TOKEN_EXPIRE_MINUTES=11\nUNRELATED=1\n")
        (home / "pawl.toml").write_text('max-sessions = 2\naudience = "file"\nrefresh-idle-ttl = "3d"\n')
        text = run("--print-config", "--config", "pawl.toml", "--max-sessions", "4", env={"PAWL_MAX_SESSIONS": "3"}, cwd=home)
        self.assertEqual(text.returncode, 0, text.stderr)
        found = {name: next(l for l in text.stdout.splitlines() if name in l)
                 for name in ("max-sessions", "audience", "issuer", "refresh-idle-ttl", "access-token-ttl")}
        self.assertRegex(found["max-sessions"], r"\b4\b")
        self.assertIn("file", found["audience"])
        self.assertIn("dotenv", found["issuer"])
        (home / "pawl.toml").write_text('no-such-key = 2\n')
        self.assertEqual(run("--print-config", "--config", "pawl.toml", cwd=home).returncode, 2)


class Ready(unittest.TestCase):
    def test_exactly_one_line_on_stdout(self):
        with Pawld(dev=False) as server:
            self.assertEqual(set(server.ready), {"ready", "url", "pid", "version"})
            self.assertEqual((server.ready["ready"], server.ready["pid"]), (True, server.process.pid))
            self.assertEqual(Client(server.url).get("/readyz").status, 200)
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(30), 0)
            self.assertEqual(server.rest_of_stdout(), b"")

    def test_files_are_private(self):
        with Pawld(dev=False) as server:
            self.assertEqual(stat.S_IMODE(os.stat(server.data_dir).st_mode), 0o700)
            for name in os.listdir(server.data_dir):
                self.assertEqual(stat.S_IMODE(os.stat(os.path.join(server.data_dir, name)).st_mode), 0o600, name)

    def test_unix_socket(self):
        server = Pawld("--issuer", "http://localhost", dev=False, listen=None)
        self.addCleanup(server.close)
        path = os.path.join(server.home, "pawl.sock")
        server.listen = "unix:" + path
        server.start()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 200"))
        self.assertEqual(server.stop(), 0)


class Refusals(unittest.TestCase):
    def test_a_second_server_on_one_directory(self):
        with Pawld(dev=False) as server:
            status, stderr = refused_start(dev=False, data_dir=server.data_dir)
            self.assertEqual(status, 75, stderr)
            self.assertIn(str(server.process.pid), stderr)
            self.assertEqual(Client(server.url).get("/readyz").status, 200)

    def test_readable_by_others(self):
        server = Pawld(dev=False)
        self.addCleanup(server.close)
        server.start()
        server.stop()
        key_file = os.path.join(server.data_dir, "keys.json")
        os.chmod(key_file, 0o640)
        status, stderr = refused_start(dev=False, data_dir=server.data_dir)
        self.assertNotEqual(status, 0)
        self.assertIn("keys.json", stderr)
        os.chmod(key_file, 0o600)
        os.chmod(server.data_dir, 0o755)
        status, stderr = refused_start(dev=False, data_dir=server.data_dir)
        self.assertNotEqual(status, 0)
        self.assertIn(server.data_dir, stderr)

    def test_a_missing_key_file_and_a_foreign_one(self):
        server, other = Pawld(dev=False), Pawld(dev=False)
        for one in (server, other):
            self.addCleanup(one.close)
            one.start()
            one.stop()
        key_file = os.path.join(server.data_dir, "keys.json")
        with open(key_file, "rb") as file:
            keys = file.read()
        os.unlink(key_file)
        status, stderr = refused_start(dev=False, data_dir=server.data_dir)
        self.assertEqual(status, 67, stderr)
        self.assertFalse(os.path.exists(key_file))
        with open(os.path.join(other.data_dir, "keys.json"), "wb") as file:
            file.write(keys)
        self.assertEqual(refused_start(dev=False, data_dir=other.data_dir)[0], 67)

    def test_damage_has_its_own_exit_code_and_a_line_that_says_where(self):
        server = Pawld(dev=False)
        self.addCleanup(server.close)
        server.start()
        client = Client(server.url)
        client.sign_up("a@example.com")
        token = client.login("a@example.com").json
        for _ in range(5):
            token = client.refresh(token["refresh_token"]).json
        server.stop()
        log = next(n for n in sorted(os.listdir(server.data_dir)) if n.startswith("wal-"))
        path = os.path.join(server.data_dir, log)
        with open(path, "r+b") as file:
            file.seek(4096 + 100)
            byte = file.read(1)
            file.seek(4096 + 100)
            file.write(bytes([byte[0] ^ 1]))
        status, stderr = refused_start(dev=False, data_dir=server.data_dir)
        self.assertEqual(status, 65, stderr)
        self.assertIn(log, stderr)
        self.assertIn("4096", stderr)
        self.assertIn("pawlctl", stderr)


    def test_no_key_file_is_left_in_a_directory_that_is_refused(self):
        server = Pawld(dev=False)
        self.addCleanup(server.close)
        os.mkdir(server.data_dir, 0o755)
        self.assertEqual(refused_start(dev=False, data_dir=server.data_dir)[0], 2)
        self.assertEqual(os.listdir(server.data_dir), [])
        os.chmod(server.data_dir, 0o700)
        with open(os.path.join(server.data_dir, "wal-0000000000000001.log"), "wb") as file:
            file.write(b"x" * 10000)  # data without manifests
        keys = os.path.join(server.home, "keys", "keys.json")
        os.mkdir(os.path.dirname(keys))
        for options in ((), ("--key-file", keys)):
            status, stderr = refused_start(*options, dev=False, data_dir=server.data_dir)
            self.assertEqual(status, 65, stderr)
            self.assertNotIn("keys.json", os.listdir(server.data_dir))
            self.assertFalse(os.path.exists(keys))
            self.assertNotIn("keys.created", stderr)  # nor is one said to be there
        os.unlink(os.path.join(server.data_dir, "wal-0000000000000001.log"))
        server.start()  # and what is good gets one
        self.assertIn("keys.json", os.listdir(server.data_dir))
        server.log_with("keys.created")  # and is said to be there

    def test_a_segment_with_a_far_number_is_named_at_once(self):
        server = Pawld(dev=False)
        self.addCleanup(server.close)
        server.start()
        server.stop()
        with open(os.path.join(server.data_dir, "wal-ffffffffffffffff.log"), "wb") as file:
            file.write(b"x" * 10000)
        status, stderr = refused_start(dev=False, data_dir=server.data_dir)
        self.assertEqual(status, 65, stderr)
        self.assertIn("pawlctl salvage --accept-loss SRC DEST", stderr)


class StandardDescriptors(unittest.TestCase):
    """Started with some of descriptors 0 to 2 closed, as some supervisors do."""

    def test_no_file_gets_their_numbers_and_the_log_stays_whole(self):
        for closed in ("2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-", "0<&- 1>&-"):
            with self.subTest(closed=closed):
                server = Pawld(dev=False)
                self.addCleanup(server.close)
                ready = os.path.join(server.home, "ready.json")
                command = [*server.command("--ready-file", ready)]
                environment = {k: v for k, v in os.environ.items() if not k.startswith("PAWL") and k != "SECRET_KEY"}
                process = subprocess.Popen(["sh", "-c", 'exec "$@" ' + closed, "sh", *command], env=environment,
                                           cwd=server.home, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                try:
                    case.eventually(lambda path=ready: os.path.exists(path))
                    with open(ready) as file:
                        url = json.load(file)["url"]
                    for fd in range(3):
                        self.assertEqual(os.readlink("/proc/%d/fd/%d" % (process.pid, fd)), "/dev/null")
                    self.assertEqual(Client(url).sign_up("a@example.com").status, 201)
                    Client(url).login("a@example.com", "wrong wrong wrong")
                finally:
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(process.wait(30), 0)
                server.start()
                self.assertEqual(Client(server.url).login("a@example.com").status, 200)

    def test_pawlctl_does_not_say_that_it_printed_to_a_closed_stdout(self):
        server = Pawld(dev=False)
        self.addCleanup(server.close)
        server.start()
        server.stop()
        pawlctl = os.environ.get("PAWLCTL", os.path.join(os.path.dirname(BINARY), "pawlctl"))
        done = subprocess.run(["sh", "-c", 'exec "$@" 1>&-', "sh", pawlctl, "stats", "--data-dir", server.data_dir],
                              env={k: v for k, v in os.environ.items() if not k.startswith("PAWL") and k != "SECRET_KEY"},
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 70, done.stderr)


class Stopping(unittest.TestCase):
    def test_sigterm_finishes_what_is_in_flight_and_loses_nothing(self):
        with Pawld("--argon2", "m=19456,t=2,p=1", "--login-limit-address", "100000/1s") as server:
            client = Client(server.url)
            self.assertEqual(client.sign_up("a@example.com").status, 201)
            replies = []
            threads = [threading.Thread(target=lambda: replies.append(Client(server.url).login("a@example.com").status))
                       for _ in range(8)]
            for thread in threads:
                thread.start()
            metrics = lambda: Client(server.url).get("/metrics").body
            case.eventually(lambda: b"password" in metrics())
            server.process.send_signal(signal.SIGTERM)
            for thread in threads:
                thread.join()
            self.assertEqual(server.process.wait(30), 0, server.log())

    def test_sigint_too_and_a_clean_stop_replays_nothing_wrong(self):
        with Pawld(dev=False) as server:
            client = Client(server.url)
            client.sign_up("a@example.com")
            self.assertEqual(server.stop(signal.SIGINT), 0, server.log())
            server.start()
            self.assertEqual(Client(server.url).login("a@example.com").status, 200)

    def test_sighup_takes_a_changed_key_file(self):
        with Pawld(dev=False) as server:
            client = Client(server.url)
            kids = [key["kid"] for key in client.get("/.well-known/jwks.json").json["keys"]]
            path = os.path.join(server.data_dir, "keys.json")
            with Pawld(dev=False) as other:
                with open(os.path.join(other.data_dir, "keys.json"), encoding="utf-8") as file:
                    foreign = json.load(file)
            with open(path, encoding="utf-8") as file:
                keys = json.load(file)
            for key in keys["signing"]:
                key["status"] = "verifying"
            keys["signing"] += foreign["signing"]
            with open(path, "w", encoding="utf-8") as file:
                json.dump(keys, file)
            server.process.send_signal(signal.SIGHUP)
            both = set(kids) | {key["kid"] for key in foreign["signing"]}
            case.eventually(lambda: {k["kid"] for k in client.get("/.well-known/jwks.json").json["keys"]} == both)
            with open(path, "w", encoding="utf-8") as file:
                file.write("{")
            server.process.send_signal(signal.SIGHUP)
            case.eventually(lambda: "keys.json" in server.log())
            self.assertEqual({k["kid"] for k in client.get("/.well-known/jwks.json").json["keys"]}, both)

    def test_a_client_that_hangs_does_not_hold_up_the_stop(self):
        with Pawld(dev=False) as server:
            with socket.create_connection((Client(server.url).host, Client(server.url).port)) as idle:
                idle.sendall(b"GET / HTTP/1.1\r\n")
                self.assertEqual(server.stop(), 0, server.log())


class Secrets(unittest.TestCase):
    def test_no_secret_is_anywhere_but_where_it_belongs(self):
        password = "canary-password-7d1f"
        with Pawld("--log-level", "debug") as server:
            client = Client(server.url)
            client.sign_up("a@example.com", password)
            client.login("a@example.com", password + "-wrong")
            token = client.login("a@example.com", password).json
            token2 = client.refresh(token["refresh_token"]).json
            client.me(token2["access_token"])
            client.post("/users/me/password", {"current_password": password, "new_password": password + "-new"},
                        token2["access_token"])
            raw(server.url, b"GET /?password=" + password.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            metrics = client.get("/metrics").body
            server.stop()
            secrets = [password.encode()] + [t[k].encode() for t in (token, token2) for k in ("access_token", "refresh_token")]
            places = {"log": server.log().encode(), "metrics": metrics}
            for name in os.listdir(server.data_dir):
                with open(os.path.join(server.data_dir, name), "rb") as file:
                    places[name] = file.read()
            for place, content in places.items():
                for secret in secrets:
                    self.assertNotIn(secret, content, place)

    def test_what_a_client_sends_cannot_forge_a_log_line(self):
        with Pawld("--log-level", "debug", "--log-format", "json") as server:
            client = Client(server.url)
            client.post("/login", {"username": 'admin\n{"level":"forged"}', "password": "x"})
            client.request("GET", "/%0a%0d", headers={"User-Agent": "\x1b[31mred"})
            server.stop()
            for line in server.log().splitlines():
                self.assertNotEqual(json.loads(line).get("level"), "forged")
            self.assertNotIn("\x1b", server.log())


if __name__ == "__main__":
    case.main()
