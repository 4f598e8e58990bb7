"""What the tests of pawlctl's moving commands share: running it, directories to run it on, comparing them."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.http import Client
from support.pawld import ROOT, Pawld

PAWLCTL = os.environ.get("PAWLCTL", str(ROOT / "build" / "bin" / "pawlctl"))
COMMAND_SECONDS_MAX = 300
NO_SNAPSHOTS = ("--snapshot-interval", "30d", "--snapshot-log-bytes", "1024GiB")


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("PAWL") and k != "SECRET_KEY"}


def ctl(*arguments, stdin=None, prepare=None):
    return subprocess.run([PAWLCTL, *map(str, arguments)], input=stdin, capture_output=True, text=True, check=False,
                          timeout=COMMAND_SECONDS_MAX, env=environment(), preexec_fn=prepare)


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def content(export):
    """An export without its first line, which says of which store and moment it is."""
    return export.splitlines()[1:]


def tree(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in pathlib.Path(folder).iterdir()}


class MoveCase(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-move-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)

    def ok(self, *arguments, **more):
        done = ctl(*arguments, **more)
        self.assertEqual((done.returncode, done.stderr if done.returncode else ""), (0, ""), arguments)
        return done

    def refused(self, status, *arguments, **more):
        done = ctl(*arguments, **more)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def server(self, *options, **keywords):
        server = Pawld(*options, **keywords)
        self.addCleanup(server.close)
        return server

    def export_of(self, data, *more):
        return self.ok("export", "--data-dir", data, *more).stdout

    def small_store(self, users=4, sessions=True):
        """A stopped server's directory with users and sessions in some states; the tokens."""
        server = self.server(*NO_SNAPSHOTS)
        server.start()
        client = Client(server.url)
        tokens = []
        for i in range(users):
            assert client.sign_up("u%d@example.com" % i, first_name="Ü%d" % i).status == 201
            if sessions:
                tokens.append(client.refresh(client.login("u%d@example.com" % i).json["refresh_token"]).json)
        if sessions:
            client.logout(tokens[0]["refresh_token"])
        self.assertEqual(server.stop(), 0)
        return server, tokens

    def left_over(self, folder=None):
        return sorted(path.name for path in (folder or self.home).iterdir())
