"""pawlctl init and pawlctl doctor: a server's first settings, and what it stands on."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib
import unittest

from support import case
from support.pawld import BINARY, Pawld
from support.pawlctl import environment, pawlctl


class Init(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="pawl-init-")
        self.addCleanup(shutil.rmtree, self.home)
        self.file = os.path.join(self.home, "etc", "pawl.toml")

    def init(self, *arguments):
        return pawlctl("init", "--to", self.file, *arguments)

    def in_force(self):
        done = subprocess.run([BINARY, "--config", self.file, "--print-config"], capture_output=True, text=True,
                              check=True, env=environment())
        return tomllib.loads(done.stdout)

    def test_what_was_said_is_what_the_server_reads(self):
        done = self.init("--issuer", "https://auth.example.com", "--proxy", "10.0.0.1", "--sign-up", "closed",
                         "--superuser", "root@example.com")
        self.assertEqual(done.status, 0, done)
        self.assertIn("user add --superuser root@example.com", done.err)
        found = self.in_force()
        self.assertEqual((found["issuer"], found["trusted-proxy"], found["sign-up"], found["listen"]),
                         ("https://auth.example.com", ["10.0.0.1"], "closed", ["127.0.0.1:8080"]))

    def test_mails_go_to_the_relay_that_was_named(self):
        self.assertEqual(self.init("--issuer", "https://a.example.com", "--smtp", "smtps://pawl@mail.example.com",
                                   "--smtp-password-file", "/etc/pawl/smtp", "--mail-from", "pawl@example.com").status, 0)
        found = self.in_force()
        self.assertEqual((found["smtp"], found["smtp-password-file"], found["mail-from"]),
                         ("smtps://pawl@mail.example.com", "/etc/pawl/smtp", "pawl@example.com"))

    def test_every_option_that_a_file_may_say_is_there(self):
        self.init("--issuer", "https://auth.example.com", "--proxy", "10.0.0.1")
        text = pathlib.Path(self.file).read_text()
        for name in self.in_force():
            self.assertRegex(text, r"(?m)^(# ?)?%s( =|: default)" % name)

    def test_comments_taken_away_are_the_defaults(self):
        self.init("--issuer", "https://auth.example.com", "--proxy", "10.0.0.1")
        before = self.in_force()
        path = pathlib.Path(self.file)
        path.write_text("".join(line.removeprefix("#") if line.startswith("#") and line[1:2] != " " else line
                                for line in path.read_text().splitlines(keepends=True)))
        self.assertEqual(self.in_force(), before)

    def test_a_file_that_is_there_stays_but_with_force(self):
        self.assertEqual(self.init("--issuer", "https://a.example.com").status, 0)
        done = self.init("--issuer", "https://b.example.com")
        self.assertEqual((done.status, self.in_force()["issuer"]), (1, "https://a.example.com"))
        self.assertEqual(self.init("--issuer", "https://b.example.com", "--force").status, 0)
        self.assertEqual(self.in_force()["issuer"], "https://b.example.com")

    def test_a_file_that_sets_nothing_is_no_loss(self):
        path = pathlib.Path(self.file)
        path.parent.mkdir()
        for text, status in (("# as the Debian package brings it\n\n  #issuer = \"\"\n", 0), ("", 0), ("# one\nlisten = []\n", 1)):
            path.write_text(text)
            done = self.init("--issuer", "https://a.example.com")
            self.assertEqual((done.status, path.read_text() == text), (status, status == 1), done)

    def test_a_person_is_not_asked_for_what_is_not_taken(self):
        self.assertEqual(self.init("--issuer", "https://a.example.com").status, 0)
        done = self.init()  # no issuer, which else is the first thing it says
        self.assertEqual((done.status, "is there already" in done.err), (1, True), done)

    def test_what_the_server_would_refuse_is_not_written(self):
        for wrong in (("--issuer", "auth.example.com"), (), ("--issuer", "https://a.example.com", "--proxy", "x"),
                      ("--issuer", "https://a.example.com", "--smtp", "smtp://mail.example.com"),
                      ("--issuer", "https://a.example.com", "--mail-from", "pawl@example.com")):
            done = self.init(*wrong)
            self.assertEqual(done.status, 2, done)
            self.assertEqual(done.err.count("\n"), 1)
            self.assertFalse(os.path.exists(self.file))

    def test_a_place_that_takes_no_file_is_one_line(self):
        done = pawlctl("init", "--to", "/proc/pawl.toml", "--issuer", "https://a.example.com")
        self.assertEqual((done.status, done.err.count("\n")), (70, 1), done)


class Doctor(unittest.TestCase):
    def findings(self, *arguments):
        done = pawlctl("--json", *arguments)
        return done.status, {f["about"]: f for f in map(json.loads, done.out.splitlines())}

    def test_each_thing_is_found_and_said(self):
        with Pawld() as server:
            status, found = self.findings("--data-dir", server.data_dir, "doctor")
            self.assertEqual(status, 0, found)
            self.assertEqual(set(found), {"clock", "disk", "permissions", "proxy", "issuer", "keys", "backups"})
            self.assertEqual(found["permissions"]["state"], "good")
            self.assertEqual(found["keys"]["state"], "good")

    def test_an_issuer_that_does_not_answer_is_a_problem(self):
        with Pawld() as server:
            settings = os.path.join(server.home, "pawl.toml")
            with open(settings, "w", encoding="utf-8") as file:
                file.write('issuer = "http://127.0.0.1:9"\n')
            status, found = self.findings("--data-dir", server.data_dir, "--config", settings, "doctor")
            self.assertEqual((status, found["issuer"]["state"]), (1, "problem"))

    def test_an_issuer_that_answers_as_itself_is_good(self):
        with Pawld() as server:
            settings = os.path.join(server.home, "pawl.toml")
            with open(settings, "w", encoding="utf-8") as file:
                file.write('issuer = "%s"\n' % server.url)
            _, found = self.findings("--data-dir", server.data_dir, "--config", settings, "doctor")
            self.assertEqual(found["issuer"]["state"], "good", found)


if __name__ == "__main__":
    case.main()
