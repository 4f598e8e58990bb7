"""Every row of the decision table (docs/architecture.md), over HTTP, on the virtual clock.

The clock is frozen, so that a window's edge is hit to the second: Wc = 10 s, Wr = 60 s, access tokens of 600 s.
"""
import base64
import pathlib
import shutil
import unittest

from support import case
from support.http import Client, unpack_refresh
from support.pawld import Pawld

WC, WR, IDLE, ABSOLUTE = 10, 60, 14 * 86400, 90 * 86400


class Table(case.ServerCase):
    def setUp(self):
        super().setUp()
        self.frozen_clock()

    def chain(self, length):
        """The tokens of a family: `length` of them, each rotated from the one before."""
        tokens = [self.logged_in()]
        for _ in range(length - 1):
            tokens.append(self.rotated(tokens[-1]["refresh_token"]))
        return tokens

    def replayed(self, old, current):
        again = self.rotated(old["refresh_token"], "replayed")
        self.assertEqual(again["refresh_token"], current["refresh_token"])
        return again

    def reused(self, old, current):
        self.expect(self.client.refresh(old["refresh_token"]), 401, "refresh_token_reused")
        for token in (old, current):
            self.expect(self.client.refresh(token["refresh_token"]), 401, "session_revoked")
        self.expect(self.client.me(current["access_token"]), 401, "invalid_access_token")

    def test_case_1_a_forged_token_changes_nothing(self):
        token = self.logged_in()["refresh_token"]
        data = bytearray(base64.urlsafe_b64decode(token[4:] + "=" * (-len(token[4:]) % 4)))
        for position in range(len(data)):
            changed = bytearray(data)
            changed[position] ^= 1
            text = "prt_" + base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
            self.expect(self.client.refresh(text), 401, "invalid_refresh_token")
        self.rotated(token)

    def test_case_2a_idle_expiry_to_the_second(self):
        first, second = self.logged_in(), self.logged_in()
        self.client.advance(IDLE - 1)
        self.rotated(first["refresh_token"])
        self.client.advance(1)
        self.expect(self.client.refresh(second["refresh_token"]), 401, "session_expired")

    def test_case_2a_absolute_expiry_however_often_it_rotates(self):
        token = self.logged_in()
        self.assertEqual(token["refresh_token_expires_in"], IDLE)
        for _ in range(9):
            self.client.advance(10 * 86400 - 1)
            token = self.rotated(token["refresh_token"])
        self.assertEqual(token["refresh_token_expires_in"], 9)
        self.assertLessEqual(token["expires_in"], 9)
        self.client.advance(9)
        self.expect(self.client.refresh(token["refresh_token"]), 401, "session_expired")

    def test_case_2b_no_grace_after_the_end(self):
        first, second = self.chain(2)
        self.expect(self.client.logout(second["refresh_token"]), 204)
        for token in (first, second):
            self.expect(self.client.refresh(token["refresh_token"]), 401, "session_revoked")

    def test_case_4_rotates(self):
        tokens = self.chain(5)
        self.assertEqual([unpack_refresh(t["refresh_token"])[3] for t in tokens], [0, 1, 2, 3, 4])

    def test_case_5_within_the_reuse_window_even_when_confirmed(self):
        first, second = self.chain(2)
        self.expect(self.client.me(second["access_token"]), 200)
        for _ in range(20):
            self.replayed(first, second)
        self.client.advance(WC)
        self.replayed(first, second)
        self.client.advance(1)
        self.reused(first, second)

    def test_case_6_within_the_lost_response_window_while_unconfirmed(self):
        first, second = self.chain(2)
        self.client.advance(WC + 1)
        self.replayed(first, second)
        self.client.advance(WR - WC - 1)
        self.replayed(first, second)
        self.client.advance(1)
        self.reused(first, second)

    def test_case_6_closes_when_the_successor_was_seen(self):
        first, second = self.chain(2)
        self.client.advance(WC + 1)
        self.expect(self.client.me(second["access_token"]), 200)
        self.reused(first, second)

    def test_case_6_is_not_closed_by_the_old_access_token(self):
        first, second = self.chain(2)
        self.client.advance(WC + 1)
        self.expect(self.client.me(first["access_token"]), 200)
        self.replayed(first, second)

    def test_case_6_ends_after_seven_replays(self):
        first, second = self.chain(2)
        self.client.advance(WC + 1)
        for _ in range(7):
            self.replayed(first, second)
        self.reused(first, second)

    def test_case_8_the_predecessor_after_the_windows(self):
        first, second = self.chain(2)
        self.client.advance(WR + 1)
        self.reused(first, second)

    def test_case_9_a_grandparent_whatever_the_windows_say(self):
        tokens = self.chain(3)
        self.reused(tokens[0], tokens[2])

    def test_case_9_a_token_rotated_29_days_ago(self):
        tokens = self.chain(2)
        for _ in range(29):
            self.client.advance(86400)
            tokens.append(self.rotated(tokens[-1]["refresh_token"]))
        self.reused(tokens[0], tokens[-1])

    def test_a_thousand_rotations_in_one_second_then_any_of_them(self):
        client = self.client = Client(self.server.url, keep=True)
        self.addCleanup(client.close)
        tokens = self.chain(1000)
        self.reused(tokens[500], tokens[-1])

    def test_a_replay_does_not_extend_the_idle_expiry(self):
        first, second = self.chain(2)
        self.client.advance(WC)
        self.assertEqual(self.replayed(first, second)["refresh_token_expires_in"], IDLE - WC)

    def test_the_access_token_expires_to_the_second(self):
        token = self.logged_in()
        self.client.advance(599)
        self.expect(self.client.me(token["access_token"]), 200)
        self.client.advance(1)
        self.expect(self.client.me(token["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.post("/logout", bearer=token["access_token"]), 204)
        self.expect(self.client.refresh(token["refresh_token"]), 401, "session_revoked")

    def test_evidence_is_counted(self):
        before = self.client.get("/metrics").body.decode()
        first, second = self.chain(2)
        self.client.advance(WR + 1)
        self.reused(first, second)
        after = self.client.get("/metrics").body.decode()
        self.assertNotEqual([l for l in before.splitlines() if "reuse" in l], [l for l in after.splitlines() if "reuse" in l])


class Strict(Table):
    """--strict is Wc = Wr = 0: every predecessor is reuse. Runs the rows that do not depend on the windows too."""
    OPTIONS = ("--strict",)

    def test_case_5_within_the_reuse_window_even_when_confirmed(self):
        first, second = self.chain(2)
        self.reused(first, second)

    test_case_6_within_the_lost_response_window_while_unconfirmed = test_case_5_within_the_reuse_window_even_when_confirmed
    test_case_6_is_not_closed_by_the_old_access_token = None
    test_case_6_ends_after_seven_replays = None
    test_a_replay_does_not_extend_the_idle_expiry = None
    test_a_thousand_rotations_in_one_second_then_any_of_them = None


class Ahead(unittest.TestCase):
    """Case 10: the store lies behind its own tokens, because an older state was put back."""

    def older_state(self, *options):
        server = Pawld(*options)
        self.addCleanup(server.close)
        server.start()
        client = Client(server.url)
        assert client.sign_up("a@example.com").status == 201
        token = client.login("a@example.com").json
        server.stop()
        backup = pathlib.Path(server.home) / "backup"
        shutil.copytree(server.data_dir, backup)
        server.start()
        client = Client(server.url)
        for _ in range(3):
            token = client.refresh(token["refresh_token"]).json
        server.stop()
        shutil.rmtree(server.data_dir)
        shutil.copytree(backup, server.data_dir)
        server.start()
        return server, Client(server.url), token

    def test_case_10_revoke_is_the_default(self):
        _, client, token = self.older_state()
        reply = client.refresh(token["refresh_token"])
        self.assertEqual((reply.status, reply.code), (401, "session_revoked"))
        self.assertEqual(client.refresh(token["refresh_token"]).code, "session_revoked")

    def test_case_10_heal_fast_forwards(self):
        _, client, token = self.older_state("--ahead", "heal")
        reply = client.refresh(token["refresh_token"])
        self.assertEqual((reply.status, reply.headers["Pawl-Refresh"]), (200, "healed"))
        self.assertEqual(unpack_refresh(reply.json["refresh_token"])[3], unpack_refresh(token["refresh_token"])[3] + 1)
        reply = client.refresh(reply.json["refresh_token"])
        self.assertEqual((reply.status, reply.headers["Pawl-Refresh"]), (200, "rotated"))


class TimeServed(unittest.TestCase):
    """Windows run in time served: our outage is no theft."""

    def test_rotate_kill_before_the_reply_restart_after_the_window_retry_is_replayed(self):
        with Pawld() as server:
            client = Client(server.url)
            self.assertEqual(client.sign_up("a@example.com").status, 201)
            first = client.login("a@example.com").json
            second = client.refresh(first["refresh_token"]).json
            server.kill()
            server.start()
            client = Client(server.url)
            client.freeze()
            client.advance(WR - 1)
            reply = client.refresh(first["refresh_token"])
            self.assertEqual((reply.status, reply.headers["Pawl-Refresh"]), (200, "replayed"), repr(reply))
            self.assertEqual(reply.json["refresh_token"], second["refresh_token"])
            client.advance(WR + 2)
            self.assertEqual(client.refresh(first["refresh_token"]).code, "refresh_token_reused")


if __name__ == "__main__":
    case.main()
