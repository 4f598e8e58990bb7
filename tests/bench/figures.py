"""What the results say: medians with their spread, ratios of pairs that ran side by side."""
import statistics


class Spread:
    """Median, least and most of the rounds."""

    def __init__(self, values):
        self.values = sorted(values)
        self.median, self.least, self.most = statistics.median(self.values), self.values[0], self.values[-1]

    def text(self, scale=1.0, digits=None):
        def one(value):
            return number(value * scale, digits)
        if len(self.values) == 1 or one(self.least) == one(self.most):
            return one(self.median)
        return "%s (%s–%s)" % (one(self.median), one(self.least), one(self.most))


def number(value, digits=None):
    if digits is not None:
        return "{:,.{}f}".format(value, digits)
    if value >= 100:
        return "{:,.0f}".format(value)
    return "{:.1f}".format(value) if value >= 10 else "{:.2f}".format(value)


class Figures:
    def __init__(self, results):
        self.results = results
        self.loads = {}
        for entry in results["loads"]:
            self.loads.setdefault((entry["contender"], entry["work"], entry["connections"]), {})[entry["round"]] = entry

    def contenders(self, group=None):
        return [c["name"] for c in self.results["contenders"] if group is None or c["group"] == group]

    def rounds(self, contender, work, connections):
        """{round: load}; empty where it was not measured."""
        return self.loads.get((contender, work, connections), {})

    def spread(self, contender, work, connections, value):
        """`value` is the name of a member, or a function of a load that may give None; None where there is nothing."""
        pick = value if callable(value) else lambda entry: entry[value]
        values = [v for v in map(pick, self.rounds(contender, work, connections).values()) if v is not None]
        return Spread(values) if values else None

    def ratio(self, first, second, member):
        """Spread of first/second round by round; each is (contender, work, connections)."""
        a, b = self.rounds(*first), self.rounds(*second)
        values = [a[r][member] / b[r][member] for r in a if r in b and b[r][member] > 0]
        return Spread(values) if values else None

    def parts(self, pick):
        values = [v for v in map(pick, self.results["parts"]) if v]
        return Spread(values) if values else None

    def starts(self, contender, member):
        values = [entry[member] for entry in self.results["starts"]
                  if entry["contender"] == contender and entry[member] is not None]
        return Spread(values) if values else None

    def after(self, contender, member):
        values = [entry[member] for entry in self.results["memory_after"]
                  if entry["contender"] == contender and entry[member] is not None]
        return Spread(values) if values else None

    def most_connections(self, wanted=64):
        """The number of connections that tables of one number use: 64 where it was measured."""
        counts = self.results["connections"]
        return wanted if wanted in counts else max(counts)


def per(member, by):
    """A function of a load: one of its counters over another, None where nothing was counted."""
    def pick(entry):
        counted = entry["counted"]
        return counted[member] / counted[by] if counted.get(by) else None
    return pick


def disk_per_rotation(entry):
    """Of a refresh load, where every request is a rotation."""
    return entry["disk_written"] / entry["requests"] if entry["requests"] and entry["disk_written"] is not None else None


def database_too(entry):
    return entry["cpu_us"] + entry["database_cpu_us"]


def summary(results):
    """Lines for a terminal: who, and CPU µs a request for each work at one number of connections."""
    seen = Figures(results)
    if not seen.contenders():
        return
    works = ("trivial", "bearer", "refresh", "login", "mix")
    connections = seen.most_connections()
    yield "CPU us per request (requests a second), medians, %d connections" % connections
    yield "%-24s" % "" + "".join("%22s" % work for work in works) + "%12s%12s" % ("start ms", "RSS MiB")
    for name in seen.contenders():
        cells = ""
        for work in works:
            cpu, rate = (seen.spread(name, work, connections, value) for value in (database_too, "rate"))
            cells += "%22s" % ("%s (%s)" % (number(cpu.median), number(rate.median)) if cpu else "")
        starts, rss = seen.starts(name, "ms"), seen.starts(name, "rss_kib")
        yield "%-24s" % name + cells + "%12s%12s" % (number(starts.median), number(rss.median / 1024))
