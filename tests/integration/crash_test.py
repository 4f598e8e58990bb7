"""kill -9 under load, again and again, with an oracle: everything a client was told must be so afterwards.

PAWL_CRASHES sets how often (default 12); PAWL_SEED repeats a run. tests/soak has the long ones, and power cuts.
"""
import os
import random
import sys
import unittest

from support import case
from support.device import crash_rounds
from support.pawld import Pawld

CRASHES = int(os.environ.get("PAWL_CRASHES", "4" if os.environ.get("PAWL_SANITIZED") else "12"))
# Snapshots and new segments often enough that crashes fall into them.
BUSY = ["--snapshot-min-bytes", "64KiB", "--snapshot-log-bytes", "256KiB", "--snapshot-interval", "1s",
        "--login-limit-address", "1000000/1s"]


class Crash(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        seed = int(os.environ.get("PAWL_SEED", random.SystemRandom().getrandbits(32)))
        server = Pawld(*BUSY)
        self.addCleanup(server.close)
        done = crash_rounds(CRASHES, seed, lambda: server.start().url, server.kill)
        print("%d acknowledged operations, %d crashes" % (done, CRASHES), file=sys.stderr)
        self.assertEqual(server.stop(), 0, server.log())


if __name__ == "__main__":
    case.main()
