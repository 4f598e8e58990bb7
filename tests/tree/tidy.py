#!/usr/bin/python3
"""The style of the tree as a test: what would creep in unseen. Prints every place that breaks a rule, and exits 1."""
import pathlib
import re
import subprocess
import sys

import functions

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CODE = (".cpp", ".hpp", ".py", ".cmake", ".sh", ".mjs")
LINE_COLUMNS_MAX = 140   # clang-format holds C++ to 120; long literals may stand out
# CONTRIBUTING.md says the same three numbers.
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400        # of the program
OTHER_FILE_LINES_MAX = 600  # of tests and scripts
PROGRAM = ("app/", "core/", "storage/", "tools/")
# What is longer, and may become no longer: lines of the file; lines of its longest function.
LONGER_FILES = {}
LONGER_FUNCTIONS = {
    "tests/app/config_test.cpp": 164,
    "tests/core/key_ring_test.cpp": 75,
    "tests/core/service_durability_test.cpp": 77,
    "tests/storage/store_lifecycle_test.cpp": 80,
}
# This file names the words it bans; vectors are strings made by others.
EXEMPT = ("tests/tree/tidy.py", "tests/core/password_vectors.hpp")
NOT_READ = ("tests/fuzz/corpus/", "LICENSE")  # bytes for fuzzers; a text that others wrote
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Words that plain sentences do without, in all that people read. A login name in quotes or after "=" is no word.
WORDS = re.compile(r"\b([Ww]hoever|Null\swhere|[Ll]ikewise|[Nn]eeds?\s(//\s|#\s)?not|(?<![\"=])[Nn]obody)\b")


def too_long(name, text):
    """What of this file is longer than it may be."""
    allowed = LONGER_FILES.get(name, FILE_LINES_MAX if name.startswith(PROGRAM) else OTHER_FILE_LINES_MAX)
    lines = text.count("\n")
    wrong = ["%s: %d lines; at most %d" % (name, lines, allowed)] if lines > allowed else []
    if not name.endswith((".cpp", ".hpp")):
        return wrong
    allowed = LONGER_FUNCTIONS.get(name, FUNCTION_LINES_MAX)
    try:
        return wrong + ["%s:%d: a function of %d lines; at most %d" % (name, first, count, allowed)
                        for first, count in functions.functions(text) if count > allowed]
    except ValueError as why:
        return wrong + ["%s: %s" % (name, why)]


def unplain_words(name, text):
    """The words of this file that plain sentences do without."""
    return ["%s:%d: %r is no plain word" % (name, text.count("\n", 0, found.start()) + 1, found.group())
            for found in WORDS.finditer(text)]


def main():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split("\n")
    wrong = functions.check()
    wrong += ["tests/tree/tidy.py: %s is not there" % name for name in [*LONGER_FILES, *LONGER_FUNCTIONS]
              if not (ROOT / name).exists()]
    for name in names:
        path = ROOT / name
        if not name or not path.is_file() or name in EXEMPT or name.startswith(NOT_READ):
            continue
        text = path.read_text(errors="replace")
        wrong += unplain_words(name, text)
        if path.suffix not in CODE:
            continue
        lines = text.split("\n")
        if lines[-1] != "":
            wrong.append("%s: no newline at the end" % name)
        wrong += too_long(name, text)
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
