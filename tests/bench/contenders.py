"""Who is measured: a process on loopback that can be started, given users and chains of tokens, watched and stopped."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

import procfs

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READY_SECONDS_MAX = 300
STOP_SECONDS_MAX = 120
SEEDING_AT_ONCE = 4
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
CORES = os.cpu_count() or 1


class Work:
    """One kind of request as the Lua scripts want it: `script` and the members of its specification. `chains` is how
    many token chains it needs for a number of connections (None: none)."""

    def __init__(self, script, spec, chains=None):
        self.script, self.spec, self.chains = script, spec, chains or (lambda connections: 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Contender:
    """`name` for the record, `group` for the tables. A subclass says how to start it and what it can do."""
    name, group, port = "", "", 0

    def __init__(self):
        self.process, self.directory, self.users = None, None, 0

    def start(self, directory):
        """Fresh data in `directory`; milliseconds from fork to ready."""
        raise NotImplementedError

    def works(self):
        """{name of work: function(connections) -> Work}."""
        raise NotImplementedError

    def pids(self):
        return procfs.tree(self.process.pid) if self.process else []

    def database_pids(self):
        """Processes that work for it without being its children."""
        return []

    def counters(self):
        """Counts of its own that only grow, for differences over a load."""
        return {}

    def settings(self):
        return ""

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None

    def log_file(self):
        return open(os.path.join(self.directory, "log"), "ab")

    def last_words(self):
        path = os.path.join(self.directory, "log")
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")[-2000:] if os.path.exists(path) else ""

    def call(self, method, path, body=None, headers=None, connection=None):
        """(status, body) of one request."""
        own = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            own.request(method, path, body, headers or {})
            answer = own.getresponse()
            return answer.status, answer.read()
        finally:
            if connection is None:
                own.close()

    def wait_for_200(self, path, since):
        while time.monotonic() - since < READY_SECONDS_MAX:
            if self.process.poll() is not None:
                break
            try:
                if self.call("GET", path)[0] == 200:
                    return (time.monotonic() - since) * 1000
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.001)
        raise RuntimeError("%s did not start: %s" % (self.name, self.last_words()))


class Nginx(Contender):
    """The ceiling: a server that answers with a fixed text."""
    group = "nginx"

    def __init__(self):
        super().__init__()
        self.name = "nginx"

    def settings(self):
        return "`return 200`, %d workers, `reuseport`" % CORES

    def start(self, directory):
        self.directory, self.port = directory, free_port()
        text = (HERE / "nginx.conf.in").read_text()
        for name, value in (("WORKERS", CORES), ("DIRECTORY", directory), ("PORT", self.port)):
            text = text.replace("@%s@" % name, str(value))
        path = pathlib.Path(directory, "nginx.conf")
        path.write_text(text)
        with self.log_file() as log:
            since = time.monotonic()
            self.process = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(path), "-e", "stderr"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self.wait_for_200("/", since)

    def works(self):
        return {"trivial": lambda connections: Work("cycle", {
            "requests": [{"method": "GET", "path": "/"}], "status": 200, "body_has": '"status":"ok"'})}


class Pawl(Contender):
    """pawld with `algorithm` and `durability`; `wrapper` is put before the command, `environment` beside it."""
    group = "Pawl"
    PASSWORD, USERS = "correct horse battery", 16
    # Closed loops with a login in them pile up at the hash threads. All come from one address: without a longer queue and with
    # the limits on attempts (which count those under way) the bench would measure 503s and 429s.
    ROOM = ["--password-queue", "1024", "--login-limit-address", "off", "--login-limit-account", "off"]

    def __init__(self, algorithm="ES256", durability="always", options=(), wrapper=(), environment=None, name=None):
        super().__init__()
        self.algorithm, self.durability = algorithm, durability
        self.options, self.wrapper, self.environment = list(options), list(wrapper), environment or {}
        self.name = name or "Pawl %s %s" % (algorithm, durability)
        self.binary = str(ROOT / "build" / "bin" / "pawld")

    def settings(self):
        return "`--algorithm %s --durability %s %s`, all else default" % (self.algorithm, self.durability, " ".join(self.ROOM))

    def start(self, directory):
        self.directory = directory
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PAWL") and k != "SECRET_KEY"}
        environment.update(self.environment)
        if self.algorithm == "HS256":
            environment["PAWL_SECRET_KEY"] = "measured-with-this-and-used-for-nothing-else"
        command = [*self.wrapper, self.binary, "--listen", "127.0.0.1:0", "--data-dir", os.path.join(directory, "data"),
                   "--algorithm", self.algorithm, "--durability", self.durability, *self.ROOM, "--log-level", "warn", *self.options]
        with self.log_file() as log:
            since = time.monotonic()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            env=environment, cwd=directory)
        line = self.process.stdout.readline()
        took = (time.monotonic() - since) * 1000
        if not line:
            self.process.wait()
            raise RuntimeError("%s did not start: %s" % (self.name, self.last_words()))
        self.port = urllib.parse.urlsplit(json.loads(line)["url"]).port
        self.users = 0
        return took

    def emails(self):
        while self.users < self.USERS:
            body = json.dumps({"email": "user%d@example.com" % self.users, "password": self.PASSWORD})
            status, answer = self.call("POST", "/signup", body, JSON)
            if status != 201:
                raise RuntimeError("sign-up: %d %r" % (status, answer))
            self.users += 1
        return ["user%d@example.com" % i for i in range(self.USERS)]

    def chains(self, count):
        """So many logins, each a chain."""
        emails = self.emails()

        def login(number):
            status, answer = self.call("POST", "/login", self.login_body(emails[number % len(emails)]), JSON)
            if status != 200:
                raise RuntimeError("login: %d %r" % (status, answer))
            tokens = json.loads(answer)
            return {"refresh": tokens["refresh_token"], "access": tokens["access_token"]}
        with concurrent.futures.ThreadPoolExecutor(SEEDING_AT_ONCE) as pool:
            return list(pool.map(login, range(count)))

    def login_body(self, email):
        return json.dumps({"email": email, "password": self.PASSWORD})

    def logins(self):
        return [{"method": "POST", "path": "/login", "headers": JSON, "body": self.login_body(email)}
                for email in self.emails()]

    def refresh_spec(self, chains):
        return {"chains": chains, "refresh": {"path": "/refresh", "headers": FORM, "body": "refresh_token=@RT@"},
                "pattern": ["refresh"], "rotates": True, "header": ["Pawl-Refresh", "rotated"]}

    def works(self):
        def bearer(connections):
            chains = self.chains(min(connections, 64))
            return Work("cycle", {"requests": [{"method": "GET", "path": "/users/me", "headers": {
                "Authorization": "Bearer " + chain["access"]}} for chain in chains], "status": 200, "body_has": '"email":"user'})

        def mix(connections):
            spec = self.refresh_spec(self.chains(connections))
            return Work("chain", {**spec, "pattern": mixed_pattern(), "bearer": {"path": "/users/me", "headers": {}},
                                  "bearer_has": '"email":"user', "login": self.logins()})
        return {
            "trivial": lambda connections: Work("cycle", {
                "requests": [{"method": "GET", "path": "/healthz"}], "status": 200, "body_has": '"status":"ok"'}),
            "bearer": bearer,
            "refresh": lambda connections: Work("chain", self.refresh_spec(self.chains(connections))),
            "login": lambda connections: Work("cycle", {
                "requests": self.logins(), "status": 200, "body_has": '"refresh_token":"'}),
            "mix": mix,
        }

    COUNTERS = {"records": "pawl_log_records_total", "batches": "pawl_log_batches_total", "log_bytes": "pawl_log_bytes_total",
                "syncs": "pawl_log_sync_duration_seconds_count", "sync_seconds": "pawl_log_sync_duration_seconds_sum",
                "rotations": 'pawl_refreshes_total{outcome="rotated"}', "hashes": "pawl_password_hashes_total",
                "hash_seconds": "pawl_password_hash_seconds_total", "snapshots": 'pawl_snapshots_total{outcome="ok"}'}

    def metrics(self):
        status, body = self.call("GET", "/metrics")
        if status != 200:
            raise RuntimeError("/metrics: %d" % status)
        rows = (line.rsplit(" ", 1) for line in body.decode().splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def counters(self):
        metrics = self.metrics()
        return {short: metrics[name] for short, name in self.COUNTERS.items()}


def mixed_pattern():
    """80 % bearer, 15 % refresh, 5 % login, spread evenly over 20 requests."""
    pattern = ["bearer"] * 20
    pattern[3] = pattern[10] = pattern[17] = "refresh"
    pattern[7] = "login"
    return pattern
