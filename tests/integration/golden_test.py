"""Data directories of every released format are still read: snapshots/golden/*, with what they contain.

`golden_test.py --make v1-serving` writes a new one with the binary at hand: once per format and per kind of record that
came since, never over an old one.
"""
import gzip
import json
import pathlib
import signal
import sys
import unittest

from support import case
from support.http import Client
from support.pawld import ROOT, Pawld

GOLDEN = ROOT / "snapshots" / "golden"
PASSWORD = "correct horse battery"


def make(name):
    """A store with a snapshot and a log after it: users, sessions in every state, a deleted account, a rotation whose
    reply was lost, and a crash since then."""
    target = GOLDEN / name
    assert not target.exists(), "%s is there already; a format is frozen once" % target
    server = Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB")
    try:
        server.start()
        client = Client(server.url)
        known = {"password": PASSWORD, "users": {}}
        for email in ("alice@example.com", "bob@example.com", "carol@example.com", "dave@example.com"):
            user = client.sign_up(email, first_name=email.split("@")[0].title(), surname="Müller").json
            old = client.login(email).json
            mid = client.refresh(old["refresh_token"]).json
            new = client.refresh(mid["refresh_token"]).json
            known["users"][email] = {"user": user, "old": old["refresh_token"], "current": new["refresh_token"], "state": "live"}
        client.logout(known["users"]["bob@example.com"]["current"])
        known["users"]["bob@example.com"]["state"] = "logged out"
        client.refresh(known["users"]["carol@example.com"]["old"])
        known["users"]["carol@example.com"]["state"] = "reuse"
        erin = client.sign_up("erin@example.com", first_name="Erin", surname="Müller").json
        lost = client.login("erin@example.com").json["refresh_token"]
        known["users"]["erin@example.com"] = {"user": erin, "old": lost, "state": "reply lost",
                                              "current": client.refresh(lost).json["refresh_token"]}
        snapshots = lambda: set(pathlib.Path(server.data_dir).glob("snap-*.dat"))
        server.restart(how=signal.SIGKILL)
        client, found = Client(server.url), snapshots()
        case.eventually(lambda: snapshots() - found)
        access = client.login("dave@example.com").json["access_token"]
        assert client.delete("/users/me", access, {"current_password": PASSWORD}).status == 204
        known["users"]["dave@example.com"]["state"] = "deleted"
        alice = known["users"]["alice@example.com"]
        alice["current"] = client.refresh(alice["current"]).json["refresh_token"]
        known["now"] = client.get("/dev/clock").json["now"]
        assert server.stop() == 0
        target.mkdir(parents=True)
        for path in sorted(pathlib.Path(server.data_dir).iterdir()):
            content = path.read_bytes()
            if path.name == "LOCK" or (path.name.startswith("wal-") and not any(content[4096:])):
                continue  # a spare holds nothing
            (target / (path.name + ".gz")).write_bytes(gzip.compress(content, 9, mtime=0))
        (target / "contents.json").write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n")
    finally:
        server.close()


class Golden(unittest.TestCase):
    def unpacked(self, golden, server):
        data = pathlib.Path(server.data_dir)
        data.mkdir(mode=0o700)
        for path in golden.glob("*.gz"):
            file = data / path.name[:-3]
            file.write_bytes(gzip.decompress(path.read_bytes()))
            file.chmod(0o600)
        return json.loads((golden / "contents.json").read_text())

    def test_every_released_format_is_still_read(self):
        versions = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
        self.assertTrue(versions)
        for golden in versions:
            with self.subTest(golden.name):
                server = Pawld()
                self.addCleanup(server.close)
                known = self.unpacked(golden, server)
                server.start()
                client = Client(server.url)
                self.assertEqual(client.post("/dev/clock", {"set": known["now"]}).status, 200)
                for email, user in known["users"].items():
                    self.check(client, email, user, known["password"])
                server.stop()

    def check(self, client, email, user, password):
        if user["state"] == "reply lost":
            again = client.refresh(user["old"])
            self.assertEqual((again.status, again.headers["Pawl-Refresh"]), (200, "replayed"), repr(again))
            self.assertEqual(again.json["refresh_token"], user["current"])
            return
        login = client.login(email, password)
        refresh = client.refresh(user["current"])
        if user["state"] == "deleted":
            self.assertEqual((login.status, refresh.status), (401, 401))
            return
        self.assertEqual(login.status, 200)
        self.assertEqual(client.me(login.json["access_token"]).json, user["user"])
        if user["state"] == "live":
            self.assertEqual((refresh.status, refresh.headers["Pawl-Refresh"]), (200, "rotated"))
            self.assertEqual(client.refresh(user["old"]).code, "refresh_token_reused")
        else:
            self.assertEqual((refresh.status, refresh.code), (401, "session_revoked"))
            self.assertEqual(client.refresh(user["old"]).code, "session_revoked")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make(sys.argv[2])
    else:
        case.main()
