"""The sources of the libraries under the LGPL, in the versions that are linked, beside the packages: sources/."""
import pathlib
import re
import tempfile

from make.common import Fail, fresh, run
from make.inventory import inventory


def apt_places(kind):
    """This system's apt sources as files, (name, text): of `kind`, deb or deb-src."""
    out = []
    places = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    for path in places:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if path.suffix == ".sources":
            out.append((path.name, "\n".join("Types: " + kind if line.startswith("Types:") else line for line in text.split("\n"))))
        elif path.suffix == ".list":
            lines = [re.sub(r"^deb(-src)?\b", kind, line) for line in text.split("\n") if line.startswith("deb")]
            out.append((path.name, "\n".join(lines) + "\n"))
    if not out:
        raise Fail("apt knows no place of packages here: write one into /etc/apt/sources.list")
    return out


def apt_options(state, kind="deb"):
    """Options with which apt-get keeps all it knows in the directory `state` and reads this system's sources of `kind`."""
    for name in ("lists.d", "lists/partial", "cache/archives/partial"):
        (state / name).mkdir(parents=True)
    for name, text in apt_places(kind):
        (state / "lists.d" / name).write_text(text, encoding="utf-8")
    return ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", "Dir::Etc::sourceparts=%s/lists.d" % state,
            "-o", "Dir::State::lists=%s/lists" % state, "-o", "Dir::Cache=%s/cache" % state, "-o", "APT::Sandbox::User=root"]


def make_sources(directory, architecture):
    """Fetches them by apt-get source, with a state of its own."""
    wanted = sorted({"%s=%s" % (one.source, one.source_version) for one in inventory(architecture)
                     if one.is_lgpl and one.how == "linked"})
    place = fresh(directory / "sources")
    with tempfile.TemporaryDirectory() as state:
        options = apt_options(pathlib.Path(state), "deb-src")
        run(["apt-get", "-q", *options, "update"])
        run(["apt-get", "-q", *options, "--download-only", "source", *wanted], cwd=place)
    return sorted(place.iterdir())
