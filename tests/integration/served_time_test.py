"""Windows run in time served: over crashes of a quiet server, outages in a row, and a clock that was wrong once.

What is measured here is time that the server serves, so these tests let real time pass; windows are short.
"""
import datetime
import hashlib
import os
import pathlib
import shutil
import time
import unittest

from support import case
from support.http import Client
from support.moved_clock import MovedClock
from support.pawlctl import pawlctl
from support.pawld import DidNotStart, Pawld
from support.wait import eventually

WR = 2
SHORT = ("--access-token-ttl", "%ds" % (2 * WR), "--reuse-window", "1s", "--lost-response-window", "%ds" % WR)
LONG = ("--access-token-ttl", "10m", "--reuse-window", "1s", "--lost-response-window", "5m")
TEN_DAYS = 10 * 86400
PASSWORD = "correct horse battery"


def syncs(server):
    """How many frames this process has written."""
    for line in Client(server.url).get("/metrics").body.decode().splitlines():
        if line.startswith("pawl_log_sync_duration_seconds_count "):
            return int(line.split()[1])
    raise AssertionError("no such metric")


def log_of(server):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in pathlib.Path(server.data_dir).iterdir() if path.name.startswith(("wal-", "MANIFEST"))}


class ServedTime(unittest.TestCase):
    def server(self, *options, **keywords):
        server = Pawld(*options, **keywords)
        self.addCleanup(server.close)
        return server

    def signed_in(self, server, email="a@example.com"):
        client = Client(server.url)
        self.assertEqual(client.sign_up(email).status, 201)
        return client.login(email).json["refresh_token"]

    def rotated(self, server, token, how="rotated"):
        reply = Client(server.url).refresh(token)
        self.assertEqual((reply.status, reply.headers["Pawl-Refresh"]), (200, how), repr(reply))
        return reply.json["refresh_token"]

    def is_reuse(self, server, token):
        reply = Client(server.url).refresh(token)
        self.assertEqual((reply.status, reply.code), (401, "refresh_token_reused"), repr(reply))


class Crashes(ServedTime):
    def test_the_crash_of_a_quiet_server_opens_no_window(self):
        server = self.server(*SHORT).start()
        old = self.signed_in(server)
        self.rotated(server, old)
        time.sleep(WR + 3)
        server.kill()
        server.start()
        self.is_reuse(server, old)

    def test_crashes_in_a_row_give_no_window_anew(self):
        server = self.server(*SHORT).start()
        old = self.signed_in(server)
        self.rotated(server, old)
        for _ in range(5):
            time.sleep(WR * 0.75)
            server.restart(how=9)
        self.is_reuse(server, old)

    def test_two_restarts_are_no_theft(self):
        window = 6
        options = ("--access-token-ttl", "%ds" % (2 * window), "--lost-response-window", "%ds" % window)
        ways = [(how, other) for how in (15, 9) for other in (False, True)]
        servers = [self.server(*options) for _ in ways]
        old, current = {}, {}
        for server, (how, _) in zip(servers, ways):
            server.start()
            old[server] = self.signed_in(server)
            current[server] = self.rotated(server, old[server])
            server.stop(how)
        time.sleep(window + 1)
        for server, (how, other) in zip(servers, ways):
            with self.subTest(how=how, other=other):
                server.start()
                if other:
                    self.assertEqual(Client(server.url).sign_up("b@example.com").status, 201)
                server.restart(how=how)
                self.assertEqual(self.rotated(server, old[server], "replayed"), current[server])


