#!/usr/bin/env python3
"""What is wrong with a description ends the build, and the message says where (app/openapi/assemble.py)."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ASSEMBLE = ROOT / "app/openapi/assemble.py"


class Assemble(unittest.TestCase):
    def setUp(self):
        home = tempfile.TemporaryDirectory(prefix="pawl-test-")
        self.addCleanup(home.cleanup)
        self.app = pathlib.Path(home.name) / "app"
        for folder in ("openapi", "handler"):
            (self.app / folder).mkdir(parents=True)
            for path in (ROOT / "app" / folder).glob("*.json"):
                shutil.copy(path, self.app / folder)
        self.session = self.app / "handler/session.json"
        self.out = self.app / "contract.json"

    def assemble(self):
        ran = subprocess.run([sys.executable, str(ASSEMBLE), str(self.app), str(self.out)], capture_output=True, text=True)
        return ran.returncode, ran.stderr

    def refused(self, change, *words):
        """`change` is made to session.json; the message has every one of `words`."""
        described = json.loads(self.session.read_text())
        change(described)
        self.session.write_text(json.dumps(described))
        status, message = self.assemble()
        self.assertEqual(status, 1, message)
        for word in words:
            self.assertIn(word, message)

    def test_the_files_of_the_tree_are_good(self):
        self.assertEqual(self.assemble(), (0, ""))
        contract = json.loads(self.out.read_text())
        self.assertEqual(set(contract), {"document", "refusals", "handlers"})
        self.assertIn("list_sessions", contract["handlers"]["session"]["operations"])

    def test_what_does_not_parse_is_named(self):
        self.session.write_text('{"tag": "sessions",}')
        status, message = self.assemble()
        self.assertEqual(status, 1)
        self.assertIn("session.json", message)

    def test_a_member_that_is_given_twice_is_named(self):
        self.session.write_text('{"tag": "sessions", "tag": "tokens", "operations": {}}')
        status, message = self.assemble()
        self.assertEqual(status, 1)
        self.assertIn("given twice", message)

    def test_an_operation_says_what_it_is_and_what_it_answers(self):
        for member in ("summary", "description", "responses"):
            with self.subTest(member):
                self.setUp()
                self.refused(lambda d: d["operations"]["logout"].pop(member), "session.json", "logout", member)

    def test_error_responses_come_from_the_row(self):
        self.refused(lambda d: d["operations"]["logout"]["responses"].update({"404": {"description": "Not found."}}),
                     "logout", "404", "session.cpp")

    def test_members_that_nothing_reads_are_named(self):
        self.refused(lambda d: d["operations"]["logout"].update({"sumary": ""}), "logout", "sumary")
        self.setUp()
        self.refused(lambda d: d.update({"schema": {}}), "session.json", "schema")

    def test_an_operation_or_a_schema_has_one_home(self):
        self.refused(lambda d: d["operations"].update({"login": d["operations"]["logout"]}), "login", "session", "token")
        self.setUp()
        self.refused(lambda d: d["schemas"].update({"Token": {}}), "Token", "session", "token")

    def test_references_lead_somewhere(self):
        self.refused(lambda d: d["schemas"].pop("Session"), "#/components/schemas/Session", "nowhere")

    def test_a_schema_that_nothing_refers_to_is_named(self):
        self.refused(lambda d: d["schemas"].update({"Forgotten": {}}), "Forgotten")


if __name__ == "__main__":
    unittest.main()
