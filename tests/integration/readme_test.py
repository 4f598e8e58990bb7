"""What README and the pages show, pasted as it stands, prints what they say it prints, and README is short."""
import os
import pathlib
import re
import subprocess
import unittest

from support import case
from support.pawlctl import BINARY as PAWLCTL, environment
from support.pawld import ROOT, Pawld

PAGE_URL = "http://127.0.0.1:8080"
README_WORDS_MAX = 1500
# In the order in which they send their reader on: each goes on where the one before ended.
PAGES = ("README.md", "docs/clients.md", "docs/pawlctl.md")


def text_of(page):
    return (ROOT / page).read_text()


def console_blocks(page):
    """Lists of (command, expected output) of every ```console block."""
    for block in re.findall(r"```console\n(.*?)```", text_of(page), re.DOTALL):
        steps = []
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], ""])
            else:
                steps[-1][1] += line + "\n"
        yield steps


def masked(text):
    """What differs from run to run, and tokens that the pages cut short."""
    text = re.sub(r"eyJ[\w.…-]+", "JWT", text)
    text = re.sub(r"prt_[\w…-]+", "REFRESH", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "URL", text)
    return re.sub(r"\b[0-9a-f]{32}\b", "ID", text)


class Sessions(unittest.TestCase):
    def test_every_session_prints_what_it_says(self):
        with Pawld(dev=False) as server:
            for page in PAGES:
                blocks = list(console_blocks(page))
                self.assertTrue(blocks, page)
                for steps in blocks:
                    self.session(steps, server)
                    server.restart(how=9)  # between two blocks the reader kills the server and starts it again

    def session(self, steps, server):
        """All commands of a block in one shell, as a reader's terminal would have it."""
        mark = "--- next ---"
        # The shell's variables and files of one block are there in the next: the pages say nothing else.
        # As `tools/run` has them: where it serves, its data, its programs.
        places = ((PAGE_URL, server.url), ("snapshots/dev", server.data_dir), ("$PWD/build/bin", os.path.dirname(PAWLCTL)))
        script = ""
        for command, _ in steps:
            for written, real in places:
                command = command.replace(written, real)
            script += "%s\necho\necho '%s'\n" % (command, mark)
        state = pathlib.Path(server.home, "state")
        script = "[ ! -f state ] || . ./state\napi=%s\n" % server.url + script + "declare -f field > state\n"
        done = subprocess.run(["bash", "-c", script], cwd=server.home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=120, env=environment(), check=False)  # as a terminal shows both
        self.assertTrue(state.exists())
        outputs = done.stdout.split(mark + "\n")[:-1]
        self.assertEqual(len(outputs), len(steps))
        for (command, expected), output in zip(steps, outputs):
            self.assertEqual(masked(output).strip(), masked(expected).strip(), command)


class Pages(unittest.TestCase):
    def test_readme_is_short(self):
        self.assertLessEqual(len(text_of("README.md").split()), README_WORDS_MAX)

    def test_the_packages_that_readme_installs_are_of_this_version(self):
        version = re.search(r"^project\(pawl VERSION ([0-9.]+)", text_of("CMakeLists.txt"), re.MULTILINE).group(1)
        found = re.findall(r"pawl(?:_pytest|-fixture)?[-_](\d+\.\d+\.\d+)", text_of("README.md"))
        self.assertGreater(len(found), 5)
        self.assertEqual(set(found), {version})

    def test_the_table_of_options_is_the_one_of_the_program(self):
        done = subprocess.run([os.environ.get("PAWLD", ROOT / "build/bin/pawld"), "--help"], capture_output=True, text=True,
                              check=True)
        options = set(re.findall(r"^  (--[a-z0-9-]+)", done.stdout, re.MULTILINE))
        self.assertGreater(len(options), 30)
        table = set(re.findall(r"^\| `(--[a-z0-9-]+)` \|", text_of("docs/configuration.md"), re.MULTILINE))
        self.assertEqual(options, table)


if __name__ == "__main__":
    case.main()
