"""The sections of a page of docs/runs that come from results."""
import figures
from bars import MAIN, Bars
from figures import Figures, Spread, database_too, number, per
from rounds import LOGIN_SECONDS_MIN

NAMES = {"trivial": "trivial GET", "bearer": "bearer GET", "refresh": "refresh", "login": "login",
         "mix": "mix (80 % bearer, 15 % refresh, 5 % login)"}


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|---" + "|--:" * (len(head) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def text(spread, scale=1.0, digits=None):
    return spread.text(scale, digits) if spread else "–"


def how(results):
    machine = results["machine"]
    yield "`%s` on %s; %s, commit %s." % (results["command"].strip(), results["started"][:10], results["version"], results["commit"])
    yield ""
    yield "%s, %d cores, %d MiB, %s, Linux %s; loopback, wrk on the same cores; load average %.1f before and %.1f after." % (
        machine["cpu"], machine["cores"], machine["memory_mib"], machine["system"], machine["kernel"], machine["load_average"],
        machine.get("load_average_after", machine["load_average"]))
    yield "%d rounds of %d s a load (logins over many connections: at least %d s);" % (
        results["rounds"], results["seconds"], LOGIN_SECONDS_MIN)
    yield "medians, with least and most in brackets. CPU time is user + system of the server's processes (a database's too)."
    stolen = [entry["stolen"] for entry in results["loads"]]
    if stolen:
        yield "The hypervisor took %.0f %% of the machine's time (%.0f to %.0f %% of a load)." % (
            100 * sum(stolen) / len(stolen), 100 * min(stolen), 100 * max(stolen))
    if results["quick"]:
        yield ""
        yield "**This was a `--quick` run: its figures mean nothing.**"


def bars(seen):
    rows = [(work, bar, measured or "", {True: "yes", False: "**no**", None: "–"}[met]) for work, bar, measured, met in Bars(seen).all()]
    yield from ("| work | bar | measured | met |", "|---|---|--:|---|")
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def cost(seen):
    connections = seen.most_connections()
    works = [work for work in NAMES if any(seen.rounds(name, work, connections) for name in seen.contenders())]
    rows = []
    for name in seen.contenders():
        rows.append([name] + [text(seen.spread(name, work, connections, database_too)) for work in works])
    yield "CPU µs per request of the server, %d connections:" % connections
    yield ""
    yield from table(["", *(NAMES[work] for work in works)], rows)


def rates(seen):
    for work, title in NAMES.items():
        rows = []
        for name in seen.contenders():
            for connections in seen.results["connections"]:
                if seen.rounds(name, work, connections):
                    def pick(member, name=name, connections=connections, work=work):
                        return seen.spread(name, work, connections, member)
                    rows.append([name, str(connections), text(pick("rate")), text(pick("p50_us"), 1 / 1000),
                                 text(pick("p99_us"), 1 / 1000), text(pick(database_too)), number(pick("wrk_cores").median, 2)])
        if rows:
            yield from ("", "### %s" % (title[0].upper() + title[1:]), "")
            yield from table(["", "connections", "requests/s", "p50 ms", "p99 ms", "CPU µs", "cores wrk used"], rows)


def start_and_memory(seen):
    rows = []
    for name in seen.contenders():
        rows.append([name, text(seen.starts(name, "ms"), digits=1), text(seen.starts(name, "rss_kib"), 1 / 1024, 1),
                     text(seen.starts(name, "pss_kib"), 1 / 1024, 1), text(seen.after(name, "rss_kib"), 1 / 1024, 1),
                     text(seen.after(name, "pss_kib"), 1 / 1024, 1), text(seen.after(name, "processes"), digits=0)])
    yield "Fork to ready with empty data (Pawl: its ready line; others: the first 200), memory then and after all loads:"
    yield ""
    yield from table(["", "start ms", "RSS MiB", "PSS MiB", "RSS after", "PSS after", "processes"], rows)


def durability(seen):
    rows = []
    for name in seen.contenders():
        for connections in seen.results["connections"]:
            def pick(member, name=name, connections=connections):
                return seen.spread(name, "refresh", connections, member)
            if pick("rate"):
                rows.append([name, str(connections), text(pick(per("records", "syncs"))),
                             text(pick(per("sync_seconds", "syncs")), 1e6, 0), text(pick(per("log_bytes", "rotations")), digits=0),
                             text(pick(figures.disk_per_rotation), digits=0)])
    yield "Of the refresh loads: records per fdatasync and its mean time, bytes of log per rotation (the server's own metrics); bytes"
    yield "per rotation that the disk wrote (`/proc/diskstats`: all programs', and what servers write beside: new log segments are"
    yield "filled with zeros first)."
    yield ""
    yield from table(["", "connections", "records per fdatasync", "fdatasync µs", "log bytes", "disk bytes"], rows)


def slow_sync(results):
    rows = [["%d ms" % e["injected_ms"], str(e["connections"]), number(e["rate"]), number(e["p50_us"] / 1000), number(e["p99_us"] / 1000),
             number(e["counted"]["records"] / max(1, e["counted"]["syncs"])), number(e["cpu_us"])] for e in results["slow_sync"]]
    yield "Refreshes where each fdatasync takes longer (injected by a preloaded library):"
    yield ""
    yield from table(["fdatasync +", "connections", "requests/s", "p50 ms", "p99 ms", "records per fdatasync", "CPU µs"], rows)


