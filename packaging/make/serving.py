"""A server of a package, started where the package lies, and used as a person would: sign up, log in, refresh."""
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

from make.common import SYSTEM_PATH

READY_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 240  # a password is hashed by threads that give way to all others
STOP_SECONDS_MAX = 30
PASSWORD = "a sentence that is hard to guess"


class Wrong(Exception):
    """A check found that something is not as it should be."""


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def first_line(process, seconds):
    deadline, line = time.monotonic() + seconds, b""
    while not line.endswith(b"\n"):
        readable, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(process.stdout.fileno(), 1) if readable else b""
        if not chunk:
            break
        line += chunk
    return line.decode("utf-8", "replace")


@contextlib.contextmanager
def server(command, environment=None, log_path=os.devnull, cwd="/"):
    """Starts `command`, gives its process, whose `url` is where it serves, and stops it; Wrong where it does not start or stop."""
    program = shutil.which(str(command[0])) or command[0]  # by our PATH: that of `environment` may be an image's
    with open(log_path, "wb") as log:
        process = subprocess.Popen([program, *command[1:]], env={"PATH": SYSTEM_PATH, **(environment or {})}, cwd=cwd,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    try:
        line = first_line(process, READY_SECONDS_MAX)
        if not line:
            process.wait(STOP_SECONDS_MAX)
            said = "" if log_path == os.devnull else open(log_path, encoding="utf-8", errors="replace").read()[-2000:]
            raise Wrong("it did not start: exit status %s\n%s" % (process.returncode, said))
        process.killed = False  # set by the caller that kills it: it is then not expected to stop in order
        process.url = json.loads(line)["url"].replace("0.0.0.0", "127.0.0.1")
        yield process
        if process.killed:
            return
        process.send_signal(signal.SIGTERM)
        expect(process.wait(STOP_SECONDS_MAX) == 0, "it did not stop in order: %s" % process.returncode)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


def call(url, path, document=None, bearer=None, method=None):
    """Status and JSON of one request."""
    headers = {"Content-Type": "application/json"} if document is not None else {}
    if bearer:
        headers["Authorization"] = "Bearer " + bearer
    request = urllib.request.Request(url + path, None if document is None else json.dumps(document).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def log_in(url, email):
    status, tokens = call(url, "/login", {"email": email, "password": PASSWORD})
    expect(status == 200, "login: %d %s" % (status, tokens))
    return tokens


def use(url, email="ada@example.com"):
    """Sign-up, login, refresh, and a look at the own account."""
    status, answer = call(url, "/signup", {"email": email, "password": PASSWORD})
    expect(status == 201, "sign-up: %d %s" % (status, answer))
    tokens = log_in(url, email)
    status, fresh = call(url, "/refresh", {"refresh_token": tokens["refresh_token"]})
    expect(status == 200 and fresh["refresh_token"] != tokens["refresh_token"], "refresh: %d %s" % (status, fresh))
    status, user = call(url, "/users/me", bearer=fresh["access_token"])
    expect(status == 200 and user["email"] == email, "the own account: %d %s" % (status, user))


def reuse(url, email):
    """A refresh token that is used once more after its successor was used ends the session."""
    def refresh(token):
        return call(url, "/refresh", {"refresh_token": token})
    first = log_in(url, email)["refresh_token"]
    second = refresh(first)[1]["refresh_token"]
    third = refresh(second)[1]["refresh_token"]
    status, answer = refresh(first)
    expect(status == 401, "a token that was used before: %d %s" % (status, answer))
    status, answer = refresh(third)
    expect(status == 401, "the session lives on after reuse: %d %s" % (status, answer))
