"""Pawl with many families: start, memory, refreshes, and refreshes while snapshots are taken."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import contenders
import load
import procfs

FILL = contenders.ROOT / "build" / "bin" / "fill_store"
STARTS = 3
REFRESHERS = 4
TOKENS = 4096
NO_SNAPSHOTS = ["--snapshot-interval", "1d", "--snapshot-min-bytes", "1GiB", "--snapshot-log-bytes", "1GiB"]
ALWAYS_SNAPSHOTS = ["--snapshot-interval", "1s", "--snapshot-min-bytes", "0"]


class Filled(contenders.Pawl):
    """A server on a directory that fill_store made, with refresh tokens of some of its families in `tokens`."""

    def __init__(self, name, options):
        super().__init__(name=name, options=options)
        self.tokens = []

    def chains(self, count):
        taken, self.tokens = self.tokens[:count], self.tokens[count:]
        return [{"refresh": token, "access": ""} for token in taken]


def start_kib_ms(server, directory):
    took = server.start(directory)
    procfs.wait_until_quiet(server.pids())
    rss, pss = procfs.memory_kib(server.pids())
    return {"ms": took, "rss_kib": rss, "pss_kib": pss}


def fill(directory, count, *more, tokens=TOKENS):
    """(refresh tokens, what the program said to stderr)."""
    done = subprocess.run([str(FILL), os.path.join(directory, "data"), str(count), str(tokens), *more], check=True, capture_output=True,
                          text=True)
    return done.stdout.split(), done.stderr


def start_from_log(count, scratch, say):
    """Seconds of recovery where all is in the log, none in a snapshot."""
    directory = tempfile.mkdtemp(prefix="scale-", dir=scratch)
    try:
        fill(directory, count, "log")
        server = Filled("Pawl, %d families in the log" % count, NO_SNAPSHOTS)
        server.start(directory)
        seconds = server.metrics()["pawl_recovery_seconds"]
        say("%d families in the log alone: recovered in %.2f s" % (count, seconds))
        server.stop()
        return seconds
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def one_size(count, scratch, options, say):
    directory = tempfile.mkdtemp(prefix="scale-", dir=scratch)
    try:
        tokens, said = fill(directory, count)
        entry = {"families": count, "starts": [], "snapshot_alone_seconds": float(said.split()[-1]), "snapshot_file_bytes": sum(
            path.stat().st_size for path in pathlib.Path(directory, "data").rglob("*snap*") if path.is_file())}
        server = Filled("Pawl, %d families" % count, NO_SNAPSHOTS)
        for left in reversed(range(STARTS)):
            entry["starts"].append(start_kib_ms(server, directory))
            say("%d families: ready in %.0f ms, RSS %d MiB" % (count, entry["starts"][-1]["ms"],
                                                              entry["starts"][-1]["rss_kib"] // 1024))
            if left:
                server.stop()
        server.tokens = tokens
        entry["recovery_seconds"] = server.metrics()["pawl_recovery_seconds"]
        entry["recovered"] = server.metrics()["pawl_recovery_families"]
        seconds = max(load.TAIL_SECONDS_MIN, options.seconds)
        entry["without_snapshot"] = load.measure(server, "refresh", REFRESHERS, seconds)
        left = server.tokens
        server.stop()
        server.options, server.tokens = ALWAYS_SNAPSHOTS, left
        server.start(directory)
        server.tokens = left
        entry["with_snapshots"] = load.measure(server, "refresh", REFRESHERS, seconds)
        entry["snapshot_seconds"] = server.metrics()["pawl_snapshot_seconds"]
        entry["snapshot_bytes"] = server.metrics()["pawl_snapshot_bytes"]
        for name in ("without_snapshot", "with_snapshots"):
            say(load.line(entry[name]))
        server.stop()
        entry["log_recovery_seconds"] = start_from_log(count, scratch, say)
        return entry
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(results, scratch, options, say):
    for count in options.families:
        results["scale"].append(one_size(count, scratch, options, say))


def binary_sizes(scratch):
    """Bytes of pawld as built and stripped."""
    built = contenders.ROOT / "build" / "bin" / "pawld"
    stripped = os.path.join(scratch, "pawld.stripped")
    subprocess.run(["strip", "-o", stripped, str(built)], check=True)
    return {"built": built.stat().st_size, "stripped": os.path.getsize(stripped)}


def version():
    done = subprocess.run([str(contenders.ROOT / "build" / "bin" / "pawld"), "--version"], capture_output=True, text=True,
                          check=True)
    return done.stdout.strip()


def save(results, path):
    temporary = str(path) + ".tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    os.replace(temporary, path)
