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
from support.packages import installed
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
        self.assertRegex(text, r"\b3[0-9] passed")

    def test_node(self):
        status, text = run(["node", "--test", "test/"], FIXTURES / "node")
        self.assertEqual(status, 0, text)
        self.assertIn("# pass 19\n", text)


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

    def starts_and_stops(self, cwd, directory, *options, **environment):
        """A start and a stop as given; the stop is to end what the start began."""
        status, text = run(["sh", self.SCRIPT, "start", directory, *options], cwd, **environment)
        self.assertEqual(status, 0, text)
        server = json.loads(text)["pid"]
        self.assertTrue(os.path.exists("/proc/%d" % server))
        self.assertEqual(run(["sh", self.SCRIPT, "stop", directory], cwd, **environment), (0, ""))
        self.assertFalse(os.path.exists("/proc/%d" % server), "the server was left running")

    def test_a_stop_ends_its_server_on_a_narrow_terminal(self):
        self.starts_and_stops(self.build, self.build + "/state", COLUMNS="20")

    def test_a_stop_ends_its_server_where_there_is_no_ps(self):
        tools = pathlib.Path(self.build, "tools")
        tools.mkdir()
        for name in ("sh", "cat", "env", "mkdir", "mkfifo", "rm", "sed", "sleep", "timeout", "tr"):
            (tools / name).symlink_to(shutil.which(name))
        self.starts_and_stops(self.build, self.build + "/state", PATH=str(tools))

    def test_relative_paths_are_those_of_the_caller(self):
        pathlib.Path(self.build, "sub").mkdir()
        pathlib.Path(self.build, "sub", "pawld").symlink_to(os.path.abspath(BINARY))
        shutil.copy(FIXTURES / "ctest" / "test" / "seed.json", self.build + "/sub/seed.json")
        self.starts_and_stops(self.build + "/sub", "state", "--seed", "seed.json", PAWLD="./pawld")
        self.starts_and_stops(self.build + "/sub", "../state", "--seed", "../sub/seed.json", PAWLD="../sub/pawld")
        # By another name of the same directory, too.
        pathlib.Path(self.build, "link").symlink_to(self.build + "/sub")
        status, text = run(["sh", self.SCRIPT, "start", "sub/state"], self.build)
        self.assertEqual(status, 0, text)
        self.assertEqual(run(["sh", self.SCRIPT, "stop", "link/state"], self.build), (0, ""))
        self.assertFalse(os.path.exists("/proc/%d" % json.loads(text)["pid"]))

    def test_a_test_that_fails_shows_what_was_sent_and_what_the_server_said(self):
        self.start()
        sends = "curl -sS $PAWL_URL/login --json '{\"email\":\"nobody@example.com\",\"password\":\"x\"}' >/dev/null; exit "
        for wanted in (3, 0):
            status, text = run(["sh", self.SCRIPT, "run", self.build + "/state", "sh", "-c", sends + str(wanted)], self.build,
                               PAWL_REALM="realm%d" % wanted)
            self.assertEqual(status, wanted, text)
            for part in ("/t/realm%d/login" % wanted, "nobody@example.com", "the end of what the server said", "process.ready"):
                (self.assertIn if wanted else self.assertNotIn)(part, text)
        self.assertEqual(run(["sh", self.SCRIPT, "stop", self.build + "/state"], self.build), (0, ""))

    def configure(self, project, **environment):
        source = pathlib.Path(self.build, "source")
        source.mkdir(exist_ok=True)
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES NONE)\nenable_testing()\n"
            "include(%s/PawlFixture.cmake)\n%s\n" % (FIXTURES / "ctest", project))
        status, text = run(["cmake", "-S", str(source), "-B", self.build + "/build"], self.build, **environment)
        self.assertEqual(status, 0, text)
        return text

    def test_a_fixture_without_a_pawld_warns(self):
        found = shutil.which("cmake")
        tools = pathlib.Path(self.build, "tools")
        tools.mkdir()
        for name in ("cmake", "make", "ninja"):
            if shutil.which(name):
                (tools / name).symlink_to(shutil.which(name))
        self.assertTrue(found)
        nowhere = {"PATH": str(tools), "PAWLD": ""}
        warning = "CMake Warning.*there is no pawld.*PAWL_PAWLD"
        text = self.configure("pawl_add_fixture(auth)", **nowhere)
        self.assertRegex(" ".join(text.split()), warning)
        for project, environment in [("pawl_add_fixture(auth PAWLD /somewhere/pawld)", nowhere),
                                     ("pawl_add_fixture(auth)", {**nowhere, "PAWLD": BINARY})]:
            self.assertNotRegex(" ".join(self.configure(project, **environment).split()), warning)
        (tools / "pawld").symlink_to(os.path.abspath(BINARY))
        self.assertNotRegex(" ".join(self.configure("pawl_add_fixture(auth)", **nowhere).split()), warning)

    def test_an_installed_fixture_has_the_server_that_was_installed_with_it(self):
        status, text = run(["cmake", "--install", os.environ.get("PAWL_BUILD", str(ROOT / "build")), "--component", "fixtures",
                            "--prefix", self.build + "/usr"], self.build)
        self.assertEqual(status, 0, text)
        pathlib.Path(self.build, "usr", "bin").mkdir()
        pathlib.Path(self.build, "usr", "bin", "pawld").symlink_to(os.path.abspath(BINARY))
        source = pathlib.Path(self.build, "source")
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES NONE)\nenable_testing()\nfind_package(PawlFixture REQUIRED)\n"
            "pawl_add_fixture(auth)\npawl_add_test(NAME asks FIXTURE auth COMMAND sh -c [[curl -sSf $PAWL_URL/healthz]])\n")
        status, text = run(["cmake", "-S", str(source), "-B", self.build + "/build", "-DCMAKE_PREFIX_PATH=" + self.build + "/usr"],
                           self.build, PAWLD="")
        self.assertEqual(status, 0, text)
        self.assertNotIn("Warning", text)
        status, text = run(["ctest", "--test-dir", self.build + "/build", "--output-on-failure"], self.build, PAWLD="")
        self.assertEqual(status, 0, text)
        self.assertIn("100% tests passed, 0 tests failed out of 3", text)

    def test_tests_whose_names_differ_have_realms_that_differ(self):
        self.configure("pawl_add_fixture(auth)\nforeach(test IN ITEMS a-b \"a b\" \"a  b\" a.b)\n"
                       "pawl_add_test(NAME \"${test}\" FIXTURE auth COMMAND x)\nendforeach()")
        text = pathlib.Path(self.build, "build", "CTestTestfile.cmake").read_text()
        realms = re.findall(r"PAWL_REALM=([A-Za-z0-9_-]+)", text)
        self.assertEqual((len(realms), len(set(realms)), realms[0]), (4, 4, "a-b"))


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
        rows = [row for row in rows if len(row) == len(rows[0])]  # of the first table
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

    def test_openid_client(self):
        installed(CHECK / "adapters" / "node")
        self.check("openid-client")

    def test_simple_oauth2(self):
        installed(CHECK / "adapters" / "node")
        self.check("simple-oauth2")

    def test_a_command_that_does_not_speak_the_protocol_is_not_judged(self):
        for command, why in (["/bin/true"], "ended"), (["/bin/cat"], "no JSON object with ok"), (["/nowhere"], "No such file"):
            status, text = run([str(CHECK / "rotation-check"), "--", *command], CHECK)
            self.assertEqual(status, 2, text)
            self.assertRegex(text, "^rotation-check: [^\n]*%s[^\n]*\n$" % why)


if __name__ == "__main__":
    case.main()
