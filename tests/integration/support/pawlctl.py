"""Runs the real pawlctl: without a terminal, or on one of its own."""
import json
import os
import pty
import select
import signal
import subprocess
import time

from support.pawld import ROOT

BINARY = os.environ.get("PAWLCTL", str(ROOT / "build" / "bin" / "pawlctl"))
SECONDS_MAX = 120


class Done:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def json(self):
        """The one JSON value on stdout."""
        return json.loads(self.out)

    @property
    def lines(self):
        """The JSON values on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self):
        return "<%s out=%r err=%r>" % (self.status, self.out[:2000], self.err[:2000])


def environment(more=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PAWL") and k != "SECRET_KEY"}
    return {**clean, "LC_ALL": "C.UTF-8", **(more or {})}


def pawlctl(*arguments, data_dir=None, stdin="", env=None, cwd="/", preexec=None, wrapper=()):
    """One command; `stdin` is its standard input, no terminal. `wrapper` is a command that runs it."""
    command = [*wrapper, BINARY, *(["--data-dir", data_dir] if data_dir else []), *arguments]
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=SECONDS_MAX, check=False, cwd=cwd,
                          env=environment(env), preexec_fn=preexec)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(*arguments, answers=(), data_dir=None, env=None):
    """One command on a terminal of its own; each answer is typed once the prompt before it has come: (prompt, text)."""
    command = [BINARY, *(["--data-dir", data_dir] if data_dir else []), *arguments]
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what a shell runs in the background
        os.execvpe(BINARY, command, environment({"TERM": "dumb", **(env or {})}))
    shown, left, deadline, seen = b"", list(answers), time.monotonic() + SECONDS_MAX, 0
    try:
        while True:
            assert time.monotonic() < deadline, "no end: %r" % shown
            readable, _, _ = select.select([terminal], [], [], 1)
            if not readable:
                continue
            try:
                chunk = os.read(terminal, 4096)
            except OSError:  # the child has closed it
                break
            if not chunk:
                break
            shown += chunk
            if left and left[0][0].encode() in shown[seen:]:
                seen = len(shown)
                os.write(terminal, left.pop(0)[1].encode())
    finally:
        os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Done(status, shown.decode(), "")
