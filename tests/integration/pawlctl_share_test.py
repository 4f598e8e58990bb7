"""What pawlctl makes of its own definitions: manual pages, bash completion, the table of docs/pawlctl.md."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support import case
from support.pawld import ROOT
from support.pawlctl import pawlctl


def commands():
    """Every command of the page's table as pawlctl prints it, as a list of words."""
    table = pawlctl("man", "--table").out
    return [re.match(r"[a-z -]+", use).group().split() for use in re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)]


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="pawl-man-")
        cls.addClassCleanup(shutil.rmtree, cls.home)
        done = pawlctl("man", "--to", cls.home)
        assert done.status == 0, done

    def pages(self):
        return sorted(pathlib.Path(self.home).glob("*.1"))

    def test_every_command_has_a_page_that_shows_it(self):
        for words in commands():
            text = pathlib.Path(self.home, "pawlctl-%s.1" % words[0]).read_text()
            self.assertIn("pawlctl " + " ".join(words).replace("-", "\\-"), text)
        self.assertIn("pawld", [page.stem for page in self.pages()])

    def test_pawlds_page_has_every_option(self):
        done = subprocess.run([os.environ.get("PAWLD", ROOT / "build/bin/pawld"), "--help"], capture_output=True, text=True,
                              check=True)
        text = pathlib.Path(self.home, "pawld.1").read_text().replace("\\-", "-")
        for option in re.findall(r"^  (--[a-z0-9-]+)", done.stdout, re.MULTILINE):
            self.assertRegex(text, r"(?m)^\.B %s( |$)" % re.escape(option))

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed: tools/install test")
    def test_mandoc_finds_no_fault(self):
        for page in self.pages():
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(page)], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_one_page_is_printed(self):
        self.assertEqual(pawlctl("man", "user").out, pathlib.Path(self.home, "pawlctl-user.1").read_text())
        self.assertEqual(pawlctl("man", "nothing").status, 1)


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.script = pawlctl("completion", "bash").out

    def complete(self, line, cwd="/"):
        """What bash offers for the last word of a line; COMP_WORDS as bash would split it."""
        words = re.findall(r"=|[^\s=]+", line) + ([""] if line.endswith((" ", "=")) else [])
        asked = "COMP_WORDS=(%s); COMP_CWORD=%d; _pawlctl; printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
            " ".join("'%s'" % word for word in words), len(words) - 1)
        done = subprocess.run(["bash", "--norc", "-uc", self.script + asked], capture_output=True, text=True, check=False,
                              cwd=cwd)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return sorted(done.stdout.split())

    def test_commands(self):
        self.assertEqual(self.complete("pawlctl us"), ["user"])
        self.assertEqual(self.complete("pawlctl user e"), ["edit", "enable"])
        for words in commands():
            self.assertIn(words[-1], self.complete("pawlctl " + " ".join(words)))

    def test_options_of_the_command_and_everywhere(self):
        self.assertEqual(self.complete("pawlctl user add --pass"), ["--password-stdin"])
        self.assertEqual(self.complete("pawlctl user add --js"), ["--json"])
        self.assertEqual(self.complete("pawlctl user ls --pass"), [])

    def test_values(self):
        self.assertEqual(self.complete("pawlctl --color a"), ["always", "auto"])
        self.assertEqual(self.complete("pawlctl --color=n"), ["never"])
        self.assertEqual(self.complete("pawlctl key rotate "), ["capsule", "refresh", "signing"])
        self.assertEqual(self.complete("pawlctl token mint 1 --only a"), ["access"])
        self.assertEqual(self.complete("pawlctl user add x --username "), [])

    def test_a_value_is_no_command(self):
        self.assertEqual(self.complete("pawlctl --url user us"), ["user"])
        self.assertEqual(self.complete("pawlctl --json user rm --y"), ["--yes"])

    def test_files(self):
        with tempfile.TemporaryDirectory() as home:
            pathlib.Path(home, "token file").touch()
            pathlib.Path(home, "tofu").touch()
            self.assertEqual(self.complete("pawlctl --token-file tof", cwd=home), ["tofu"])


class Readme(unittest.TestCase):
    def test_the_table_of_commands_is_the_programs(self):
        self.assertTrue(pawlctl("man", "--table").out.strip() in (ROOT / "docs" / "pawlctl.md").read_text(),
                        "put what `pawlctl man --table` prints into docs/pawlctl.md")


if __name__ == "__main__":
    case.main()
