"""The kinds of machine that packages are made for: where their libraries lie, what links for them, what runs their programs."""
import functools
import os
import pathlib

from make.common import ARCHITECTURES, ROOT, need, run, run_program, this_architecture


class Machine:
    """This kind of machine, or another one, by Debian's name. Of another one: its libraries lie below build/ARCH/root
    (make.foreign), Debian's cross compiler links for it, and qemu runs its programs."""

    def __init__(self, architecture):
        self.architecture = architecture
        self.triplet = ARCHITECTURES[architecture][0]
        self.is_here = architecture == this_architecture()
        self.root = pathlib.Path("/") if self.is_here else ROOT / "build" / architecture / "root"

    def build(self):
        """Its release build: that of PAWL_BUILD (of another machine: PAWL_BUILD_ARCH) as it is, else made by tools/build."""
        if os.environ.get(self.build_variable):
            return pathlib.Path(os.environ[self.build_variable]).resolve()
        preset = "release" if self.is_here else self.architecture
        run([ROOT / "tools" / "build", preset, "pawld", "pawlctl"])
        return ROOT / "build" if self.is_here else ROOT / "build" / self.architecture

    @property
    def build_variable(self):
        return "PAWL_BUILD" if self.is_here else "PAWL_BUILD_" + self.architecture.upper()

    def compiler(self):
        """The path of its g++. Fail where it is missing."""
        return need(self.triplet + "-g++", "g++" if self.is_here else "g++-" + self.triplet)

    def linker_flags(self):
        """What the toolchain file in cmake/ says, too: the root's C library and libstdc++ go before the cross compiler's own."""
        return [] if self.is_here else ["--sysroot=%s" % self.root, "-B%s/usr/lib/gcc/%s/12" % (self.root, self.triplet),
                                        "-B%s/usr/lib/%s" % (self.root, self.triplet)]

    def strip(self):
        return need(self.triplet + "-strip", "binutils" if self.is_here else "binutils-" + self.triplet)

    def emulator(self):
        """Words before a command that is a program of this machine."""
        if self.is_here:
            return []
        return [need("qemu-%s-static" % ARCHITECTURES[self.architecture][2], "qemu-user-static"), "-L", str(self.root)]

    def run_program(self, command, environment=None, **more):
        """run_program() of a program of this machine."""
        return run_program([*self.emulator(), *command], environment, **more)

    def dpkg_query(self):
        return ["dpkg-query"] if self.is_here else ["dpkg-query", "--admindir=%s/var/lib/dpkg" % self.root]

    def libraries_of(self, program):
        """The shared libraries that the loader finds for a program, as paths of this system."""
        words = ["ldd", program] if self.is_here else [*self.emulator(), "-E", "LD_TRACE_LOADED_OBJECTS=1", program]
        found = [line.split("=> ")[1].split(" (")[0] for line in run(words).split("\n") if "=> /" in line]
        return [str(self.root / path.lstrip("/")) for path in found]


machine = functools.lru_cache(maxsize=None)(Machine)
