#!/usr/bin/python3
"""A wall clock that leaps while the server runs: held and told, adopted or forgotten; and one that is behind."""
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support.case import PASSWORD, eventually, fresh_email, main
from support.http import Client, token_parts
from support.moved_clock import NO, REFUSED, YES, MovedClock
from support.pawld import Pawld

SANITIZED = "PAWL_SANITIZED" in os.environ
DAY, YEAR = 86400, 365 * 86400


@unittest.skipIf(SANITIZED, "a sanitizer's library must come first, so nothing can be preloaded")
class WallClock(unittest.TestCase):
    def setUp(self):
        self.server = Pawld(dev=False)
        self.addCleanup(self.server.close)
        self.clock = MovedClock(self.server.home)
        self.server.env = self.clock.env
        self.server.start()
        self.client = Client(self.server.url)
        self.email = fresh_email()
        self.assertEqual(self.client.sign_up(self.email).status, 201)
        self.tokens = self.client.login(self.email).json

    def tearDown(self):
        self.assertIsNone(self.server.process and self.server.process.poll(), "the server died:\n" + self.server.log())

    def ahead(self):
        """How far service time is ahead of the time that it is here, by a token made now; in whole days."""
        reply = self.client.refresh(self.tokens["refresh_token"])
        self.assertEqual(reply.status, 200, repr(reply))
        self.tokens = reply.json
        return round((token_parts(self.tokens["access_token"])[1]["iat"] - time.time()) / DAY)

    def ready(self):
        """The clock in /readyz's body, as (wall, about how many days)."""
        reply = self.client.get("/readyz")
        self.assertEqual((reply.status, reply.json["status"]), (200, "ready"))
        clock = reply.json.get("clock")
        return clock and (clock["wall"], round(clock["seconds"] / DAY))

    def metric(self, name):
        return float(re.search(r"^%s (\S+)$" % name, self.client.get("/metrics").body.decode(), re.MULTILINE).group(1))

    def told(self, level, event):
        log = self.server.log_with('"%s"' % event)
        line = next(line for line in log.splitlines() if '"%s"' % event in line)
        self.assertIn('"level":"%s"' % level, line)
        return line

    def test_a_leap_ends_no_session_and_is_told_until_it_is_gone(self):
        self.clock.leap(10 * YEAR)
        self.assertEqual(self.ahead(), 0)
        self.assertEqual(self.client.me(self.tokens["access_token"]).status, 200)
        self.assertIn("does not follow", self.told("error", "clock.leap_held"))
        self.assertEqual(self.ready(), ("held", 3650))
        self.assertGreater(self.metric("pawl_clock_held_seconds"), 9 * YEAR)
        self.clock.leap(-10 * YEAR)
        self.told("warn", "clock.leap_gone")
        self.assertIsNone(self.ready())
        self.assertEqual(self.metric("pawl_clock_held_seconds"), 0)
        self.assertEqual(self.ahead(), 0)

    def test_a_leap_is_adopted_once_the_system_says_that_its_clock_is_synchronised(self):
        self.clock.leap(3 * DAY)
        self.told("error", "clock.leap_held")
        self.assertEqual(self.ahead(), 0)
        self.clock.synchronised(YES)
        self.told("warn", "clock.leap_adopted")
        self.assertEqual(self.ahead(), 3)
        self.assertIsNone(self.ready())

    def test_a_leap_that_stays_for_two_minutes_is_adopted_by_a_server_without_requests(self):
        for number, answer in ((1, NO), (2, REFUSED)):
            self.clock.synchronised(answer)
            self.clock.leap(3 * DAY)
            eventually(lambda n=number: self.server.log().count('"clock.leap_held"') == n)
            self.clock.pass_time(100)
            self.clock.pass_time(30)
            eventually(lambda n=number: self.server.log().count('"clock.leap_adopted"') == n)
            self.assertEqual(self.ahead(), 3 * number)

    def test_a_wall_clock_that_goes_back_after_that_is_told_of_while_it_is_behind(self):
        self.clock.leap(3 * DAY)
        self.clock.synchronised(YES)
        self.told("warn", "clock.leap_adopted")
        self.clock.leap(-3 * DAY)
        self.told("warn", "clock.behind")
        self.assertEqual(self.ready(), ("behind", 3))
        self.assertGreater(self.metric("pawl_clock_behind_seconds"), 2.9 * DAY)
        self.assertEqual(self.ahead(), 3)  # it never goes back, and it still serves
        self.clock.pass_time(700)
        eventually(lambda: self.server.log().count('"clock.behind"') == 2)
        self.clock.leap(3 * DAY)
        self.told("info", "clock.caught_up")
        self.assertIsNone(self.ready())
        self.assertEqual(self.client.login(self.email, PASSWORD).status, 200)

    def test_a_small_step_is_followed_at_once_and_not_told(self):
        self.clock.leap(59)
        before = time.time()
        issued = token_parts(self.client.login(self.email).json["access_token"])[1]["iat"]
        self.assertGreaterEqual(issued, int(before) + 58)
        self.assertIsNone(self.ready())
        self.assertNotIn('"clock.', self.server.log())


if __name__ == "__main__":
    main()