def flood(results):
    def row(title, key):
        entries = [entry[key] for entry in results["flood"]]
        return [title, str(entries[0]["connections"])] + [Spread([e[m] for e in entries]).text(scale) for m, scale in (
            ("rate", 1), ("p50_us", 1 / 1000), ("p99_us", 1 / 1000))]
    yield from table(["", "connections", "requests/s", "p50 ms", "p99 ms"],
                     [row("refreshes alone", "alone"), row("refreshes beside the flood", "flooded"), row("the flood: logins", "logins")])


def appliance(results):
    found = results["appliance"]
    limit = "no limit on memory (no cgroup could be made)"
    if found["limit"] != "none":
        limit = "%d MiB (%s)" % (found["limit_mib"], found["limit"])
    peak = ", peak with page cache %.0f MiB" % (found["peak_bytes"] / 2**20) if found["peak_bytes"] else ""
    yield "One core (`taskset`), %s, every fdatasync %d ms longer, %s; wrk on another core. RSS at the end %.1f MiB%s." % (
        limit, found["sync_ms"], found["settings"], found["rss_kib"] / 1024, peak)
    yield ""
    yield from table(["", "connections", "requests/s", "p50 ms", "p99 ms", "CPU µs"],
                     [[NAMES[e["work"]], str(e["connections"]), number(e["rate"]), number(e["p50_us"] / 1000), number(e["p99_us"] / 1000),
                       number(e["cpu_us"])] for e in found["loads"]])


def scale(seen):
    idle, rows = seen.starts(MAIN, "rss_kib"), []
    for e in seen.results["scale"]:
        rss = Spread([start["rss_kib"] for start in e["starts"]])
        counted = e["without_snapshot"]["counted"]
        rows.append(["{:,}".format(e["families"]), Spread([start["ms"] / 1000 for start in e["starts"]]).text(digits=2),
                     number(e["log_recovery_seconds"], 2), rss.text(1 / 1024, 0),
                     number((rss.median - idle.median) * 1024 / e["families"]) if idle else "–",
                     number(e["snapshot_alone_seconds"], 2), number(e["snapshot_seconds"], 2), number(e["snapshot_bytes"] / 2**20),
                     number(counted["log_bytes"] / max(1, counted["rotations"]), 0),
                     *(number(e[key]["p99_us"] / 1000) for key in ("without_snapshot", "with_snapshots")),
                     *(number(e[key]["cpu_us"]) for key in ("without_snapshot", "with_snapshots"))])
    yield "Ten families a user, a thousand user agents; start to ready from a snapshot, and recovery of the same from the log alone;"
    yield "a snapshot alone, and the last one under load; refreshes over %d connections, without and with a snapshot each second." % (
        seen.results["scale"][0]["with_snapshots"]["connections"])
    yield ""
    yield from table(["families", "start s", "from the log s", "RSS MiB", "bytes a family", "snapshot s", "under load", "MiB",
                      "log bytes a rotation", "refresh p99 ms", "with snapshots", "CPU µs", "with snapshots"], rows)


def losses(seen):
    """Where somebody else did better in this run, and the bars not met: computed, so that nothing is left out."""
    connections = seen.most_connections()
    for work in NAMES:
        mine = seen.spread(MAIN, work, connections, database_too)
        for name in seen.contenders():
            other = seen.spread(name, work, connections, database_too)
            if mine and other and not name.startswith("Pawl") and other.median < mine.median:
                yield "- %s, %d connections: %s takes %s µs of CPU, %s takes %s." % (
                    NAMES[work], connections, name, number(other.median), MAIN, number(mine.median))
    for member, what, unit, by in (("ms", "start", "ms", 1), ("rss_kib", "idle memory (RSS)", "MiB", 1024)):
        mine = seen.starts(MAIN, member)
        for name in seen.contenders():
            other = seen.starts(name, member)
            if mine and other and not name.startswith("Pawl") and other.median < mine.median:
                yield "- %s: %s %s %s, Pawl %s." % (what, name, number(other.median / by), unit, number(mine.median / by))
    for work, bar, measured, met in Bars(seen).all():
        if met is False:
            yield "- %s: the bar is %s, measured %s." % (work, bar, measured)


def document(results, picture):
    """All lines between the markers."""
    seen = Figures(results)
    yield from how(results)
    yield from ("", "## Bars", "")
    yield from bars(seen)
    if seen.contenders():
        yield from ("", "## Cost of a request", "", "![CPU time per request, by server and work](%s)" % picture, "")
        yield from cost(seen)
        yield from ("", "Settings: " + "; ".join("%s: %s" % (c["name"], c["settings"]) for c in results["contenders"]) + ".")
        for name, why in results["absent"].items():
            yield "Left out: %s (not installed: %s)." % (name, why)
        yield from ("", "## Where Pawl loses", "")
        yield from list(losses(seen)) or ["Nowhere in this run."]
        yield from ("", "## Rates and latencies",)
        yield from rates(seen)
        yield from ("", "## Start and memory", "")
        yield from start_and_memory(seen)
        yield from ("", "## Log and syncs", "")
        yield from durability(seen)
    for title, part, there in (("A slow disk", slow_sync(results), results["slow_sync"]),
                               ("Refreshes during a login flood", flood(results), results["flood"]),
                               ("A small appliance", appliance(results), results.get("appliance")),
                               ("Many families", scale(seen), results["scale"])):
        if there:
            yield from ("", "## " + title, "")
            yield from part
