"""docs/verify-elsewhere.md: its code takes Pawl's tokens and no others, and each library does what its row of the table says."""
import contextlib
import re
import time
import unittest
import zipfile

from support import case, packages, verifiers
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import Pawld
from support.resource_server import FLAWS

COLUMNS = ("library", "version", "ES256", "RS256", "EdDSA", "typ", "unknown key", "20 forged")
FORGED = 20
COOL_DOWN_SECONDS_MAX = 45  # "asks after 30 s"
ALGORITHMS = ("ES256", "RS256", "EdDSA")
# jwx verifies by the algorithm that the key names, whatever the token's header does; the page says so.
TAKEN_ALL_THE_SAME = {("go", "jwx"): ("wrong_alg",)}
KEYS_PATH = "/.well-known/jwks.json"


def rows():
    """{(language, name): the row of the table}: a row links to the heading above its block."""
    text = verifiers.PAGE.read_text()
    table = {}
    for line in re.findall(r"^\| \[.*\|$", text, re.MULTILINE):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        row = dict(zip(COLUMNS, cells))
        row["library"] = re.match(r"\[(.+)\]", row["library"]).group(1)
        table[row["library"]] = row
    found = re.findall(r"^### (.+)\n(?:(?!^###)[\s\S])*?^<!-- verify: (\w+)/([\w-]+) -->", text, re.MULTILINE)
    return {(language, name): table.pop(heading) for heading, language, name in found}, table


ROWS, LEFT_OVER = rows()


class Libraries(unittest.TestCase):
    """A test a library, below."""

    @classmethod
    def setUpClass(cls):
        cls.servers, cls.tokens = {}, {}
        for algorithm in ALGORITHMS:
            server = cls.servers[algorithm] = Pawld("--algorithm", algorithm)
            cls.addClassCleanup(server.close)
            client = Client(server.start().url)
            assert client.sign_up("a@example.com").status == 201
            cls.tokens[algorithm] = client.login("a@example.com").json["access_token"]
        cls.pawl = Client(cls.servers["ES256"].url)

    def minted(self, **asked):
        reply = self.pawl.post("/dev/tokens", {"user": 1, **asked})
        self.assertEqual(reply.status, 201, reply)
        return reply.json["access_token"]

    def verifier(self, library, which, algorithm):
        return verifiers.Verifier(*library, which, self.servers[algorithm].url)

    def forged(self, verifier):
        """How often the keys are fetched for tokens that name keys which are not there."""
        self.pawl.delete("/dev/requests")
        for number in range(FORGED):
            verifier.says(self.minted(header={"kid": "forged-%d" % number}))
        return [request["path"] for request in self.pawl.get("/dev/requests").json["requests"]].count(KEYS_PATH)

    def check(self, library):
        row, seen = ROWS[library], {}
        with self.verifier(library, "ES256", "ES256") as verifier:
            self.assertEqual(verifier.says(self.tokens["ES256"]), "1", verifier.why)
            self.assertIsNone(verifier.says("nonsense"))
            self.assertIsNone(verifier.says(self.minted(expires_in=-90)))
            for flaw in FLAWS:
                taken = verifier.says(self.minted(flaw=flaw)) is not None
                self.assertEqual(taken, flaw in TAKEN_ALL_THE_SAME.get(library, ()), flaw)
            seen["typ"] = "checked" if verifier.says(self.minted(flaw="wrong_type")) is None else "ignored"
        with self.verifier(library, "ES256", "ES256") as verifier:  # one that has met no unknown key yet
            self.assertEqual(verifier.says(self.tokens["ES256"]), "1", verifier.why)
            seen["20 forged"] = str(self.forged(verifier))
        for algorithm in ALGORITHMS:
            with self.verifier(library, algorithm, algorithm) as verifier:
                seen[algorithm] = "yes" if verifier.says(self.tokens[algorithm]) == "1" else "no"
        self.assertEqual(seen, {name: row[name] for name in seen})
        if verifiers.needs_lines(verifiers.blocks()[library]):
            with self.verifier(library, "bare", "ES256") as verifier:
                self.assertIsNone(verifier.says(self.tokens["ES256"]), "the lines that are marked as needed are not")


