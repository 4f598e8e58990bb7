"""examples/ as a reader meets it: every example is listed, has a README of one screen, and README quotes what is there."""
import re
import unittest

from support import case
from support.pawld import ROOT

EXAMPLES = ROOT / "examples"
SCREEN_LINES_MAX = 45
QUOTED_LINES_MAX = 20


def folders():
    return sorted(path for path in EXAMPLES.iterdir() if path.is_dir())


def blocks(text, language):
    return re.findall(r"^```(?:%s)\n(.*?)^```" % language, text, re.DOTALL | re.MULTILINE)


class Tree(unittest.TestCase):
    def test_every_example_is_listed_and_explained_on_one_screen(self):
        listed = re.findall(r"^\| \[([a-z-]+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(sorted(listed), [path.name for path in folders()])
        for folder in folders():
            lines = (folder / "README.md").read_text().splitlines()
            self.assertLessEqual(len(lines), SCREEN_LINES_MAX, folder)

    def test_every_file_that_a_readme_links_to_is_there(self):
        for page in sorted([*EXAMPLES.rglob("*.md"), *(ROOT / "docs").rglob("*.md")]):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), "%s: %s" % (page.relative_to(ROOT), target))

    def test_every_example_has_a_test_that_runs_it(self):
        tests = "".join(path.read_text() for path in (ROOT / "tests" / "integration").glob("examples_*_test.py"))
        for folder in folders():
            self.assertIn('"%s"' % folder.name, tests)


class Quoted(unittest.TestCase):
    def quoted(self, path, language, sign):
        text = (EXAMPLES / path).read_text()
        self.assertLessEqual(len(text.splitlines()), QUOTED_LINES_MAX)
        found = [block for block in blocks((ROOT / "README.md").read_text(), language) if sign in block]
        if not found:
            self.skipTest("README does not quote examples/%s yet" % path)
        self.assertEqual(found, [text])

    def test_readme_has_the_fastapi_app_as_it_runs(self):
        self.quoted("fastapi/main.py", "python|py", "PyJWKClient")

    def test_readme_has_the_express_server_as_it_runs(self):
        self.quoted("express/server.mjs", "js|javascript|mjs", "createRemoteJWKSet")


if __name__ == "__main__":
    case.main()
