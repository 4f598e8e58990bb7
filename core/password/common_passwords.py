#!/usr/bin/env python3
"""Writes the table of common passwords for core/password/common_passwords.cpp.

    common_passwords.py FREQUENCY_LISTS OUTPUT

FREQUENCY_LISTS is zxcvbn/frequency_lists.py of the Debian package python3-zxcvbn: a dictionary of lists, read as data.
The hash is FNV-1a of 64 bits over the A-Z folded bytes; common_passwords.cpp computes the same.
"""

import ast
import sys

LENGTH_MIN = 8


def fnv1a(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) % (1 << 64)
    return value


def words(path: str) -> set:
    """Every word of every list, lower case, of at least LENGTH_MIN characters."""
    with open(path, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    found = set()
    for node in ast.walk(tree):
        # The lists are long literals: either of strings, or one string with commas that is split.
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for word in node.value.split(","):
                if len(word) >= LENGTH_MIN and word.isprintable():
                    found.add(word.lower())
    return found


def main() -> int:
    found = words(sys.argv[1])
    hashes = sorted({fnv1a(word.encode("utf-8")) for word in found})
    if len(hashes) < 10000 or len(hashes) != len(found) or fnv1a(b"password") not in hashes:
        print(f"{sys.argv[1]}: not the lists that were expected ({len(found)} words)", file=sys.stderr)
        return 1
    with open(sys.argv[2], "w", encoding="ascii") as output:
        output.write(f"// {len(hashes)} words; made by core/password/common_passwords.py\n")
        for start in range(0, len(hashes), 5):
            output.write(" ".join(f"0x{value:016x}," for value in hashes[start : start + 5]) + "\n")
    return 0


sys.exit(main())
