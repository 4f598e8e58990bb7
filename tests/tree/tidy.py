#!/usr/bin/python3
"""The style of the tree as a test: what would creep in unseen. Prints every place that breaks a rule, and exits 1."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CODE = (".cpp", ".hpp", ".py", ".cmake", ".sh", ".mjs")
LINE_COLUMNS_MAX = 140   # clang-format holds C++ to 120; long literals may stand out
FILE_LINES_MAX = 600
# This file names the words it bans; vectors are strings made by others.
EXEMPT = ("tests/tree/tidy.py", "tests/core/password_vectors.hpp")
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def main():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split("\n")
    wrong = []
    for name in names:
        path = ROOT / name
        if not name or not path.is_file() or path.suffix not in CODE or name in EXEMPT:
            continue
        lines = path.read_text().split("\n")
        if lines[-1] != "":
            wrong.append("%s: no newline at the end" % name)
        if len(lines) > FILE_LINES_MAX:
            wrong.append("%s: %d lines; at most %d" % (name, len(lines), FILE_LINES_MAX))
        if path.suffix == ".hpp" and not any(line == "#pragma once" for line in lines):
            wrong.append("%s: no #pragma once" % name)
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS_MAX:
                wrong.append("%s:%d: %d columns; at most %d" % (name, number, len(line), LINE_COLUMNS_MAX))
            if line != line.rstrip():
                wrong.append("%s:%d: white space at the end" % (name, number))
            if "\t" in line:
                wrong.append("%s:%d: a tab" % (name, number))
            if BANNED.search(line):
                wrong.append("%s:%d: unfinished business" % (name, number))
    print("\n".join(wrong) if wrong else "%d files" % len(names))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
