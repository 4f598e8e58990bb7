"""The sections of a page of docs/runs that come from other measurements than tests/bench/run's: micro.json and steady.json."""
from figures import number
from tables import table


def micro(said):
    yield "`%s` on %s, load average %.1f: nanoseconds of CPU, median and least of the repetitions (the map: of wall time)." % (
        said["command"].strip(), said["date"][:10], said["load_average"])
    yield ""
    yield from table(["", "median ns", "least ns"],
                     [[name, number(figure["median"]), number(figure["least"])] for name, figure in said["figures"].items()])


def steady(runs):
    """Of the results of several runs, each with other options."""
    yield "%g refreshes a second in turn over %d sessions and a logout and a login every ten seconds, one request at a time," % (
        runs[0]["rate"], runs[0]["sessions"])
    yield "so that each record has a sync of its own: the worst case for what a log writes. `always`; all of the store's settings"
    yield "at their defaults but for what is named. The disk is an ext4 file system of its own on a loop device: its bytes are all"
    yield "that was written, journal, zeroed segments and snapshots included."
    yield ""
    rows = []
    for run in runs:
        total, last = run["total"], run["rows"][-1]
        seconds = 60 * last["minute"]
        rows.append([" ".join("`--%s`" % option for option in run["options"]) or "default", number(last["minute"], 0),
                     number(total["refreshes"], 0), number(total["log_bytes"] / total["records"], 0),
                     number(total["device_bytes"] / total["records"], 0), number(total["device_bytes"] / total["log_bytes"]),
                     number(total["device_bytes"] / 2**20 / seconds * 86400 / 1024), number(total["syncs"] / total["records"]),
                     number(total["snapshots"], 0), number(last["data_bytes"] / 2**20, 0), number(last["rss_kib"] / 1024, 1),
                     number(100 * total["cpu_seconds"] / seconds, 1)])
    yield from table(["", "minutes", "refreshes", "log bytes a record", "disk bytes a record", "disk / log", "disk GiB a day",
                      "syncs a record", "snapshots", "data MiB at the end", "RSS MiB", "CPU %"], rows)
