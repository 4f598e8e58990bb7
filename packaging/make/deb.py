"""pawl_VERSION_ARCH.deb by debhelper, from the release build: shared libraries, depends by dpkg-shlibdeps."""
import email.utils
import os
import pathlib
import shutil
import tempfile

from make.common import ROOT, SYSTEM_PATH, Fail, build_directory, epoch, need, run, this_architecture, version
from make.sbom import write_sbom_and_licences
from make.static import make_shared
from make.tree import lay_out_tree

CHANGELOG = """pawl (%s) bookworm; urgency=medium

  * What changed is in /usr/share/doc/pawl/NEWS.md.gz.

 -- The Pawl maintainers <maintainers@pawl.invalid>  %s
"""


def lay_out_source(place, build, debian_version):
    """What dpkg-buildpackage takes: debian/, and the built files in stage/."""
    tree, stage = place / "tree", place / "stage"
    tree.mkdir()
    lay_out_tree(tree, *make_shared(place / "linked"))
    shutil.rmtree(place / "linked")
    write_sbom_and_licences(build, tree, None)
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


def make_deb(directory, architecture, debian_version=None):
    """The package in `directory`."""
    if architecture != this_architecture():
        raise Fail("the .deb is built on its own kind of machine; for %s take the tarball" % architecture)
    directory.mkdir(parents=True, exist_ok=True)
    need("dh_installsysusers", "debhelper")
    debian_version = debian_version or version()
    build = build_directory()
    with tempfile.TemporaryDirectory() as outside:
        place = pathlib.Path(outside, "pawl-" + debian_version)
        place.mkdir()
        lay_out_source(place, build, debian_version)
        environment = {"PATH": SYSTEM_PATH, "HOME": outside, "SOURCE_DATE_EPOCH": str(epoch()), "LC_ALL": "C.UTF-8",
                       "DEB_BUILD_OPTIONS": "noautodbgsym nocheck", "TZ": "UTC"}
        run(["dpkg-buildpackage", "--build=binary", "--no-sign", "--no-check-builddeps"], cwd=place, env=environment)
        made = directory / ("pawl_%s_%s.deb" % (debian_version, architecture))
        shutil.move(os.path.join(outside, made.name), made)
    return [made]
