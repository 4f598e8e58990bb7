"""tools/package check: each form goes into an empty place and is used there. Ends with "N passed, N failed, N skipped"."""
import importlib
import os
import pathlib
import shutil
import tempfile
import time
import traceback

from make.common import Fail, epoch, need
from make.serving import Wrong

MODULES = ("check_static", "check_oci", "check_container", "check_deb", "check_repo", "check_fixtures", "check_same", "check_arm64")
SECTIONS = ("static", "oci", "container", "deb", "repo", "fixtures", "same", "arm64")


class Skip(Exception):
    """A check that can't be done here, and what it lacks."""


def need_root():
    if os.geteuid() != 0:
        raise Skip("only root may chroot")


def need_tool(tool, package):
    try:
        return need(tool, package)
    except Fail as failure:
        raise Skip(str(failure)) from failure


class Places:
    """Directories that live as long as the checks, and what was made once for several of them."""

    def __init__(self):
        self._root = tempfile.mkdtemp(prefix="pawl-package-")
        os.chmod(self._root, 0o755)
        self._made, self._count = {}, 0

    def fresh(self, name):
        self._count += 1
        place = pathlib.Path(self._root, "%d-%s" % (self._count, name))
        place.mkdir()
        return place

    def once(self, name, make):
        """What make(directory) gives, made at the first call."""
        if name not in self._made:
            self._made[name] = make(self.fresh(name))
        return self._made[name]

    def close(self):
        shutil.rmtree(self._root, ignore_errors=True)


def all_checks():
    """(name, function of Places, whether it is quick), in order. A function is a check where its name begins with check_."""
    for section, module in zip(SECTIONS, MODULES):
        loaded = importlib.import_module("make." + module)
        for name, function in vars(loaded).items():
            if name.startswith("check_") and getattr(function, "__module__", "") == loaded.__name__:
                yield section + ": " + name[len("check_"):].replace("_", " "), function, name in loaded.QUICK


def outcome_of(function, places):
    """("passed" | "failed" | "skipped", why)."""
    try:
        function(places)
    except Skip as why:
        return "skipped", str(why)
    except (Wrong, Fail) as why:
        return "failed", str(why)
    except Exception:  # pylint: disable=broad-except  (a check that breaks has failed; the others go on)
        return "failed", traceback.format_exc()
    return "passed", ""


def is_wanted(word, name, quick):
    """A section's name takes all of it, "quick" the quick ones, another word those that have it in their names."""
    if word in SECTIONS:
        return name.startswith(word + ":")
    return quick if word == "quick" else word in name


def main(word):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    places = Places()
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(epoch()))  # a commit meanwhile would make other bytes
    try:
        for name, function, quick in all_checks():
            if not is_wanted(str(word) if word else "", name, quick):
                continue
            start = time.monotonic()
            outcome, why = outcome_of(function, places)
            counts[outcome] += 1
            print("%-8s %s  %.1f s%s" % (outcome, name, time.monotonic() - start, "\n" + why if why else ""), flush=True)
    finally:
        places.close()
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    return 1 if counts["failed"] or not counts["passed"] else 0
