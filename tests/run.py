#!/usr/bin/python3
"""Runs every test of the tree in parallel and ends with "N passed, N failed[, N skipped]".

A job is one process: a unit test executable, one file of tests/integration, or a check of the tree. tools/test calls
this; arguments after -- pick jobs by a word in their names.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

import turns

ROOT = pathlib.Path(__file__).resolve().parent.parent
JOB_SECONDS_MAX = 1500
STARTED = float(os.environ.get("TESTS_BEGAN") or time.time())  # tools/test builds the release before
# CI is ended after 90 minutes, and all is lost then. Nothing is compiled for a sanitizer after these, and what is not compiled by
# then is skipped and counted: where no compiler cache is, the first run has no time for all. Elsewhere there is no such bound.
BUILD_SECONDS_MAX = 74 * 60 if os.environ.get("CI") == "true" else 86400
TIDY_SECONDS_MAX = 3600
UNIT = ("core_tests", "storage_tests", "schedule_tests", "app_tests", "tools_tests")
OF_TSAN = ("core_tests", "storage_tests")  # schedule_tests has one thread at work at any time
OF_ASAN = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1",
           "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
# A process whose disk fails ends at once and joins no thread: no leak.
OF_TSAN_RUNTIME = {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:report_thread_leaks=0:suppressions=%s" %
                   (ROOT / "tests" / "tsan.supp")}
COUNTING = ("app_allocation_tests",)  # counts what a release allocates
NOT_SANITIZED = ("docs_page", "examples", "fastapi_docs", "fixtures", "migrate", "verify_elsewhere")  # others drive it too
MUTATION_PARTS = 4  # of the mutations, one at a turn
OF_THE_TOOL = ("pawlctl", "readme")  # need pawlctl


class Outcome:
    def __init__(self, passed=0, failed=0, skipped=0, text=""):
        self.passed, self.failed, self.skipped, self.text = passed, failed, skipped, text


def seconds_to_build():
    return BUILD_SECONDS_MAX - (time.time() - STARTED)


def run(command, env=None, cwd=ROOT, seconds=JOB_SECONDS_MAX):
    """Exit status and everything printed; a job that hangs is killed and reported as such (124). One with a bound of its own is
    killed with all it started: a build has many compilers."""
    apart = seconds != JOB_SECONDS_MAX
    with subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=apart) as process:
        try:
            text, _ = process.communicate(timeout=seconds)
            return process.returncode, text.decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            (os.killpg if apart else os.kill)(process.pid, signal.SIGKILL)
            text, _ = process.communicate()
            return 124, text.decode("utf-8", "replace") + "\ntook longer than %d s" % seconds


def unit(executable, suite, env):
    """One suite of a Boost.Test executable, counted by test case. `SKIPPED n why` lines count as skipped."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        command = [str(executable), "--report_level=detailed", "--report_format=XML", "--report_sink=" + report.name,
                   "--color_output=no", "--catch_system_errors=no"]
        if suite:
            command.append("--run_test=" + suite)
        status, text = run(command, env)
        outcome = Outcome(text=text)
        try:
            for case in ElementTree.parse(report.name).iter("TestCase"):
                if case.get("result") == "passed":
                    outcome.passed += 1
                elif case.get("result") != "skipped":
                    outcome.failed += 1
        except ElementTree.ParseError:
            pass
    for count in re.findall(r"^SKIPPED (\d+)", text, re.MULTILINE):
        outcome.skipped += int(count)
    if status != 0 and outcome.failed == 0:
        outcome.failed = 1
        outcome.text += "\nexit status %d" % status
    return outcome


def suites_of(executable, env):
    """The top-level suites, so that they run in parallel; [''] where there are none."""
    _, text = run([str(executable), "--list_content"], env)
    names = [line.rstrip("*") for line in text.splitlines() if line and not line.startswith(" ")]
    return names or [""]


def integration(path, env):
    """One file of tests/integration (unittest); it prints its counts as the last line, in JSON."""
    status, text = run(["/usr/bin/python3", str(path)], env)
    try:
        counts = json.loads(text.rstrip().rsplit("\n", 1)[-1])
        outcome = Outcome(counts["passed"], counts["failed"], counts["skipped"], text)
    except (ValueError, KeyError, TypeError):
        outcome = Outcome(0, 1, 0, text)
    if status != 0 and outcome.failed == 0:
        outcome.failed = 1
        outcome.text += "\nexit status %d" % status
    return outcome


