#!/usr/bin/env python3
"""Instructions of one whole request (bytes in to bytes out, without kernel, disk and log thread), counted by callgrind.

    tests/bench/counts.py [BUILD]          prints each figure beside the one in counts.txt
    tests/bench/counts.py --keep [BUILD]   and keeps it there

BUILD is a release build directory with the target `counts` (cmake --build BUILD --target counts); default build/.
Counts move by a tenth of a percent from run to run (random ids, nonces of ES256), and with compiler and libraries.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE / "counts.txt"
REQUESTS = 200  # as counts.cpp counts
RUNS = ([("get", "HS256")] + [(work, a) for work in ("bearer", "refresh") for a in ("HS256", "ES256", "EdDSA", "RS256")] +
        [("form", "HS256")])


def count(program, work, algorithm):
    with tempfile.TemporaryDirectory() as directory:
        out = f"{directory}/callgrind.out"
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={out}", program, work, algorithm],
            capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{work} {algorithm}: {done.stderr[-2000:]}")
        total = re.search(r"^(?:summary|totals): (\d+)", pathlib.Path(out).read_text(), re.M)
        return int(total.group(1)) // REQUESTS


def kept():
    lines = KEPT.read_text().splitlines() if KEPT.exists() else []
    return {tuple(line.split()[:2]): int(line.split()[2]) for line in lines if line and not line.startswith("#")}


def main():
    arguments = sys.argv[1:]
    keep = "--keep" in arguments
    rest = [a for a in arguments if a != "--keep"]
    build = pathlib.Path(rest[0]) if rest else HERE.parent.parent / "build"
    before = kept()
    now = {}
    print(f"{'work':8} {'algorithm':9} {'kept':>10} {'now':>10}  difference")
    for work, algorithm in RUNS:
        now[work, algorithm] = n = count(build / "bin" / "counts", work, algorithm)
        old = before.get((work, algorithm))
        print(f"{work:8} {algorithm:9} {old or '-':>10} {n:>10}  {f'{100 * (n - old) / old:+.1f} %' if old else ''}", flush=True)
    if keep:
        head = "# Instructions a request: tests/bench/counts.py --keep. Release, g++ 12, valgrind 3.19, OpenSSL 3.0, Debian 12.\n"
        KEPT.write_text(head + "".join(f"{w} {a} {n}\n" for (w, a), n in now.items()))


main()
