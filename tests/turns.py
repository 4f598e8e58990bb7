#!/usr/bin/python3
"""Which long tests a landing runs. What every landing needs always runs; the long ones take turns, so that each runs at
least every fourth landing. tests/turns.json is the record of their last runs: it travels with the tree.

    tests/turns.py                   what the next landing runs, and what it counts as changed
    tests/turns.py --landed COMMIT   CI has passed at COMMIT: writes down what it ran there. Commit the record with what lands next
    tests/turns.py --checked COMMIT  CI failed at COMMIT, but clang-tidy and the sanitizers came through: what has not changed since
                                     counts as looked at. Whose turn it is stays as it was
"""
import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "tests" / "turns.json"
# In the order in which they run.
LONG = ("asan", "fuzz", "tsan", "tidy", "soak", "model", "mutations")
LANDINGS_MAX = 4   # between two runs of one
AT_ONCE = 2        # of those that could wait, the longest waiting ones


def due(record, whole=False):
    """Names of LONG that the landing after `record` runs. A record that does not know a name, or no record at all
    (None), means that it has waited longest."""
    if whole:
        return list(LONG)
    last = (record or {}).get("last_run", {})
    landing = (record or {}).get("landing", 0) + 1
    waited = {name: landing - last.get(name, -1) for name in LONG}
    must = [name for name in LONG if name in last and waited[name] >= LANDINGS_MAX]
    rest = sorted((name for name in LONG if name not in must), key=lambda name: (-waited[name], LONG.index(name)))
    return sorted(must + rest[:max(0, AT_ONCE - len(must))], key=LONG.index)


def after(record, ran, commit):
    """The record once `ran` passed at `commit`."""
    landing = (record or {}).get("landing", 0) + 1
    last = {name: at for name, at in (record or {}).get("last_run", {}).items() if name in LONG}
    last.update({name: landing for name in ran})
    return {"landing": landing, "commit": commit, "last_run": {name: last[name] for name in LONG if name in last}}


def after_landing(record, commit):
    """The record once CI passed at `commit`, whose tree has `record`. Without one, everything counted as changed there, so
    clang-tidy went over everything."""
    ran = due(record)
    return after(record, ran if record else sorted({*ran, "tidy"}, key=LONG.index), commit)


def after_checks(record, commit):
    """The record once clang-tidy and the sanitizers came through what had changed at `commit`, which did not land."""
    return {**(record or after(None, (), commit)), "commit": commit}


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def read():
    try:
        return parsed(RECORD.read_text())
    except OSError:
        return None


def write(record):
    RECORD.write_text(json.dumps(record, indent=2) + "\n")


def changed_since(record):
    """Paths that differ from the commit of the record, new files with them; None if that commit is not here."""
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    commit = (record or {}).get("commit", "")
    if not commit or git("cat-file", "-e", commit + "^{commit}").returncode != 0:
        return None
    different = git("diff", "--name-only", "--diff-filter=d", commit)
    new = git("ls-files", "-o", "--exclude-standard")
    return sorted(set(different.stdout.split() + new.stdout.split())) if different.returncode == 0 else None


def units_reached(changed, units):
    """Of the unit test programs, those whose sources or what they are linked with changed; all if `changed` is None."""
    if changed is None:
        return tuple(units)
    floors = {"core_tests": ("core/", "tests/core/"), "storage_tests": ("core/", "storage/", "tests/storage/"),
              "schedule_tests": ("core/", "storage/", "tests/schedules/"),
              "app_tests": ("core/", "storage/", "app/", "tests/app/"),
              "tools_tests": ("core/", "storage/", "app/", "tools/", "tests/tools/")}
    both = ("tests/support/", "cmake/", "CMakeLists.txt")
    return tuple(unit for unit in units
                 if any(path.startswith(floors.get(unit, ()) + both) for path in changed if path.endswith((".cpp", ".hpp", ".txt"))))


def sources_reached(changed):
    """Sources of the programs that changed, or that include a header which did; None: all."""
    if changed is None:
        return None
    headers = {path for path in changed if path.endswith(".hpp")}
    listed = subprocess.run(["git", "ls-files", "core/*.cpp", "storage/*.cpp", "app/*.cpp", "tools/*.cpp"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split()
    def reached(path):
        lines = (ROOT / path).read_text().splitlines()
        return path in changed or any('#include "%s"' % header in lines for header in headers)
    return [path for path in listed if reached(path)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--landed", metavar="COMMIT")
    parser.add_argument("--checked", metavar="COMMIT")
    arguments = parser.parse_args()
    commit = arguments.landed or arguments.checked
    if commit:
        def git(*arguments):
            return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        found = git("rev-parse", "--verify", "--quiet", commit + "^{commit}")
        if found.returncode != 0:
            sys.exit("there is no commit " + commit)
        there = git("show", "%s:%s" % (commit, RECORD.relative_to(ROOT)))
        write((after_landing if arguments.landed else after_checks)(parsed(there.stdout) if there.returncode == 0 else None,
                                                                    found.stdout.strip()))
    record = read()
    changed = changed_since(record)
    print("next: %s; %s" % (", ".join(due(record)), "everything counts as changed" if changed is None else
                            "%d files changed since %s" % (len(changed), record["commit"])))


if __name__ == "__main__":
    main()
