"""What people install, made from the build that is tested: tarball and image in empty places. All of it: tools/package check."""
import os
import sys
import unittest

from support.case import main
from support.pawld import ROOT

os.environ.setdefault("PAWL_BUILD", str(ROOT / "build"))
sys.path.insert(0, str(ROOT / "packaging"))

from make import check  # noqa: E402  (the path comes first)
from make.common import epoch  # noqa: E402

os.environ.setdefault("SOURCE_DATE_EPOCH", str(epoch()))  # a commit meanwhile would make other bytes
SANITIZED = "PAWL_SANITIZED" in os.environ  # no static link has the sanitizers' run time


@unittest.skipIf(SANITIZED, "packages are made from the release")
class Packages(unittest.TestCase):
    """One test for each quick check."""
    @classmethod
    def setUpClass(cls):
        cls.places = check.Places()
        cls.addClassCleanup(cls.places.close)


def add_tests():
    for name, function, quick in check.all_checks():
        def test(self, function=function):
            outcome, why = check.outcome_of(function, self.places)
            if outcome == "skipped":
                self.skipTest(why)
            self.assertEqual(outcome, "passed", why)
        if quick:
            setattr(Packages, "test_" + name.replace(": ", "_").replace(" ", "_"), test)


add_tests()

if __name__ == "__main__":
    main()
