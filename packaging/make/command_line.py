"""tools/package: makes what people install, from the release build.

  static   pawld and pawlctl, stripped, static-pie, into DIRECTORY; the kit to link them anew in build/package/relink
  tarball  pawl-VERSION-linux-ARCH.tar.gz and pawl-VERSION-relink-ARCH.tar.gz
  oci      an image of the static programs, as an OCI image layout
  deb      a Debian package of the shared programs
  wheel    pawl-pytest for pip, with the static programs
  npm      pawl-fixture for npm, with the static programs
  repo     a signed apt repository with it; PAWL_SIGNING_KEY names the key
  sbom     pawl.cdx.json of what is linked, NOTICE and licenses/, for static/ and for shared/
  sources  Debian's sources of the libraries under the LGPL
  root     Debian's libraries for another machine (--arch) into build/ARCH/root; the other forms need it, and make it
  table    makes every form of both machines and writes sizes and times into docs/packages.md
  check    puts each form into an empty place and uses it; ends with "N passed, N failed"
"""
import argparse
import importlib
import os
import pathlib
import sys

from make.common import ARCHITECTURES, ROOT, Fail, fresh, sha256, this_architecture

FORMS = ("static", "tarball", "oci", "deb", "wheel", "npm", "repo", "sbom", "sources", "root", "table", "check")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/package", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="PAWL_BUILD names a release build that is taken as it is, PAWL_BUILD_ARM64 one for arm64 where this machine is another; "
               "without it tools/build makes it. SOURCE_DATE_EPOCH dates all files (else the last commit).")
    parser.add_argument("form", choices=FORMS, metavar="FORM")
    parser.add_argument("directory", nargs="?", type=pathlib.Path, help="where to (build/package); of check: a word in the names")
    parser.add_argument("--arch", choices=(*ARCHITECTURES, "all"),
                        help="of the machine it is for (this one's); all: one package for both where the form can be that, else two")
    parser.add_argument("--from", dest="origin", choices=("static", "deb"), default="static",
                        help="of oci: the static programs alone, or Debian with the .deb in it")
    return parser.parse_args(arguments)


def kit_of(architecture):
    return ROOT / "build" / "package" / ("relink" if architecture == this_architecture() else "relink-" + architecture)


def make_static_in(place, architecture):
    from make.static import make_static
    return make_static(place, architecture, kit_of(architecture))


def make_sbom(place, architecture):
    from make.sbom import write_sbom_and_licences
    make_static_in(place / "programs", architecture)
    for name, of_kit in (("static", kit_of(architecture)), ("shared", None)):
        write_sbom_and_licences(architecture, fresh(place / name), of_kit)
    return [place / "static" / "pawl.cdx.json", place / "shared" / "pawl.cdx.json"]


def maker_of_one(form):
    """What makes the form for one kind of machine: takes directory and architecture, gives paths."""
    if form in ("static", "sbom"):
        return {"static": make_static_in, "sbom": make_sbom}[form]
    if form == "wheel":
        from make.fixtures import make_fixture_package
        return lambda place, architecture: make_fixture_package("wheel", place, [architecture])
    module = {"root": "foreign"}.get(form, form)
    made = getattr(importlib.import_module("make." + module), "make_" + form)
    return made if form != "root" else lambda _, architecture: made(architecture)


def make(given, place, architectures):
    """The paths made, and a remark for people."""
    if given.form == "oci":
        from make.oci import make_oci
        return make_oci(place, architectures, given.origin)
    if given.form == "npm":
        from make.fixtures import make_fixture_package
        return make_fixture_package("npm", place, architectures), ""
    if given.form == "table":
        from make.table import make_table
        return make_table(), ""
    if given.form == "repo":
        from make.repo import make_repo
        return make_repo(place, architectures), ""
    of_one, several = maker_of_one(given.form), len(architectures) > 1
    in_folders = several and given.form in ("static", "sbom", "sources")  # their files have no architecture in their names
    return [path for one in architectures for path in of_one(place / one if in_folders else place, one)], ""


def main(arguments):
    given = parse(arguments)
    try:
        architectures = list(ARCHITECTURES) if given.arch == "all" else [given.arch or this_architecture()]
        if given.form == "check":
            from make.check import main as check
            return check(given.directory)
        place = (given.directory or ROOT / "build" / "package").resolve()
        place.mkdir(parents=True, exist_ok=True)
        made, remark = make(given, place, architectures)
        for path in made:
            size = path.stat().st_size if path.is_file() else sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
            print("%10d  %s  %s" % (size, sha256(path) if path.is_file() else remark or "-", os.path.relpath(path)))
    except Fail as failure:
        print("tools/package: %s" % failure, file=sys.stderr)
        return 1
    except OSError as error:
        print("tools/package: %s: %s; name a directory that can be written" % (error.filename, error.strerror), file=sys.stderr)
        return 1
    return 0
