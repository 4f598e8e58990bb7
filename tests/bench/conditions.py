"""Pawl under conditions: a disk slow to confirm, a flood of logins beside refreshes, a small appliance."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import contenders
import load
import procfs

HERE = pathlib.Path(__file__).resolve().parent
SLOW_MS = (5, 20)
FLOOD_REFRESHERS, FLOOD_LOGINS = 4, 32
APPLIANCE_MIB, APPLIANCE_SYNC_MS = 64, 20
APPLIANCE_LOADS = (("trivial", 16), ("bearer", 16), ("refresh", 1), ("refresh", 16), ("login", 1), ("login", 4))


def with_server(pawl, scratch, body):
    """Runs `body(pawl)` between a start and a stop in a directory of its own."""
    directory = tempfile.mkdtemp(prefix="condition-", dir=scratch)
    try:
        pawl.start(directory)
        return body(pawl)
    finally:
        pawl.stop()
        shutil.rmtree(directory, ignore_errors=True)


def slow_sync_environment(scratch, ms):
    """Environment that preloads slow_sync.c; it is compiled here."""
    library = os.path.join(scratch, "slow_sync.so")
    if not os.path.exists(library):
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", library, str(HERE / "slow_sync.c"), "-ldl"], check=True)
    return {"LD_PRELOAD": library, "BENCH_SYNC_MS": str(ms)}


def slow_sync(results, scratch, options, say):
    for ms in SLOW_MS:
        def run(pawl, ms=ms):
            for connections in options.connections:
                result = load.measure(pawl, "refresh", connections, options.seconds)
                results["slow_sync"].append({**result, "injected_ms": ms})
                say(load.line(result))
        with_server(contenders.Pawl(environment=slow_sync_environment(scratch, ms), name="Pawl, sync + %d ms" % ms), scratch, run)


def flood(results, scratch, options, say):
    """Refreshes alone, and the same beside closed loops of logins; several times in turn."""
    seconds = max(load.TAIL_SECONDS_MIN, options.seconds)

    def run(pawl):
        for number in range(options.rounds):
            alone = load.measure(pawl, "refresh", FLOOD_REFRESHERS, seconds)
            logins = load.Load(pawl, "login", FLOOD_LOGINS, seconds + 2)
            flooded = load.Load(pawl, "refresh", FLOOD_REFRESHERS, seconds, at_once=True)
            flooded, logins = flooded.result(), logins.result()
            results["flood"].append({"round": number, "alone": alone, "flooded": flooded, "logins": logins})
            for result in (alone, flooded, logins):
                say(load.line(result))
    with_server(contenders.Pawl(name="Pawl, login flood"), scratch, run)


class Memory:
    """A limit on memory: a cgroup (v2 or v1) where this user may make one, else none (`kind` says which)."""

    def __init__(self, mib):
        self.kind, self.path, limit = "none", None, str(mib << 20)
        v2, v1 = pathlib.Path("/sys/fs/cgroup/cgroup.controllers"), pathlib.Path("/sys/fs/cgroup/memory")
        try:
            if v2.exists() and "memory" in v2.read_text():
                self.path = pathlib.Path("/sys/fs/cgroup/pawl-bench-%d" % os.getpid())
                self.path.mkdir()
                (self.path / "memory.max").write_text(limit)
                self.kind, self.peak_file = "cgroup v2", "memory.peak"
            elif (v1 / "memory.limit_in_bytes").exists():
                self.path = v1 / ("pawl-bench-%d" % os.getpid())
                self.path.mkdir()
                (self.path / "memory.limit_in_bytes").write_text(limit)
                self.kind, self.peak_file = "cgroup v1", "memory.max_usage_in_bytes"
        except OSError:
            self.close()

    def wrapper(self):
        """Puts the command that follows in the group, from its first instruction on."""
        if self.path is None:
            return []
        return ["sh", "-c", 'echo $$ > "$0"/cgroup.procs && exec "$@"', str(self.path)]

    def peak_bytes(self):
        """The most that was used, page cache included, or None."""
        try:
            return int((self.path / self.peak_file).read_text()) if self.path else None
        except (OSError, ValueError):
            return None

    def close(self):
        if self.path is not None:
            try:
                self.path.rmdir()
            except OSError:
                pass
        self.path, self.kind = None, "none"


def appliance(results, scratch, options, say):
    """One core, 64 MiB, a sync that takes 20 ms longer; wrk on the other core where there is one."""
    memory = Memory(APPLIANCE_MIB)
    wrapper = [*memory.wrapper(), "taskset", "-c", "0"]
    pawl = contenders.Pawl(name="Pawl, appliance", wrapper=wrapper, environment=slow_sync_environment(scratch, APPLIANCE_SYNC_MS),
                           options=["--threads", "1", "--password-threads", "1"])
    beside = ["taskset", "-c", "1"] if contenders.CORES > 1 else []

    def run(server):
        loads = []
        for work, connections in APPLIANCE_LOADS:
            result = load.measure(server, work, connections, options.seconds, wrapper=beside)
            loads.append(result)
            say(load.line(result))
        rss, pss = procfs.memory_kib(server.pids())
        return {"limit": memory.kind, "limit_mib": APPLIANCE_MIB, "sync_ms": APPLIANCE_SYNC_MS, "loads": loads, "rss_kib": rss,
                "pss_kib": pss, "peak_bytes": memory.peak_bytes(), "settings": "`--threads 1 --password-threads 1`"}
    try:
        results["appliance"] = with_server(pawl, scratch, run)
    finally:
        memory.close()
