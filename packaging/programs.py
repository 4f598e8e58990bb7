"""What a package is told of the programs it brings: for which machine they are made, and whether they need libraries."""
import dataclasses
import os
import pathlib
import struct
import sys

PROGRAMS = ("pawld", "pawlctl")  # the first must be there
# e_machine of the ELF header: Debian's name, that of Python's tags, and Node's.
MACHINES = {62: ("amd64", "x86_64", "x64"), 183: ("arm64", "aarch64", "arm64")}
PT_INTERP = 3
EPOCH_MIN = 315532800  # 1980: a zip file knows no time before


class Refused(Exception):
    """What was given makes no package; the text is one line that says what to do."""


@dataclasses.dataclass(frozen=True)
class Machine:
    debian: str
    python: str
    node: str
    static: bool


def machine_of(path):
    """The Machine of an ELF program. Raises Refused."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
                raise Refused("%s is no 64-bit little-endian ELF program: give the directory that tools/package static made" % path)
            kind, = struct.unpack_from("<H", head, 18)
            offset, = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            if kind not in MACHINES:
                raise Refused("%s is made for a machine that no package is made for (e_machine %d); there are %s" %
                              (path, kind, " and ".join(names[0] for names in MACHINES.values())))
            file.seek(offset)
            table = file.read(size * count)
    except OSError as error:
        raise Refused("%s: %s: give the directory that tools/package static made" % (path, error.strerror)) from None
    if size < 4 or len(table) < size * count:
        raise Refused("%s is cut short" % path)
    types = [struct.unpack_from("<I", table, i * size)[0] for i in range(count)]
    return Machine(*MACHINES[kind], PT_INTERP not in types)


def programs_of(directory, allow_shared=False):
    """({name: path} of the programs in a directory, their Machine). Raises Refused where they need libraries, unless that is
    allowed, or where they are made for different machines."""
    found = {name: pathlib.Path(directory, name) for name in PROGRAMS if name == PROGRAMS[0] or pathlib.Path(directory, name).exists()}
    machines = {name: machine_of(path) for name, path in found.items()}
    first = machines[PROGRAMS[0]]
    for name, machine in machines.items():
        if machine.debian != first.debian:
            raise Refused("%s: %s and %s are made for different machines" % (directory, PROGRAMS[0], name))
        if not machine.static and not allow_shared:
            raise Refused("%s needs libraries of the system it was made on: make static ones with tools/package static DIRECTORY "
                          "(or try it here alone with --allow-shared)" % found[name])
    return found, first


def epoch():
    """SOURCE_DATE_EPOCH, or 1980: packages made twice are the same bytes. Raises Refused."""
    text = os.environ.get("SOURCE_DATE_EPOCH", str(EPOCH_MIN))
    if not text.isascii() or not text.isdigit():
        raise Refused("SOURCE_DATE_EPOCH is %r: it is seconds since 1970, as date +%%s says them" % text)
    return max(EPOCH_MIN, int(text))


def files_below(directory):
    """[(path below it with slashes, bytes)] of every regular file, sorted. Raises Refused where there is none."""
    root = pathlib.Path(directory)
    found = [(path.relative_to(root).as_posix(), path.read_bytes()) for path in sorted(root.rglob("*")) if path.is_file()]
    if not found:
        raise Refused("%s: there is no file in it" % directory)
    return found


def run(build, parser):
    """main() of a builder: 0, or 1 with one line on stderr. `build` takes the parsed arguments and gives the package's path."""
    try:
        print(build(parser.parse_args()))
        return 0
    except Refused as why:
        print("%s: %s" % (parser.prog, why), file=sys.stderr)
    except OSError as error:
        print("%s: %s: %s" % (parser.prog, error.filename, error.strerror), file=sys.stderr)
    return 1


def add_arguments(parser, **more):
    parser.add_argument("--binaries", required=True, metavar="DIR", help="where pawld (and pawlctl) are", **more)
    parser.add_argument("--out", required=True, metavar="DIR", help="where the package goes; made where it is missing")
    parser.add_argument("--licenses", metavar="DIR", help="files that go into the package as licenses/")
    parser.add_argument("--allow-shared", action="store_true",
                        help="take programs that need libraries: the package is then for this machine alone")
