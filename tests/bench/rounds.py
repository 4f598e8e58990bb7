"""The rounds: all contenders up, then each load for each of them in turn, so that what is compared ran side by side."""
import os
import shutil
import tempfile

import contenders
import load
import parts
import procfs

CONNECTIONS = (1, 64, 256)
# A login is a hash of some 30 ms: more connections than hash threads only make a queue; 64 shows that it holds.
LOGIN_CONNECTIONS = (1, 64)
# Some servers start all 64 hashes at once, and have none of them ready after a few seconds.
LOGIN_SECONDS_MIN = 10
WORKS = ("trivial", "bearer", "refresh", "login", "mix")
PAWL = (("ES256", "always"), ("EdDSA", "always"), ("HS256", "always"), ("ES256", "interval"))
STARTS = 5  # of an empty Pawl and of nginx, each round


def own():
    return [contenders.Nginx()] + [contenders.Pawl(algorithm, durability) for algorithm, durability in PAWL]


def started(contender, scratch, number, times):
    """Starts it `times` times with fresh data; the last one stays up. One entry a start."""
    entries = []
    for left in reversed(range(times)):
        directory = tempfile.mkdtemp(prefix=contender.name.replace(" ", "-") + "-", dir=scratch)
        took = contender.start(directory)
        procfs.wait_until_quiet(contender.pids())
        rss, pss = procfs.memory_kib(contender.pids())
        entries.append({"contender": contender.name, "round": number, "ms": took, "rss_kib": rss, "pss_kib": pss})
        if left:
            contender.stop()
            shutil.rmtree(directory, ignore_errors=True)
    return entries


def turn_of(entries, number):
    """Who goes first changes from round to round."""
    shift = number % len(entries)
    return entries[shift:] + entries[:shift]


class Rounds:
    """Collects into `results`; `say` shows progress."""

    def __init__(self, results, everyone, scratch, options, say):
        self.results, self.everyone, self.scratch, self.options, self.say = results, everyone, scratch, options, say

    def run(self, number):
        scratch = tempfile.mkdtemp(prefix="round-", dir=self.scratch)
        up = []
        try:
            self.results["parts"].append({"round": number, **parts.measure(self.options.seconds)})
            for contender in turn_of(self.everyone, number):
                times = 1 if contender.group == "peers" or self.options.quick else STARTS
                up.append(contender)
                self.results["starts"] += started(contender, scratch, number, times)
            for work in self.options.works:
                for connections in self.connections_of(work):
                    for contender in turn_of(up, number):
                        self.one(contender, work, connections, number, up)
            for contender in up:
                rss, pss = procfs.memory_kib(contender.pids())
                self.results["memory_after"].append({"contender": contender.name, "round": number, "rss_kib": rss,
                                                     "pss_kib": pss, "processes": len(contender.pids())})
        finally:
            for contender in up:
                contender.stop()
            shutil.rmtree(scratch, ignore_errors=True)

    def connections_of(self, work):
        return [c for c in self.options.connections if work != "login" or c in LOGIN_CONNECTIONS or self.options.quick]

    def one(self, contender, work, connections, number, up):
        if work not in contender.works():
            return
        if contender.group == "peers" and connections > self.options.peer_connections_max:
            return
        seconds = self.options.seconds
        if work == "login" and connections > 1 and not self.options.quick:
            seconds = max(seconds, LOGIN_SECONDS_MIN)
        # A server may work off hashes for half a minute after their clients have gone, on the cores of the next one.
        result = load.measure(contender, work, connections, seconds, beside=[each for each in up if each is not contender])
        self.results["loads"].append({**result, "round": number})
        self.say(load.line(result))


def scratch_directory():
    """Under build/, on the disk that the repository is on: a sync in /tmp may cost nothing."""
    path = contenders.ROOT / "build" / "bench" / "scratch"
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    os.chmod(path, 0o755)
    return str(path)