class Idleness(ServedTime):
    def test_the_time_is_told_while_a_window_is_open_and_then_an_idle_server_writes_nothing(self):
        server = self.server(*SHORT).start()
        old = self.signed_in(server)
        before = syncs(server)
        began = time.monotonic()
        self.rotated(server, old)
        eventually(lambda: syncs(server) >= before + 5)
        self.assertGreaterEqual(time.monotonic() - began, 3 * WR / 4)  # a batch, a COMMIT, and three that are told
        quiet = syncs(server)
        while time.monotonic() - began < 2 * WR + 4:
            quiet = syncs(server)
            time.sleep(WR / 2)
        self.assertEqual(syncs(server), quiet)
        self.assertLessEqual(quiet - before, 2 + 4 * (WR + 2) // WR + 1)
        server.stop()
        found = log_of(server)
        server.start()
        server.stop()
        self.assertEqual(log_of(server), found)  # and a start and stop leave the disk alone

    def test_the_log_says_when_it_was_served(self):
        server = self.server(*LONG).start()
        self.rotated(server, self.signed_in(server))
        server.restart()
        server.stop()
        done = pawlctl("log", "dump", "--type", "serving", data_dir=server.data_dir)
        self.assertIn("serving again since", done.out)
        done = pawlctl("--json", "log", "dump", "--type", "serving", data_dir=server.data_dir)
        self.assertIn('"what":"began"', done.out)
        self.assertEqual(pawlctl("log", "verify", data_dir=server.data_dir).status, 0)


@unittest.skipIf("PAWL_SANITIZED" in os.environ, "a sanitizer's library must come first, so nothing can be preloaded")
@unittest.skipUnless(shutil.which("gcc"), "no compiler")
class WrongClock(ServedTime):
    def ahead(self, server):
        """The wall clock is wrong from the next start on; the boot clock is right, as after a machine lost its time."""
        clock = MovedClock(server.home)
        clock.leap(TEN_DAYS)
        server.env = {**clock.env, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        return server

    def refusal(self, server):
        with self.assertRaises(DidNotStart) as refused:
            server.start()
        self.assertEqual(refused.exception.status, 69, refused.exception.stderr)
        return refused.exception.stderr

    def test_a_clock_that_was_wrong_once_is_reset_once(self):
        for how in (15, 9):
            with self.subTest(how=how):
                server = self.server(*SHORT, "--admin-socket", "none").start()
                first = self.signed_in(server)
                server.stop()
                self.ahead(server).start()
                second = self.rotated(server, first)
                only_then = self.signed_in(server, "b@example.com")
                server.stop()
                server.env = {}
                found = log_of(server)
                self.assertIn("start once with --reset-clock", self.refusal(server))
                self.assertEqual(log_of(server), found)  # a refusal changes nothing
                server.start("--reset-clock")
                server.stop(how)
                server.start()  # once is enough
                self.assertEqual(Client(server.url).refresh(only_then).code, "session_revoked")
                third = self.rotated(server, second)
                time.sleep(WR + 2)
                self.is_reuse(server, second)
                self.assertEqual(Client(server.url).refresh(third).code, "session_revoked")

    def test_what_a_wrong_clock_rotated_is_in_no_window(self):
        server = self.ahead(self.server(*LONG)).start()
        first = self.signed_in(server)
        server.stop()
        server.env = {}
        server.start("--reset-clock")
        old = self.signed_in(server, "b@example.com")
        server.stop()
        self.ahead(server).start()
        self.rotated(server, old)
        server.stop()
        server.env = {}
        server.start("--reset-clock")
        self.assertEqual(Client(server.url).refresh(first).code, "session_revoked")
        self.is_reuse(server, old)

    def test_a_next_signing_key_of_a_wrong_clock_is_stamped_anew(self):
        server = self.ahead(self.server(*LONG)).start()
        listed = pawlctl("--json", "key", "rotate", data_dir=server.data_dir).json["signing"]
        self.assertEqual([key["status"] for key in listed], ["signing", "next"])
        server.stop()
        server.env = {}
        server.start("--reset-clock")
        key = pawlctl("--json", "key", "ls", data_dir=server.data_dir).json["signing"][1]
        ahead = datetime.datetime.fromisoformat(key["from"].replace("Z", "+00:00")).timestamp() - time.time()
        self.assertTrue(0 < ahead <= 600, key)
        self.assertIn("keys.stamped", server.log_with("keys.stamped"))
        server.stop()
        server.start()  # it is so in the file
        again = pawlctl("--json", "key", "ls", data_dir=server.data_dir).json["signing"][1]
        self.assertEqual(again, key)

    def test_without_need_a_reset_changes_nothing(self):
        server = self.server(*LONG).start()
        token = self.signed_in(server)
        server.stop()
        server.start("--reset-clock")
        self.rotated(server, token)
        server.stop()
        done = pawlctl("--json", "log", "dump", "--type", "serving", data_dir=server.data_dir)
        self.assertNotIn("clock_set", done.out)

    def test_the_virtual_clock_of_dev_ahead_and_back_keeps_reuse_detection(self):
        server = self.server(*LONG).start()
        client = Client(server.url)
        token = self.signed_in(server)
        client.advance(5 * 86400)
        second = self.rotated(server, token)
        client.advance(-5 * 86400)
        self.rotated(server, second)
        client.advance(3600)
        self.is_reuse(server, second)


if __name__ == "__main__":
    case.main()