def check(command, env=None, seconds=JOB_SECONDS_MAX):
    """A command that says by its exit status whether it passed; 77 is skipped."""
    status, text = run(command, env, seconds=seconds)
    return Outcome(status == 0, status not in (0, 77), status == 77, text)


def tests_of(build, label, env, as_released, units=UNIT):
    """(name, function) of all tests that run on one build directory; pawlctl is there where all units are."""
    jobs = []
    # The long ones first: they decide how long it all takes.
    long = ("verify_elsewhere", "fixtures", "docs_page", "tls", "events", "crash", "pawlctl_move", "pawlctl_log", "webhook")
    pawld = build / "bin" / "pawld"
    pawlctl = (build if units == UNIT else ROOT / "build") / "bin" / "pawlctl"  # where it is not built, the release's
    env = {**env, "PAWLD": str(pawld), "PAWLCTL": str(pawlctl), "PAWL_BUILD": str(build)}
    for path in sorted((ROOT / "tests" / "integration").glob("*_test.py"),
                       key=lambda p: (not p.name.startswith(long), p.name)):
        if path.name.startswith(NOT_SANITIZED) and not as_released or path.name.startswith(OF_THE_TOOL) and units != UNIT:
            continue
        jobs.append((label + path.stem, lambda path=path: integration(path, env)))
    for name in units + (COUNTING if as_released else ()):
        executable = build / "bin" / name
        for suite in suites_of(executable, env):
            jobs.append((label + name + "/" + suite,
                         lambda executable=executable, suite=suite: unit(executable, suite, env)))
    return jobs


def checks_of_the_tree():
    jobs = [("forgotten entity", lambda: check(["/usr/bin/python3", "tests/tree/forgotten_entity.py"])),
            ("layering", lambda: check(["/usr/bin/python3", "tests/tree/layering.py"])),
            ("style of the tree", lambda: check(["/usr/bin/python3", "tests/tree/tidy.py"])),
            ("references", lambda: check(["/usr/bin/python3", "tests/tree/references.py"])),
            ("map of the code", lambda: check(["/usr/bin/python3", "tests/tree/map.py"])),
            ("warnings are errors", lambda: check(["/usr/bin/python3", "tests/tree/werror.py"])),
            ("turns", lambda: check(["/usr/bin/python3", "tests/tree/turns_test.py"])),
            ("openapi descriptions", lambda: check(["/usr/bin/python3", "tests/openapi/assemble_test.py"]))]
    if (ROOT / "tests/openapi/lint").exists():
        jobs.append(("openapi lint", lambda: check(["tests/openapi/lint"])))
    return jobs


def survival(ran):
    """Short slices of tests/soak, and of what takes turns those whose turn it is: each says by 77 where it cannot run."""
    env = {"PAWLD": str(ROOT / "build" / "bin" / "pawld")}
    slices = ["disk_full", "power_cut 8", "writeback_error 4", "syscall_sweep --slice %d/9" % (1 + os.getpid() % 9),
              "histories --operations 30000 --crashes 3", "histories --clock --operations 30000 --crashes 4"]
    if "soak" in ran:
        slices += ["power_cut 40", "writeback_error 12", "histories --operations 150000 --crashes 12"]
    jobs = [("mutations apply", lambda: check(["tests/mutations/run", "--check"]))]
    if "model" in ran:
        jobs.insert(0, ("model", lambda: check(["tests/model/run"])))
    return jobs + [("soak: " + line, lambda line=line: check(["tests/soak/" + line.split()[0], *line.split()[1:]], env))
                   for line in slices]


def run_jobs(jobs, total):
    workers = 1 + 2 * max(2, os.cpu_count() or 2)  # many wait for a deadline most of their time
    with concurrent.futures.ThreadPoolExecutor(max_workers=workers) as pool:
        def timed(function):
            start = time.monotonic()
            return function(), time.monotonic() - start
        futures = {pool.submit(timed, function): name for name, function in jobs}
        for future in concurrent.futures.as_completed(futures):
            outcome, seconds = future.result()
            total.passed += outcome.passed
            total.failed += outcome.failed
            total.skipped += outcome.skipped
            print("%-5s %-48s %4d passed%s%s  %.1f s" % (
                "FAIL" if outcome.failed else "ok", futures[future], outcome.passed,
                ", %d failed" % outcome.failed if outcome.failed else "",
                ", %d skipped" % outcome.skipped if outcome.skipped else "", seconds), flush=True)
            if outcome.failed:
                print(outcome.text[-12000:], flush=True)


