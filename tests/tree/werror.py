#!/usr/bin/python3
"""Warnings are errors in the build that is tested, where the compiler is one that CI has: one that is let pass in the
release hides until a slower build finds it."""
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build"))


def is_of_ci(compiler):
    text = subprocess.run([compiler, "--version"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return re.search(r"clang version 19\.|\(Debian 12\.|^g\+\+.* 12\.", text) is not None


def main():
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    without = sorted(one["file"] for one in commands if one["file"].endswith(".cpp") and " -Werror " not in one["command"])
    compilers = {word for one in commands for word in one["command"].split() if re.search(r"(^|/)(clang\+\+|g\+\+)[-\d.]*$", word)}
    if not compilers or not all(is_of_ci(one) for one in compilers):
        without = []
    print("\n".join("%s: compiled without -Werror" % file for file in without) if without else "%d sources" % len(commands))
    sys.exit(1 if without else 0)


if __name__ == "__main__":
    main()
