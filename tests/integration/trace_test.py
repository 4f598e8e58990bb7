"""The trace of a request (W3C Trace Context) stands in the log lines about it, and nothing else does."""
import json
import unittest

from support import case
from support.http import Client
from support.pawld import Pawld

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Trace(unittest.TestCase):
    def lines_of(self, headers):
        """The line of a refused login and that of the request, after one with these headers."""
        with Pawld("--log-format", "json", "--log-level", "debug") as server:
            Client(server.url).post("/login", {"username": "ada", "password": "wrong password"}, headers=headers)
            log = server.log_with('"event":"request"')
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] in ("login.refused", "request")]

    def test_a_trace_is_in_the_lines_of_its_request(self):
        found = self.lines_of({"traceparent": "00-%s-%s-01" % (TRACE, PARENT)})
        self.assertEqual([(line["event"], line.get("trace_id")) for line in found],
                         [("login.refused", TRACE), ("request", TRACE)])

    def test_without_one_lines_have_no_such_member(self):
        for headers in ({}, {"traceparent": "00-%s-%s-01" % ("0" * 32, PARENT)}, {"traceparent": "x" * 55}):
            found = self.lines_of(headers)
            self.assertEqual(len(found), 2)
            self.assertTrue(all("trace_id" not in line for line in found), found)


if __name__ == "__main__":
    case.main()
