"""Starts the real binary on a free port with its data in a folder of its own, and ends it whatever happens."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

from support.wait import eventually

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
BINARY = os.environ.get("PAWLD", str(ROOT / "build" / "bin" / "pawld"))
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 30
CHEAP = ["--argon2", "m=64,t=1,p=1"]  # only under --dev


class DidNotStart(Exception):
    """The process ended before it was ready: its exit status and what it wrote to stderr."""

    def __init__(self, status, stderr):
        super().__init__("exit status %s: %s" % (status, stderr))
        self.status, self.stderr = status, stderr


class Pawld:
    """One server process. `with Pawld() as server:` starts it; `restart()` keeps the data."""

    def __init__(self, *options, dev=True, data_dir=None, env=None, cwd=None, listen="127.0.0.1:0", wrapper=()):
        self.options, self.dev, self.env, self.cwd, self.listen = list(options), dev, env or {}, cwd, listen
        self.wrapper = list(wrapper)
        self.descriptors = ()  # of this process, that it inherits
        self.home = tempfile.mkdtemp(prefix="pawl-test-")
        self.data_dir = data_dir or os.path.join(self.home, "data")
        self.process, self.url, self.ready = None, None, None
        self.log_path = os.path.join(self.home, "stderr.log")

    def command(self, *more):
        command = [*self.wrapper, BINARY, "--data-dir", self.data_dir]
        if self.listen and "--listen" not in self.options:
            command += ["--listen", self.listen]
        if self.dev:
            command += ["--dev", *(CHEAP if "--argon2" not in self.options else [])]
        return command + self.options + list(more)

    def start(self, *more):
        assert self.process is None
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PAWL") and k != "SECRET_KEY"}
        environment.update(self.env)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(*more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=log, env=environment, cwd=self.cwd or self.home,
                                            pass_fds=self.descriptors)
        line = self._line(READY_SECONDS_MAX)
        if not line:
            status = self.process.wait(STOP_SECONDS_MAX)
            self.process.stdout.close()
            self.process = None
            raise DidNotStart(status, self.log())
        self.ready = json.loads(line)
        self.url = self.ready["url"]
        return self

    def _line(self, seconds):
        """The first line of stdout, or b'' where the process ended (or said nothing in time)."""
        deadline, line = time.monotonic() + seconds, b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 1) if readable else b""
            if not chunk:
                return b""
            line += chunk
        return line

    def rest_of_stdout(self):
        """Everything it printed after the ready line; only once the process has ended."""
        return self.process.stdout.read()

    def stop(self, how=signal.SIGTERM):
        """Ends the process and returns its exit status (negative: the signal)."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process.stdout.close()
        self.process = None
        return status

    def kill(self):
        return self.stop(signal.SIGKILL)

    def restart(self, *more, how=signal.SIGTERM):
        self.stop(how)
        return self.start(*more)

    def log_with(self, text):
        """The log once a line with `text` is in it: a thread of its own writes them, a moment after what they tell."""
        def written():
            log = self.log()
            return log if text in log and log.endswith("\n") else None
        return eventually(written)

    def log(self):
        try:
            with open(self.log_path, "rb") as log:
                return log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def close(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


def refused_start(*options, **keywords):
    """Starts a server that is expected to refuse: returns (exit status, stderr)."""
    server = Pawld(*options, **keywords)
    try:
        server.start()
    except DidNotStart as refusal:
        return refusal.status, refusal.stderr
    finally:
        server.close()
    raise AssertionError("it started")
