"""pawl_VERSION_ARCH.deb by debhelper, from the release build: shared libraries, depends by dpkg-shlibdeps."""
import email.utils
import os
import pathlib
import shutil
import tempfile

from make.common import ROOT, SYSTEM_PATH, epoch, need, run, version
from make.machine import machine
from make.sbom import write_sbom_and_licences
from make.static import make_shared
from make.tree import lay_out_tree

CHANGELOG = """pawl (%s) bookworm; urgency=medium

  * What changed is in /usr/share/doc/pawl/NEWS.md.gz.

 -- The Pawl maintainers <maintainers@pawl.invalid>  %s
"""


def lay_out_source(place, architecture, debian_version):
    """What dpkg-buildpackage takes: debian/, and the built files in stage/."""
    tree, stage = place / "tree", place / "stage"
    tree.mkdir()
    lay_out_tree(tree, architecture, *make_shared(place / "linked", architecture))
    shutil.rmtree(place / "linked")
    write_sbom_and_licences(architecture, tree, None)
    (stage / "usr/share").mkdir(parents=True)
    for before, after in (("bin", "usr/bin"), ("share/man/man1", "man"), ("share/doc/pawl", "doc"),
                          ("share/bash-completion", "usr/share/bash-completion"), ("share/pawl", "usr/share/pawl"),
                          ("etc", "etc")):
        shutil.move(tree / before, stage / after)
    (stage / "doc/CHANGELOG.md").rename(stage / "doc/NEWS.md")  # debhelper would take it for its own changelog
    for name in ("NOTICE", "pawl.cdx.json", "licenses"):
        shutil.move(tree / name, stage / "doc" / name)
    debian = place / "debian"
    shutil.copytree(ROOT / "packaging" / "debian", debian)
    for unit in ("pawl.service", "pawl.socket"):
        shutil.move(tree / "lib/systemd/system" / unit, debian / unit)
    (debian / "source").mkdir()
    (debian / "source/format").write_text("3.0 (native)\n", encoding="ascii")
    (debian / "changelog").write_text(CHANGELOG % (debian_version, email.utils.formatdate(epoch())), encoding="utf-8")
    shutil.rmtree(tree)


def words_for_shlibdeps(target, place):
    """What dh_shlibdeps is told for another kind of machine: its libraries, and whose they are. dpkg-shlibdeps asks for the paths
    that it found, so the database that it gets has them with the root before them, under /lib as well as under /usr/lib."""
    if target.is_here:
        return ""
    libraries = target.root / "usr/lib" / target.triplet
    shutil.copytree(target.root / "var/lib/dpkg", place)
    for names in (place / "info").glob("*.list"):
        lines = {"%s%s%s" % (target.root, before, line.removeprefix("/usr")) for line in names.read_text(encoding="utf-8").split("\n")
                 if line.removeprefix("/usr").startswith("/lib/") for before in ("", "/usr")}
        names.write_text("".join(line + "\n" for line in sorted(lines)), encoding="utf-8")
    return "-l%s -- --admindir=%s" % (libraries, place)


def make_deb(directory, architecture, debian_version=None):
    """The package in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    need("dh_installsysusers", "debhelper")
    debian_version, target = debian_version or version(), machine(architecture)
    with tempfile.TemporaryDirectory() as outside:
        place = pathlib.Path(outside, "pawl-" + debian_version)
        place.mkdir()
        lay_out_source(place, architecture, debian_version)
        environment = {"PATH": SYSTEM_PATH, "HOME": outside, "SOURCE_DATE_EPOCH": str(epoch()), "LC_ALL": "C.UTF-8",
                       "DEB_BUILD_OPTIONS": "noautodbgsym nocheck", "TZ": "UTC",
                       "PAWL_SHLIBDEPS": words_for_shlibdeps(target, pathlib.Path(outside, "dpkg"))}
        run(["dpkg-buildpackage", "--host-arch=" + architecture, "--build=binary", "--no-sign", "--no-check-builddeps"], cwd=place,
            env=environment)
        made = directory / ("pawl_%s_%s.deb" % (debian_version, architecture))
        shutil.move(os.path.join(outside, made.name), made)
    return [made]
