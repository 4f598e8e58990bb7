"""The table of sizes and times in docs/packages.md: makes every form and writes what it found."""
import os
import pathlib
import resource
import tempfile
import time

from make import inventory
from make.common import ARCHITECTURES, ROOT, Fail, run, this_architecture, version
from make.deb import make_deb
from make.fixtures import make_fixture_package
from make.machine import machine
from make.oci import make_oci
from make.sources import make_sources
from make.static import make_static
from make.tarball import make_tarball

PAGE = ROOT / "docs" / "packages.md"
BEGIN, END = "<!-- tools/package table writes from here -->\n", "<!-- to here -->\n"


def processor_seconds():
    """User and system time of this process and of those that ended below it."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def size_of(path):
    return path.stat().st_size if path.is_file() else sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def rows_of(architecture, place):
    """(name, function that makes paths, what each path is called) of the forms for one kind of machine."""
    yield "static", lambda: make_static(place / "static", architecture, place / "kit"), ("`static`: pawld", "`static`: pawlctl")
    yield "tarball", lambda: make_tarball(place, architecture), ("`tarball`", "its kit to link anew")
    yield "oci", lambda: make_oci(place, [architecture])[0], ("`oci`",)
    if machine(architecture).is_here:
        yield "oci-deb", lambda: make_oci(place, [architecture], "deb")[0], ("`oci --from deb`",)
    yield "deb", lambda: make_deb(place, architecture), ("`deb`",)
    for form in ("wheel", "npm"):
        yield form, lambda form=form: make_fixture_package(form, place, [architecture]), ("`%s`" % form,)
    if machine(architecture).is_here:
        yield "sources", lambda: [make_sources(place, architecture)[0].parent], ("`sources` of the libraries under the LGPL",)


def measured(architecture, place):
    """Lines of the table."""
    out = []
    for name, make, titles in rows_of(architecture, place):
        inventory.forget()  # each form's seconds are of making it alone
        before = processor_seconds()
        try:
            made = make()
        except Fail as failure:
            out.append("| %s | %s | not made: %s | |" % (titles[0], architecture, str(failure).split("\n", maxsplit=1)[0]))
            continue
        seconds = processor_seconds() - before
        for title, path in zip(titles, made):
            out.append("| %s | %s | %s | %s |" % (title, architecture, format(size_of(path), ","),
                                                 "%.1f" % seconds if path == made[0] else ""))
        print("%-8s %s  %.1f s" % (name, architecture, seconds), flush=True)
    return out


def has_build(architecture):
    target = machine(architecture)
    return target.is_here or target.build_variable in os.environ or (ROOT / "build" / architecture / "bin/pawld").exists()


def table_text(lines, load):
    compiler = run(["g++", "-dumpfullversion"]).strip()
    return ("Version %s on %s, Debian 12, g++ %s, %d cores, one minute's load %.1f before it began. The seconds are of the processor "
            "(user and system), with the\nreleases built before; bytes as they lie on the disk.\n\n"
            "| form | for | bytes | seconds |\n|---|---|---|---|\n%s\n" % (
                version(), time.strftime("%Y-%m-%d"), compiler, os.cpu_count(), load, "\n".join(lines)))


def make_table():
    """Makes every form in a directory that is removed again, and writes the page."""
    page, load, lines = PAGE.read_text(encoding="utf-8"), os.getloadavg()[0], []
    before, rest = page.split(BEGIN)
    for architecture in sorted(ARCHITECTURES, key=lambda one: one != this_architecture()):
        if not has_build(architecture):
            lines.append("| every form | %s | not made: no build for it was there | |" % architecture)
            continue
        with tempfile.TemporaryDirectory() as place:
            machine(architecture).build()
            lines += measured(architecture, pathlib.Path(place))
    PAGE.write_text(before + BEGIN + "\n" + table_text(lines, load) + "\n" + END + rest.split(END)[1], encoding="utf-8")
    return [PAGE]
