"""Moves the clocks of a running server: moved_clock.c is compiled and preloaded."""
import mmap
import os
import pathlib
import struct
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parent / "moved_clock.c"
NO, YES, REFUSED = 0, 1, 2


class MovedClock:
    """`env` is for the server; attributes say where the clocks are from then on."""

    def __init__(self, place):
        """`place` is a folder that outlives the server."""
        library, control = os.path.join(place, "moved_clock.so"), os.path.join(place, "moved_clock")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-o", library, str(SOURCE)], check=True)
        with open(control, "wb") as file:
            file.write(bytes(mmap.PAGESIZE))
        with open(control, "r+b") as file:
            self._numbers = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.env = {"LD_PRELOAD": library, "MOVED_CLOCK": control}

    def _set(self, index, value):
        struct.pack_into("=q", self._numbers, 8 * index, value)

    def _get(self, index):
        return struct.unpack_from("=q", self._numbers, 8 * index)[0]

    def leap(self, seconds):
        """The wall clock leaps; the boot clock does not."""
        self._set(0, self._get(0) + seconds * 1000)

    def pass_time(self, seconds):
        """So long passes for both: to the server as if it had not run meanwhile."""
        self._set(1, self._get(1) + seconds * 1000)  # first the boot clock, so that the wall clock is never ahead
        self.leap(seconds)

    def synchronised(self, answer):
        """What the system says of the wall clock: NO (so it begins), YES, REFUSED."""
        self._set(2, answer)