for of in ROWS:
    setattr(Libraries, "test_%s" % "_".join(of), lambda self, library=of: self.check(library))


class UnknownKey(unittest.TestCase):
    """All libraries side by side: one of them waits for half a minute."""

    def test_the_first_token_of_a_new_key_is_met_as_the_table_says(self):
        with Pawld() as server, contextlib.ExitStack() as running:
            client = Client(server.url)
            client.sign_up("a@example.com")
            token, at_work = client.login("a@example.com").json["access_token"], {}
            # Those with a cool-down fetch their keys last and are asked first: all of it is over before 30 s are.
            for library in sorted(ROWS, key=lambda library: ROWS[library]["unknown key"] == "asks after 30 s"):
                with contextlib.suppress(unittest.SkipTest):  # its own test is skipped, and counted
                    at_work[library] = running.enter_context(verifiers.Verifier(*library, "ES256", server.url))
            if not at_work:
                self.skipTest("no library is there")
            for verifier in at_work.values():
                self.assertEqual(verifier.says(token), "1", verifier.why)
            self.assertEqual(pawlctl("key", "rotate", "--now", data_dir=server.data_dir).status, 0)
            token = client.login("a@example.com").json["access_token"]
            at_once = {library for library, verifier in reversed(at_work.items()) if verifier.says(token)}
            later = self.taken_later({library: verifier for library, verifier in at_work.items() if library not in at_once}, token)
            seen = {library: "asks at once" if library in at_once else "asks after 30 s" if library in later else "does not ask"
                    for library in at_work}
            self.assertEqual(seen, {library: ROWS[library]["unknown key"] for library in at_work})

    @staticmethod
    def taken_later(waiting, token):
        """Those that take the token before the deadline that the table says will; the others are asked once, at the end."""
        expected = {library for library in waiting if ROWS[library]["unknown key"] == "asks after 30 s"}
        taken, deadline = set(), time.monotonic() + COOL_DOWN_SECONDS_MAX
        while not expected <= taken and time.monotonic() < deadline:
            taken |= {library for library in expected - taken if waiting[library].says(token)}
            time.sleep(0.2)
        return taken | {library for library in set(waiting) - expected if waiting[library].says(token)}


class Page(unittest.TestCase):
    def test_every_row_has_its_code_and_every_code_its_row(self):
        self.assertEqual(LEFT_OVER, {})
        self.assertEqual(set(ROWS), set(verifiers.blocks()))
        self.assertEqual({language for language, _ in ROWS}, set(verifiers.LANGUAGES))

    def test_the_versions_are_those_that_are_run(self):
        files = {"python": "python/requirements.txt", "node": "node/package.json", "go": "go/go.mod", "rust": "rust/Cargo.lock"}
        for (language, _), row in ROWS.items():
            if language in files:
                self.assertIn(row["version"], (verifiers.HERE / files[language]).read_text(), row["library"])

    def test_the_version_of_ruby_is_the_one_that_is_run(self):
        verifiers.ruby_programs()
        _, version = packages.run(["ruby", "-e", "require 'jwt'; puts JWT.gem_version"], verifiers.HERE, verifiers.ANSWER_SECONDS_MAX)
        self.assertEqual(version.strip(), ROWS["ruby", "ruby-jwt"]["version"])

    def test_the_versions_of_java_are_those_that_are_run(self):
        verifiers.java_programs()
        jar = next((packages.cache("maven-verify-java") / "work" / "target").glob("*.jar"))
        names = " ".join(zipfile.ZipFile(jar).namelist())
        for jar_name, library in (("spring-security-oauth2-jose", "Spring"), ("nimbus-jose-jwt", "Nimbus"), ("java-jwt", "Auth0")):
            self.assertIn("%s-%s.jar" % (jar_name, ROWS["java", library]["version"]), names)


if __name__ == "__main__":
    case.main()
