#!/usr/bin/python3
"""Includes point down the floors that docs/architecture.md draws: a room (a folder with sources) may include itself and
the rooms of lower floors. core knows no HTTP, files, sockets, threads or wall clock. Prints every include that breaks
this, every room without a floor and every floor without a room, and exits 1."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OURS = ("core", "storage", "app", "tools")
DRAWING = "docs/architecture.md"
# What a folder may not include from outside, as regular expressions of the name between the brackets.
FORBIDDEN = {
    "core": [r"boost/beast", r"boost/url", r"boost/asio(?!/awaitable\.hpp$)", r"fstream$", r"filesystem$", r"thread$",
             r"mutex$", r"shared_mutex$", r"condition_variable$", r"future$", r"sys/", r"unistd\.h$", r"fcntl\.h$",
             r"netinet/", r"iostream$"],
    "storage": [r"boost/beast", r"boost/url"],
}
FORBIDDEN_TEXT = {"core": [(re.compile(r"_clock::now\s*\(|\btime\s*\(\s*(nullptr|NULL|0)\s*\)|\bclock_gettime\b"),
                            "reads the clock")]}
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def floors():
    """{room: floor}, 0 at the top, as the block after <!-- floors --> has them: one line a floor, rooms by blanks."""
    text = (ROOT / DRAWING).read_text()
    block = re.search(r"<!-- floors -->\s*```\n(.*?)```", text, re.S)
    if not block:
        sys.exit("%s: no drawing of the floors" % DRAWING)
    lines = [line.split("  #")[0].split() for line in block.group(1).splitlines() if line.strip()]
    return {room: n for n, rooms in enumerate(lines) for room in rooms}


def room_of(path):
    return path.rsplit("/", 1)[0]


def wrong_in(name, floor):
    room, top = room_of(name), name.split("/", 1)[0]
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        include = INCLUDE.match(line)
        if include and include.group(1) == '"' and include.group(2).split("/", 1)[0] in OURS:
            other = room_of(include.group(2))
            if other != room and floor.get(other, -1) <= floor.get(room, -1):
                yield "%s:%d: %s may not include %s" % (name, number, room, include.group(2))
        if include and any(re.match(pattern, include.group(2)) for pattern in FORBIDDEN.get(top, [])):
            yield "%s:%d: %s may not include <%s>" % (name, number, top, include.group(2))
        for pattern, what in FORBIDDEN_TEXT.get(top, []):
            if pattern.search(line):
                yield "%s:%d: %s %s" % (name, number, top, what)


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.hpp", "*.cpp"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split()
    files = [name for name in listed if name.split("/", 1)[0] in OURS and (ROOT / name).exists()]
    floor = floors()
    rooms = {room_of(name) for name in files}
    wrong = ["%s: %s has no floor" % (DRAWING, room) for room in sorted(rooms - set(floor))]
    wrong += ["%s: %s has no sources" % (DRAWING, room) for room in sorted(set(floor) - rooms)]
    wrong += ["%s: only main.cpp may be loose in app" % name for name in files
              if room_of(name) == "app" and name != "app/main.cpp"]
    for name in files:
        wrong += wrong_in(name, floor)
    print("\n".join(wrong) if wrong else "%d files" % len(files))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