def sanitized(preset, env, words, total, units=UNIT, whole=True):
    """Builds a preset and runs the tests of it, without those of the server unless `whole`; a build that fails counts
    as one failure, one for which there is no time as one skipped. Whether it was built."""
    print("== %s%s" % (preset, "" if whole else ", what the change reaches"), flush=True)
    start = time.monotonic()
    programs = ["pawld"] if whole else []
    status, text = 124, ""
    if seconds_to_build() > 0:
        status, text = run(["tools/build", preset, *programs, *(("pawlctl",) if whole and units == UNIT else ()), *units],
                           seconds=seconds_to_build())
    if status == 124:
        print("skip  build %s: no time for it" % preset, flush=True)
        total.skipped += 1
        return False
    built = Outcome(status == 0, status != 0, 0, text)
    print("%-5s build %s  %.1f s" % ("FAIL" if built.failed else "ok", preset, time.monotonic() - start), flush=True)
    if built.failed:
        print(built.text[-12000:], flush=True)
        total.failed += 1
        return True
    jobs = tests_of(ROOT / "build" / preset, preset + ": ", {**env, "PAWL_SANITIZED": preset}, False, units)
    if not whole:
        jobs = [job for job in jobs if "_tests/" in job[0]]
    run_jobs(chosen(jobs, words), total)
    return True


def long_tests(words, total, whole):
    """What follows the tests of the release: all that every landing needs, and the long ones whose turn it is."""
    record = turns.read()
    ran, changed = turns.due(record, whole or bool(words)), turns.changed_since(record)
    print("== survival; this landing's turn: %s" % ", ".join(ran), flush=True)
    run_jobs(chosen(survival(ran), words), total)
    if not words:
        print("== style", flush=True)
        sources = None if "tidy" in ran else turns.sources_reached(changed)
        jobs = [("clang-format", lambda: check(["tests/tree/format"]))]
        if sources != []:
            jobs.append(("clang-tidy", lambda: check(["tests/tree/clang_tidy", *(sources or [])], seconds=TIDY_SECONDS_MAX)))
        run_jobs(jobs, total)
    had_time = True
    for preset, env, units in (("asan", OF_ASAN, UNIT), ("tsan", OF_TSAN_RUNTIME, OF_TSAN)):
        reached = units if preset in ran else turns.units_reached(changed, units)
        if reached:
            had_time = sanitized(preset, env, words, total, reached, preset in ran) and had_time
        if preset == "asan" and "fuzz" in ran and had_time and seconds_to_build() > 0:
            print("== fuzz", flush=True)
            run_jobs(chosen([("fuzz", lambda: check(["tests/fuzz/run"]))], words), total)
    if "mutations" in ran:
        print("== mutations", flush=True)
        part = "%d/%d" % ((record or {}).get("landing", 0) // turns.LANDINGS_MAX % MUTATION_PARTS + 1, MUTATION_PARTS)
        run_jobs(chosen([("mutations " + part, lambda: check(["tests/mutations/run", "--part", part]))], words), total)
    if not words and not total.failed and had_time:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
        turns.write(turns.after(record, ran, head.stdout.strip()))
        print("tests/turns.json says what ran: commit it with what is landed", flush=True)


def chosen(jobs, words):
    return [job for job in jobs if not words or any(word in job[0] for word in words)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true", help="sanitizers, formatting and clang-tidy too")
    parser.add_argument("--whole", action="store_true", help="with --all: all long tests, not only those whose turn it is")
    parser.add_argument("--sanitizer", choices=("asan", "tsan", "clang-tsan"),
                        help="all units and integration tests of this preset, no more")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    total = Outcome()
    if arguments.sanitizer:
        sanitized(arguments.sanitizer, OF_ASAN if arguments.sanitizer == "asan" else OF_TSAN_RUNTIME, arguments.words, total)
        return report(total)
    print("== release", flush=True)
    run_jobs(chosen(checks_of_the_tree() + tests_of(ROOT / "build", "", {}, True), arguments.words), total)
    if arguments.all:
        long_tests(arguments.words, total, arguments.whole)
    return report(total)


def report(total):
    print("%d passed, %d failed%s" % (total.passed, total.failed,
                                      ", %d skipped" % total.skipped if total.skipped else ""), flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
