"""tools/package: which form, where to."""
import argparse
import pathlib
import sys

from make.common import ARCHITECTURES, ROOT, Fail, this_architecture


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/package", description=__doc__, epilog="PAWL_BUILD names a release build that is "
                                     "taken as it is; without it tools/build makes it. SOURCE_DATE_EPOCH dates all files.")
    parser.add_argument("form", choices=("static",))
    parser.add_argument("directory", nargs="?", type=pathlib.Path, help="where to (build/package)")
    parser.add_argument("--arch", choices=tuple(ARCHITECTURES), help="of the machine it is for (this one's)")
    return parser.parse_args(arguments)


def make(arguments):
    architecture = arguments.arch or this_architecture()
    place = arguments.directory or ROOT / "build" / "package"
    from make.static import make_static
    made = make_static(place, architecture, ROOT / "build" / "package" / "relink")
    for path in made:
        print("%10d  %s" % (path.stat().st_size, path))


def main(arguments):
    try:
        make(parse(arguments))
    except Fail as failure:
        print("tools/package: %s" % failure, file=sys.stderr)
        return 1
    except OSError as error:
        print("tools/package: %s: %s; name a directory that can be written" % (error.filename, error.strerror), file=sys.stderr)
        return 1
    return 0
