"""What /proc says of a process and its children: CPU time, memory, bytes written; and of the machine."""
import os
import time

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
SECTOR_BYTES = 512  # of /proc/diskstats, whatever the disk's own


def _lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _stat(pid):
    """The fields of /proc/PID/stat after the name, or None where the process is gone."""
    lines = _lines("/proc/%d/stat" % pid)
    return lines[0].rsplit(")", 1)[1].split() if lines else None


def tree(pid):
    """The process and all its descendants."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        fields = _stat(int(name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_seconds(pids):
    """User and system time of all threads, those that ended included."""
    total = 0
    for pid in pids:
        fields = _stat(pid)
        if fields:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS_A_SECOND


def bytes_written(pids):
    """What they made the page cache write, or None where /proc does not say (another user's process). Linux counts a
    whole large folio for each write into one: where a file system uses them this is far more than the disk gets."""
    total = 0
    for pid in pids:
        values = [int(line.split()[1]) for line in _lines("/proc/%d/io" % pid) if line.startswith("write_bytes:")]
        if not values:
            return None
        total += values[0]
    return total


def disk_bytes_written(path):
    """What the disk that holds `path` has written since the machine started, for anybody; None where it is no disk."""
    device = os.stat(path).st_dev
    for line in _lines("/proc/diskstats"):
        fields = line.split()
        if (int(fields[0]), int(fields[1])) == (os.major(device), os.minor(device)):
            return int(fields[9]) * SECTOR_BYTES
    return None


def memory_kib(pids):
    """(RSS, PSS) of all of them; PSS is None where /proc does not say."""
    rss, pss = 0, 0
    for pid in pids:
        for line in _lines("/proc/%d/status" % pid):
            if line.startswith("VmRSS:"):
                rss += int(line.split()[1])
        values = [int(line.split()[1]) for line in _lines("/proc/%d/smaps_rollup" % pid) if line.startswith("Pss:")]
        pss = None if pss is None or not values else pss + values[0]
    return rss, pss


def machine_ticks():
    """(taken by the hypervisor, all) of the machine's CPU time so far."""
    fields = [int(value) for value in _lines("/proc/stat")[0].split()[1:9]]
    return fields[7], sum(fields)


def wait_until_quiet(pids, seconds=60):
    """Until the processes have worked off what a load left behind: two quarter seconds with next to no CPU time."""
    deadline, quiet = time.monotonic() + seconds, 0
    while quiet < 2 and time.monotonic() < deadline:
        before = cpu_seconds(pids)
        time.sleep(0.25)
        quiet = quiet + 1 if cpu_seconds(pids) - before <= 0.02 else 0


def description():
    """The machine in words, for the record."""
    model = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal:")), 0)
    name = next((line.split("=", 1)[1].strip('"') for line in _lines("/etc/os-release") if line.startswith("PRETTY_NAME=")), "")
    return {"cpu": model, "cores": os.cpu_count(), "memory_mib": memory // 1024, "system": name,
            "kernel": os.uname().release, "load_average": os.getloadavg()[0]}
