"""What was to be reached, bar by bar: (work, bar, measured as text, met or not or None where it was not measured)."""
import figures
from figures import number

MAIN = "Pawl ES256 always"


class Bars:
    def __init__(self, seen):
        self.seen, self.results, self.rows = seen, seen.results, []
        self.connections = seen.most_connections()

    def add(self, work, bar, measured, met):
        self.rows.append((work, bar, measured if met is not None else "not measured", met))

    def all(self):
        self.trivial()
        self.bearer()
        self.refresh()
        self.sync()
        self.login()
        self.flood()
        self.start_and_memory()
        return self.rows

    def trivial(self):
        ratio = self.seen.ratio((MAIN, "trivial", self.connections), ("nginx", "trivial", self.connections), "cpu_us")
        self.add("trivial GET, %d connections" % self.connections, "at most 1.6x nginx's CPU time",
                 ratio and ratio.text(digits=2) + "x", ratio and ratio.median <= 1.6)

    def bearer(self):
        spreads = [(name, self.seen.spread(name, "bearer", self.connections, "cpu_us")) for name in self.seen.contenders("Pawl")]
        spreads = [(name, spread) for name, spread in spreads if spread]
        self.add("bearer GET /users/me, token seen before", "at most 16 µs, any algorithm",
                 "; ".join("%s %s µs" % (name.removeprefix("Pawl "), spread.text(digits=1)) for name, spread in spreads),
                 all(spread.median <= 16 for _, spread in spreads) if spreads else None)

    def refresh(self):
        here = (MAIN, "refresh", self.connections)
        nginx = self.seen.rounds("nginx", "trivial", self.connections)
        signed = {part["round"]: part["sign_us"].get("ES256") for part in self.results["parts"]}
        ratios = [entry["cpu_us"] / (nginx[r]["cpu_us"] + signed[r]) for r, entry in self.seen.rounds(*here).items()
                  if r in nginx and signed.get(r)]
        spread = figures.Spread(ratios) if ratios else None
        self.add("refresh, ES256, durable", "at most 1.4x (nginx's trivial GET + one ES256 signature)",
                 spread and spread.text(digits=2) + "x", spread and spread.median <= 1.4)
        ratio = self.seen.ratio(here, ("seed-pg", "refresh", self.connections), "rate")
        self.add("refresh, ES256, durable", "at least 60x the refreshes per second of the tutorial app on PostgreSQL",
                 ratio and ratio.text(digits=0) + "x", ratio and ratio.median >= 60)
        ratio = self.seen.ratio(("Pawl HS256 always", "refresh", self.connections), ("nginx", "trivial", self.connections), "cpu_us")
        self.add("refresh, HS256, durable", "at most 2.5x nginx's trivial GET", ratio and ratio.text(digits=2) + "x",
                 ratio and ratio.median <= 2.5)

    def sync(self):
        def share(entry):
            counted = entry["counted"]
            if not counted.get("syncs"):
                return None
            gathered = entry["rate"] * counted["sync_seconds"] / counted["syncs"]
            return counted["records"] / counted["syncs"] / gathered if gathered > 1 else None
        spread = self.seen.spread(MAIN, "refresh", self.connections, share)
        self.add("refresh, %d connections" % self.connections, "records per fdatasync at least 0.8 x (rate x mean flush time)",
                 spread and spread.text(digits=2) + "x", spread and spread.median >= 0.8)
        slow = [entry for entry in self.results["slow_sync"] if entry["injected_ms"] == 5 and entry["connections"] == self.connections]
        value = slow[-1]["counted"]["records"] / max(1, slow[-1]["counted"]["syncs"]) if slow else None
        self.add("refresh, %d connections, fdatasync + 5 ms" % self.connections, "at least 32 records per fdatasync",
                 value and number(value), value and value >= 32)

        def beyond(entry):
            counted = entry["counted"]
            return entry["p50_us"] - counted["sync_seconds"] / counted["syncs"] * 1e6 if counted.get("syncs") else None
        spread = self.seen.spread(MAIN, "refresh", 1, beyond)
        self.add("refresh, 1 connection", "p50 at most the mean fdatasync + 150 µs", spread and "+ " + spread.text(digits=0) + " µs",
                 spread and spread.median <= 150)

    def login(self):
        def beyond(entry):
            hash_seconds = figures.per("hash_seconds", "hashes")(entry)
            return None if hash_seconds is None else entry["mean_us"] / 1000 - hash_seconds * 1000
        spread = self.seen.spread(MAIN, "login", 1, beyond)
        self.add("login, 1 connection", "mean at most the hash + 1 ms", spread and "+ " + spread.text(digits=2) + " ms",
                 spread and spread.median <= 1)
        cores = self.results["machine"]["cores"]
        spread = self.seen.spread(MAIN, "login", self.connections, "cores")
        self.add("login, %d connections" % self.connections, "all %d cores hash (at least 0.9 of each)" % cores,
                 spread and spread.text(digits=2) + " cores", spread and spread.median >= 0.9 * cores)
        library = {part["round"]: part["argon2_a_second"] for part in self.results["parts"]}
        ratios = [entry["rate"] / library[r] for r, entry in self.seen.rounds(MAIN, "login", self.connections).items()
                  if library.get(r)]
        spread = figures.Spread(ratios) if ratios else None
        self.add("login, %d connections" % self.connections, "at least 1.2x the hashes per second of Debian's libargon2",
                 spread and spread.text(digits=2) + "x", spread and spread.median >= 1.2)

    def flood(self):
        ratios = [entry["flooded"]["p99_us"] / entry["alone"]["p99_us"] for entry in self.results["flood"]]
        spread = figures.Spread(ratios) if ratios else None
        self.add("refresh p99 during a login flood", "at most 3x alone", spread and spread.text(digits=2) + "x",
                 spread and spread.median <= 3)

    def start_and_memory(self):
        starts = self.seen.starts(MAIN, "ms")
        self.add("start to ready, empty", "15 ms", starts and starts.text(digits=1) + " ms", starts and starts.median <= 15)
        sizes = {entry["families"]: entry for entry in self.results["scale"]}
        for families, seconds in ((1_000_000, 0.8), (10_000_000, 10)):
            spread = figures.Spread([s["ms"] / 1000 for s in sizes[families]["starts"]]) if families in sizes else None
            self.add("start to ready, {:,} families".format(families), "%g s" % seconds, spread and spread.text(digits=2) + " s",
                     spread and spread.median <= seconds)
        idle = self.seen.starts(MAIN, "rss_kib")
        self.add("memory, idle (RSS)", "10 MiB", idle and idle.text(1 / 1024, 1) + " MiB", idle and idle.median <= 10 * 1024)
        value = bytes_a_family(self.results, idle) if idle else None
        self.add("memory per family, indexes, users and device data included", "224 B", value and number(value) + " B",
                 value and value <= 224)
        stripped = self.results["binary"]["stripped"] / 2**20
        self.add("binary, stripped, with its web assets", "8 MiB", "%.1f MiB" % stripped, stripped <= 8)
        entry = sizes.get(1_000_000)
        alone = entry and entry["snapshot_alone_seconds"]
        self.add("snapshot of 1,000,000 families", "0.5 s", entry and number(alone) + " s", entry and alone <= 0.5)
        ratio = entry and entry["with_snapshots"]["p99_us"] / entry["without_snapshot"]["p99_us"]
        self.add("refresh p99 while snapshots of 1,000,000 families are taken", "at most 2x", ratio and number(ratio) + "x",
                 ratio and ratio <= 2)


def bytes_a_family(results, idle):
    """RSS beyond an idle server's over the number of families, of the largest size measured; None without one."""
    if not results["scale"]:
        return None
    entry = max(results["scale"], key=lambda e: e["families"])
    rss = figures.Spread([start["rss_kib"] for start in entry["starts"]]).median
    return (rss - idle.median) * 1024 / entry["families"]
