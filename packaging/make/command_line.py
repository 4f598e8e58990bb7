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
  check    puts each form into an empty place and uses it; ends with "N passed, N failed"
"""
import argparse
import os
import pathlib
import sys

from make.common import ARCHITECTURES, ROOT, Fail, fresh, sha256, this_architecture

FORMS = ("static", "tarball", "oci", "deb", "wheel", "npm", "repo", "sbom", "sources", "root", "check")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/package", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="PAWL_BUILD names a release build that is taken as it is, PAWL_BUILD_ARM64 one for arm64 where this machine is another; "
               "without it tools/build makes it. "
               "SOURCE_DATE_EPOCH dates all files (else the last commit).")
    parser.add_argument("form", choices=FORMS, metavar="FORM")
    parser.add_argument("directory", nargs="?", type=pathlib.Path, help="where to (build/package); of check: a word in the names")
    parser.add_argument("--arch", choices=tuple(ARCHITECTURES), help="of the machine it is for (this one's)")
    return parser.parse_args(arguments)


def make_sbom(place, architecture, kit):
    from make.sbom import write_sbom_and_licences
    from make.static import make_static
    make_static(place / "programs", architecture, kit)
    for name, of_kit in (("static", kit), ("shared", None)):
        write_sbom_and_licences(architecture, fresh(place / name), of_kit)
    return [place / "static" / "pawl.cdx.json", place / "shared" / "pawl.cdx.json"]


def make(form, place, architecture):
    """The paths made, and a remark for people."""
    kit = ROOT / "build" / "package" / "relink"
    if form == "static":
        from make.static import make_static
        return make_static(place, architecture, kit), ""
    if form == "tarball":
        from make.tarball import make_tarball
        return make_tarball(place, architecture), ""
    if form == "oci":
        from make.oci import make_oci
        made, digest = make_oci(place, architecture)
        return made, digest
    if form == "deb":
        from make.deb import make_deb
        return make_deb(place, architecture), ""
    if form in ("wheel", "npm"):
        from make.fixtures import make_fixture_package
        return make_fixture_package(form, place, architecture), ""
    if form == "repo":
        from make.repo import make_repo
        return make_repo(place, architecture), ""
    if form == "root":
        from make.foreign import make_root
        return make_root(architecture), ""
    if form == "sources":
        from make.sources import make_sources
        return make_sources(place, architecture), ""
    return make_sbom(place, architecture, kit), ""


def main(arguments):
    given = parse(arguments)
    try:
        architecture = given.arch or this_architecture()
        if given.form == "check":
            from make.check import main as check
            return check(given.directory)
        place = (given.directory or ROOT / "build" / "package").resolve()
        place.mkdir(parents=True, exist_ok=True)
        made, remark = make(given.form, place, architecture)
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
