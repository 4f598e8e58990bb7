#!/usr/bin/python3
"""Includes point one way: tools -> app -> storage -> core; core knows no HTTP, files, sockets, threads
or wall clock. Prints every include that does not, and exits 1."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OURS = ("core", "storage", "app", "tools", "tests")
MAY_INCLUDE = {"core": {"core"}, "storage": {"storage", "core"}, "app": {"app", "storage", "core"},
               "tools": {"tools", "app", "storage", "core"}, "tests": set(OURS)}
# What a folder may not include from outside, as regular expressions of the name between the brackets.
FORBIDDEN = {
    "core": [r"boost/beast", r"boost/url", r"boost/asio(?!/awaitable\.hpp$)", r"fstream$", r"filesystem$", r"thread$",
             r"mutex$", r"shared_mutex$", r"condition_variable$", r"future$", r"sys/", r"unistd\.h$", r"fcntl\.h$",
             r"netinet/", r"iostream$"],
    "storage": [r"boost/beast", r"boost/url"],
    "app": [], "tools": [], "tests": [],
}
FORBIDDEN_TEXT = {"core": [(re.compile(r"_clock::now\s*\(|\btime\s*\(\s*(nullptr|NULL|0)\s*\)|\bclock_gettime\b"),
                            "reads the clock")]}


def main():
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.hpp", "*.cpp"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    wrong = []
    for name in files:
        folder = name.split("/", 1)[0]
        path = ROOT / name
        if folder not in MAY_INCLUDE or not path.exists():
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if include:
                target = include.group(2).split("/", 1)[0]
                if include.group(1) == '"' and target in OURS and target not in MAY_INCLUDE[folder]:
                    wrong.append("%s:%d: %s may not include %s" % (name, number, folder, include.group(2)))
                if any(re.match(pattern, include.group(2)) for pattern in FORBIDDEN[folder]):
                    wrong.append("%s:%d: %s may not include <%s>" % (name, number, folder, include.group(2)))
            for pattern, what in FORBIDDEN_TEXT.get(folder, []):
                if pattern.search(line):
                    wrong.append("%s:%d: %s %s" % (name, number, folder, what))
    print("\n".join(wrong) if wrong else "%d files" % len(files))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
