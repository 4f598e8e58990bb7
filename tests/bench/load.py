"""One load: wrk with one of lua/*.lua against one contender, and what it cost the contender meanwhile."""
import json
import os
import pathlib
import subprocess
import time

import procfs

LUA = pathlib.Path(__file__).resolve().parent / "lua"
TAIL_SECONDS_MIN = 5  # of a load whose p99 is compared: a tail of fewer replies says little
ERRORS = ("bad", "connect_errors", "read_errors", "write_errors", "status_errors", "timeouts")


def lua(value):
    """A Python value as a Lua expression."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return '"%s"' % "".join(c if c.isalnum() or c in " _-./:;,=&@{}+~" else "".join("\\%03d" % b for b in c.encode())
                                for c in value)
    if isinstance(value, dict):
        return "{%s}" % ",".join("[%s]=%s" % (lua(k), lua(v)) for k, v in value.items() if v is not None)
    return "{%s}" % ",".join(lua(v) for v in value)


class Load:
    """wrk under way; `result()` waits for it. It begins once the contender is quiet, and those `beside` it on the same cores;
    with `at_once` although another load is under way."""

    def __init__(self, contender, work, connections, seconds, wrapper=(), at_once=False, beside=()):
        self.contender, self.work, self.connections = contender, work, connections
        made = contender.works()[work](connections)
        stem = os.path.join(contender.directory, "%s-%d" % (work, connections))
        self.out = stem + ".json"
        pathlib.Path(stem + ".lua").write_text("return " + lua({**made.spec, "threads": 1}))
        environment = {**os.environ, "BENCH_SPEC": stem + ".lua", "BENCH_LUA": str(LUA), "BENCH_OUT": self.out}
        command = [*wrapper, "wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % seconds, "--timeout", "60s", "--latency",
                   "-s", str(LUA / (made.script + ".lua")), "http://127.0.0.1:%d" % contender.port]
        if not at_once:
            procfs.wait_until_quiet([pid for each in (contender, *beside) for pid in each.pids() + each.database_pids()])
        self.before = self._seen()
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def _seen(self):
        own, database = self.contender.pids(), self.contender.database_pids()
        # /metrics first at the begin and last at the end would count itself either way; it is one request of many.
        return {"counters": self.contender.counters(), "cpu": procfs.cpu_seconds(own),
                "database": {pid: procfs.cpu_seconds([pid]) for pid in database}, "machine": procfs.machine_ticks(),
                "written": procfs.bytes_written(own + database),
                "disk": procfs.disk_bytes_written(self.contender.directory)}

    def result(self):
        text = self.process.stdout.read().decode("utf-8", "replace")
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        self.process.stdout.close()
        wall = time.monotonic() - self.started
        after, before = self._seen(), self.before
        try:
            with open(self.out, encoding="utf-8") as file:
                said = json.load(file)
        except (OSError, ValueError) as error:
            raise RuntimeError("%s %s: wrk: %s" % (self.contender.name, self.work, text[-1500:])) from error
        count = max(1, said["requests"])
        cpu = after["cpu"] - before["cpu"]
        # A database ends and begins processes of its own: those that were there all along are counted.
        database = sum(after["database"][pid] - seconds for pid, seconds in before["database"].items() if pid in after["database"])
        stolen, ticks = (b - a for a, b in zip(before["machine"], after["machine"]))
        delta = {name: after["counters"][name] - value for name, value in before["counters"].items()}
        written, disk = (None if None in (before[n], after[n]) else after[n] - before[n] for n in ("written", "disk"))
        return {**said, "contender": self.contender.name, "work": self.work, "connections": self.connections,
                "rate": said["requests"] / (said["duration_us"] / 1e6), "cpu_us": cpu / count * 1e6, "cores": cpu / wall,
                "database_cpu_us": database / count * 1e6, "wrk_cores": (usage.ru_utime + usage.ru_stime) / wall,
                "stolen": stolen / max(1, ticks), "written": written, "disk_written": disk, "counted": delta,
                # A load without a single reply says nothing: it is no measurement.
                "errors": sum(said[name] for name in ERRORS) + (said["requests"] == 0)}


def measure(contender, work, connections, seconds, wrapper=(), beside=()):
    return Load(contender, work, connections, seconds, wrapper, beside=beside).result()


def line(result):
    """A result in one line, for people who watch."""
    return "%-22s %-8s %4d  %9.1f/s  p50 %8.3f  p99 %8.3f ms  cpu %9.1f us%s%s" % (
        result["contender"], result["work"], result["connections"], result["rate"], result["p50_us"] / 1000,
        result["p99_us"] / 1000, result["cpu_us"],
        " + %.0f" % result["database_cpu_us"] if result["database_cpu_us"] >= 1 else "",
        "  %d ERRORS %s" % (result["errors"], result["first_bad"]) if result["errors"] else "")
