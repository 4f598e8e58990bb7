#!/usr/bin/python3
"""tests/turns.py: whatever the landings run, none of the long tests waits more than four of them."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import turns  # noqa: E402


class Turns(unittest.TestCase):
    def test_each_runs_at_least_every_fourth_landing(self):
        record, seen = None, {name: 0 for name in turns.LONG}
        for landing in range(1, 40):
            ran = turns.due(record)
            self.assertTrue(ran)
            record = turns.after(record, ran, "x")
            for name in turns.LONG:
                seen[name] = 0 if name in ran else seen[name] + 1
                self.assertLess(seen[name], turns.LANDINGS_MAX, "%s at landing %d" % (name, landing))

    def test_without_a_record_the_first_ones_run(self):
        self.assertEqual(turns.due(None), list(turns.LONG[:turns.AT_ONCE]))

    def test_one_that_the_record_does_not_know_runs_first(self):
        record = {"landing": 5, "last_run": {name: 5 for name in turns.LONG if name != "model"}}
        self.assertIn("model", turns.due(record))

    def test_whole_runs_all(self):
        self.assertEqual(turns.due({"landing": 5, "last_run": {}}, whole=True), list(turns.LONG))

    def test_a_run_beyond_its_turn_counts(self):
        record = turns.after({"landing": 1, "last_run": {}}, list(turns.LONG), "x")
        self.assertEqual(set(record["last_run"].values()), {2})

    def test_the_record_moves_on_by_landings_alone(self):
        record, ran = None, []
        for landing in range(8):
            ran.append(turns.due(record))
            record = turns.after_landing(record, "commit %d" % landing)
            self.assertEqual((record["landing"], record["commit"]), (landing + 1, "commit %d" % landing))
        for name in turns.LONG:
            self.assertTrue(any(name in of for of in ran), name)
        self.assertEqual(turns.after_landing(None, "x")["last_run"], {"asan": 1, "fuzz": 1, "tidy": 1})

    def test_checks_that_came_through_move_what_counts_as_changed_alone(self):
        record = {"landing": 3, "commit": "a", "last_run": {"tsan": 2}}
        self.assertEqual(turns.after_checks(record, "b"), {**record, "commit": "b"})
        self.assertEqual(turns.due(turns.after_checks(record, "b")), turns.due(record))
        self.assertEqual(turns.due(turns.after_checks(None, "b")), ["asan", "fuzz"])

    def test_the_record_of_the_tree_can_be_read(self):
        record = turns.read()
        if record is not None:
            self.assertTrue(set(record["last_run"]) <= set(turns.LONG))
            self.assertLessEqual(max(record["last_run"].values()), record["landing"])
            self.assertRegex(record["commit"], "^[0-9a-f]{40}$")

    def test_a_change_reaches_the_units_above_it(self):
        units = ("core_tests", "storage_tests", "app_tests")
        self.assertEqual(turns.units_reached(["storage/log/frame.cpp"], units), ("storage_tests", "app_tests"))
        self.assertEqual(turns.units_reached(["docs/adding.md"], units), ())
        self.assertEqual(turns.units_reached(None, units), units)


if __name__ == "__main__":
    unittest.main()
