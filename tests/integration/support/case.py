"""Test cases with a server each class, and a main that prints counts for tests/run.py."""
import itertools
import json
import sys
import unittest

from support.http import Client
from support.pawld import Pawld
from support.wait import eventually

PASSWORD = "correct horse battery"
# The rules of new passwords that --dev leaves out.
PASSWORD_RULES = ("--password-min-length", "8", "--password-blocklist", "on")
_numbers = itertools.count(1)


def fresh_email():
    return "user%d@example.com" % next(_numbers)


class ServerCase(unittest.TestCase):
    """One server for the class; every test makes users of its own. OPTIONS are handed to pawld."""
    OPTIONS = ()
    KEYWORDS = {}

    @classmethod
    def setUpClass(cls):
        cls.server = Pawld(*cls.OPTIONS, **cls.KEYWORDS)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def setUp(self):
        self.client = Client(self.server.url)

    def tearDown(self):
        self.assertIsNone(self.server.process and self.server.process.poll(), "the server died:\n" + self.server.log())

    def expect(self, reply, status, code=None):
        self.assertEqual(reply.status, status, repr(reply))
        if code is not None:
            self.assertEqual(reply.code, code, repr(reply))
        return reply

    def signed_up(self, **more):
        """A new user's email."""
        email = fresh_email()
        self.expect(self.client.sign_up(email, **more), 201)
        return email

    def logged_in(self, email=None):
        """The token response of a new login (of a new user where none is named)."""
        return self.expect(self.client.login(email or self.signed_up()), 200).json

    def rotated(self, token, how="rotated"):
        reply = self.expect(self.client.refresh(token), 200)
        self.assertEqual(reply.headers["Pawl-Refresh"], how)
        return reply.json

    def frozen_clock(self):
        self.client.freeze()
        self.addCleanup(lambda: self.client.freeze(False))


class OperatorCase(ServerCase):
    """The same with a superuser, whose access token is `root`, and a user `email` for each test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = cls("setUp")
        maker.client = Client(cls.server.url)
        maker.made("/dev/users", {"email": "root@example.com", "password": PASSWORD, "is_superuser": True})
        cls.root = maker.expect(maker.client.login("root@example.com"), 200).json["access_token"]
        cls.prepare(maker)

    @classmethod
    def prepare(cls, maker):
        """What else the tests of the class find there. `maker` is a case of it."""

    def setUp(self):
        super().setUp()
        self.email = fresh_email()
        self.user = self.made("/dev/users", {"email": self.email, "password": PASSWORD})

    def made(self, path, document):
        return self.expect(self.client.post(path, document, bearer=getattr(self, "root", None)), 201).json


def main():
    program = unittest.main(module="__main__", exit=False, verbosity=2, argv=sys.argv)
    result = program.result
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    sys.stderr.flush()
    print(json.dumps({"passed": max(0, result.testsRun - failed - skipped), "failed": failed, "skipped": skipped}), flush=True)
    sys.exit(1 if failed else 0)
