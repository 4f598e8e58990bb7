"""A disk of its own that can lose power: an ext4 file system on an image behind nbdkit's write-back cache.

nbdkit keeps what was written in its own memory until the file system flushes; killed with -9, everything that was not
flushed is gone, as in a disk whose power fails. Needs root, nbdkit, nbdfuse, loop devices (Debian: nbdkit libnbd-bin
nbdfuse e2fsprogs).
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

WAIT_SECONDS_MAX = 30


def missing():
    """What keeps this from running here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("nbdkit", "nbdfuse", "mkfs.ext4", "mount"):
        if shutil.which(program) is None:
            return program + " is not installed"
    if not os.path.exists("/dev/fuse") or not os.path.exists("/dev/loop-control"):
        return "no /dev/fuse or no loop devices"
    return None


def cannot_be_made():
    """The same where all is installed, but the system does not let us: tried once."""
    try:
        with Disk(16):
            return None
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return "no disk can be made here: %s" % error


def _wait(condition, what):
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(what + " took longer than %d s" % WAIT_SECONDS_MAX)
        time.sleep(0.005)


class Disk:
    """`with Disk() as disk`: mounted at disk.path. power_cut(), then power_on()."""

    def __init__(self, megabytes=256, faults=False):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-disk-"))
        self.image, self.socket = self.home / "image", self.home / "socket"
        self.raw, self.path, self.trip = self.home / "raw", self.home / "mnt", self.home / "trip"
        self.faults = faults
        self.raw.mkdir()
        self.path.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self.image)], check=True)
        self.nbdkit = self.nbdfuse = None

    def power_on(self):
        # A place of its own each time: the kernel may hold on to the last one for a while.
        self.raw = pathlib.Path(tempfile.mkdtemp(prefix="raw-", dir=self.home))
        self.socket = self.raw.with_suffix(".socket")
        pid_file = self.raw.with_suffix(".pid")  # written once it listens; the socket's name is there a moment before
        command = ["nbdkit", "-f", "-P", str(pid_file), "-U", str(self.socket)]
        if self.faults:
            command += ["--filter=error", "file", str(self.image), "error-pwrite=EIO", "error-pwrite-rate=100%",
                        "error-file=" + str(self.trip)]
        else:
            command += ["--filter=cache", "file", str(self.image), "cache=writeback"]
        self.nbdkit = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait(pid_file.exists, "nbdkit")
        self.nbdfuse = subprocess.Popen(["nbdfuse", str(self.raw), "--unix", str(self.socket)], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        _wait((self.raw / "nbd").exists, "nbdfuse")
        subprocess.run(["mount", "-o", "loop,commit=300", str(self.raw / "nbd"), str(self.path)], check=True)

    def power_cut(self):
        """Everything that was not flushed is gone. Processes that have files open there see errors."""
        self.nbdkit.send_signal(signal.SIGKILL)
        self.nbdkit.wait()

    def unmount(self):
        """After power_cut() and the end of every process with files there; or alone, for a clean end."""
        subprocess.run(["umount", str(self.path)], check=False, stderr=subprocess.DEVNULL)
        _wait(lambda: not os.path.ismount(self.path), "umount")
        subprocess.run(["umount", str(self.raw)], check=False, stderr=subprocess.DEVNULL)
        _wait(lambda: self.nbdfuse.poll() is not None, "nbdfuse's end")
        if self.nbdkit.poll() is None:
            self.nbdkit.terminate()
            self.nbdkit.wait()

    def __enter__(self):
        self.power_on()
        return self

    def __exit__(self, *_):
        if os.path.ismount(self.path):
            self.unmount()
        shutil.rmtree(self.home, ignore_errors=True)
