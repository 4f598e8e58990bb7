#!/usr/bin/python3
"""The map of the code in docs/architecture.md names every folder that has sources, and no folder that is not there.

Of core, storage, app and tools each folder has a row of its own, of tests each folder in it. Elsewhere a row of the top folder
(packaging) is enough. Prints what is missing or too much, and exits 1.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE, SECTION = "docs/architecture.md", "Map of the code"
WHOLE = ("core", "storage", "app", "tools")  # every folder in these, however deep
DEPTH = {"tests": 2}  # what is deeper belongs to the row above it; else 1
SOURCES = (".hpp", ".cpp", ".c", ".py", ".mjs", ".js", ".ts", ".cmake", ".sh", ".lua", ".pml", ".json", ".service")


def folders_of(names):
    """The folders that need a row, of the names of all files."""
    found = set()
    for name in names:
        parts = name.split("/")[:-1]
        program = parts[:1] in (["tests"], ["tools"]) and "." not in name.rsplit("/", 1)[-1]
        if not parts or parts[0].startswith(".") or not (name.endswith(SOURCES) or program):
            continue
        found.add("/".join(parts if parts[0] in WHOLE else parts[:DEPTH.get(parts[0], 1)]))
    return found


def rows_of(text):
    """The folders in the first column of the section's table."""
    section = text.split("\n## %s\n" % SECTION, 1)
    if len(section) < 2:
        return []
    cells = re.findall(r"^\| ([^|]*) \|", section[1].split("\n## ", 1)[0], re.MULTILINE)
    return [folder.rstrip("/") for cell in cells for folder in re.findall(r"`([^`]+)`", cell)]


def wrong(names, text):
    folders, rows = folders_of(names), rows_of(text)
    there = {"/".join(name.split("/")[:depth]) for name in names for depth in range(1, name.count("/") + 1)}
    return (["%s: no row for the folder %s" % (PAGE, folder) for folder in sorted(folders - set(rows))] +
            ["%s: no folder %s" % (PAGE, row) for row in rows if row not in there] +
            ["%s: two rows for %s" % (PAGE, row) for row in sorted(set(rows)) if rows.count(row) > 1])


def tried():
    """The check itself, on a tree made for it."""
    names = ["core/one/a.cpp", "tests/bench/lua/b.lua", "docs/c.md"]
    page = "# A\n\n## %s\n\n| folder | what |\n|---|---|\n%%s\n## Next\n| `docs` | x |\n" % SECTION
    cases = {"| `core/one`, `tests/bench` | x |": 0, "| `core/one` | x |": 1, "| `core/one` | x |\n| `tests/bench` | `core/two` |": 0,
             "| `core/one`, `tests/bench`, `core/two` | x |": 1, "| `core/one`, `core/one`, `tests/bench` | x |": 1, "": 2}
    return ["the check itself: %r" % rows for rows, count in cases.items() if len(wrong(names, page % rows)) != count]


def main():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split("\n")
    names = [name for name in names if name and (ROOT / name).is_file()]
    found = tried() + wrong(names, (ROOT / PAGE).read_text())
    print("\n".join(found) if found else "%d folders" % len(folders_of(names)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
