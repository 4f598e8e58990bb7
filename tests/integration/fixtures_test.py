"""fixtures/: the pytest plugin, the Node helper, the CTest module and the client rotation check, each used as a user would."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support import case
from support.pawld import BINARY, ROOT

FIXTURES = ROOT / "fixtures"
CHECK = FIXTURES / "rotation-check"
SECONDS_MAX = 600
# A client is not to give up on a server that is only slow because it is instrumented.
CLIENT_SECONDS = "10" if os.environ.get("PAWL_SANITIZED") else "2"


def run(command, cwd, **environment):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX,
                          env={**os.environ, "PAWLD": os.path.abspath(BINARY), "PYTHONDONTWRITEBYTECODE": "1", **environment},
                          stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout


class Helpers(unittest.TestCase):
    def test_pytest(self):
        status, text = run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"], FIXTURES / "pytest")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"\b1[0-9] passed")

    def test_node(self):
        status, text = run(["node", "--test", "test/"], FIXTURES / "node")
        self.assertEqual(status, 0, text)
        self.assertIn("# pass 10\n", text)


class CTest(unittest.TestCase):
    SCRIPT = str(FIXTURES / "ctest" / "pawl-fixture.sh")

    def setUp(self):
        self.build = tempfile.mkdtemp(prefix="pawl-ctest-")
        self.addCleanup(shutil.rmtree, self.build)

    def test_a_suite_has_its_server_and_its_realms(self):
        status, text = run(["cmake", "-S", str(FIXTURES / "ctest" / "test"), "-B", self.build, "-DPAWL_PAWLD=" + os.path.abspath(BINARY)],
                           self.build)
        self.assertEqual(status, 0, text)
        status, text = run(["ctest", "-j4", "--output-on-failure"], self.build)
        verdicts = dict(re.findall(r"Test +#\d+: (.+?) \.+[ *]*(Passed|Failed|Not Run)", text))
        self.assertEqual(verdicts, {
            "auth.start": "Passed", "signs up": "Passed", "signs up, too": "Passed", "reads the ready file": "Passed",
            "auth.stop": "Passed", "broken.start": "Failed", "never runs": "Not Run", "broken.stop": "Passed"}, text)
        self.assertIn("no such option", text)
        self.assertNotEqual(status, 0)
        self.assertFalse(list(pathlib.Path(self.build).glob("pawl-*/pid")))

    def start(self):
        """The process that a start leaves: timeout(1), whose child is the server."""
        status, text = run(["sh", self.SCRIPT, "start", self.build + "/state"], self.build)
        self.assertEqual(status, 0, text)
        self.assertTrue(json.loads(text)["ready"])
        return json.loads(text)["pid"]

    def test_a_server_that_nobody_stopped_is_stopped_by_the_next_start(self):
        first = self.start()
        second = self.start()
        self.assertFalse(os.path.exists("/proc/%d" % first))
        status, text = run(["sh", self.SCRIPT, "run", self.build + "/state", "sh", "-c", "echo $PAWL_URL"], self.build, PAWL_REALM="mine")
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"^http://127\.0\.0\.1:\d+/t/mine\n$")
        self.assertEqual(run(["sh", self.SCRIPT, "stop", self.build + "/state"], self.build), (0, ""))
        self.assertFalse(os.path.exists("/proc/%d" % second))
        self.assertEqual(run(["sh", self.SCRIPT, "stop", self.build + "/state"], self.build), (0, ""))


class RotationCheck(unittest.TestCase):
    """Each client does what docs/clients.md says of it."""
    ADAPTERS = {"reference": ["/usr/bin/python3", "adapters/reference.py"],
                "requests-oauthlib": ["/usr/bin/python3", "adapters/requests_oauthlib_client.py"],
                "authlib": ["/usr/bin/python3", "adapters/authlib_client.py"],
                "openid-client": ["node", "adapters/node/openid_client.mjs"],
                "simple-oauth2": ["node", "adapters/node/simple_oauth2.mjs"]}

    @classmethod
    def setUpClass(cls):
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in (ROOT / "docs" / "clients.md").read_text().splitlines() if line.startswith("|")]
        cls.documented = {name: {row[0]: row[column] for row in rows[2:]} for column, name in enumerate(rows[0]) if column}

    def check(self, name):
        status, text = run([str(CHECK / "rotation-check"), "--json", "--timeout", CLIENT_SECONDS, "--", *self.ADAPTERS[name]], CHECK)
        found = json.loads(text.splitlines()[-1])
        self.assertGreater(len(found["results"]), 10)
        for result in found["results"]:
            # At once or at the next try may differ on a slow machine; handled or not may not.
            self.assertEqual(result["handled"], "FAILED" not in self.documented[name][result["scenario"]], result)
        self.assertEqual(set(self.documented[name]), {result["scenario"] for result in found["results"]})
        self.assertEqual(status, 0 if found["handles_rotation"] else 1)
        return found

    def test_all_documented_clients_are_tried(self):
        self.assertEqual(set(self.documented), set(self.ADAPTERS))

    def test_reference(self):
        self.assertTrue(self.check("reference")["handles_rotation"])

    def test_requests_oauthlib(self):
        self.check("requests-oauthlib")

    def test_authlib(self):
        self.check("authlib")

    def npm(self):
        if not (CHECK / "adapters" / "node" / "node_modules").exists():
            status, text = run(["npm", "ci", "--silent"], CHECK / "adapters" / "node")
            self.assertEqual(status, 0, text)

    def test_openid_client(self):
        self.npm()
        self.check("openid-client")

    def test_simple_oauth2(self):
        self.npm()
        self.check("simple-oauth2")

    def test_a_command_that_does_not_speak_the_protocol_is_not_judged(self):
        for command, why in (["/bin/true"], "ended"), (["/bin/cat"], "no JSON object with ok"), (["/nowhere"], "No such file"):
            status, text = run([str(CHECK / "rotation-check"), "--", *command], CHECK)
            self.assertEqual(status, 2, text)
            self.assertRegex(text, "^rotation-check: [^\n]*%s[^\n]*\n$" % why)


if __name__ == "__main__":
    case.main()
