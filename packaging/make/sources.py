"""The sources of the libraries under the LGPL, in the versions that are linked, beside the packages: sources/."""
import pathlib
import tempfile

from make.common import Fail, build_directory, fresh, run
from make.inventory import inventory


def deb_src_lines():
    """This system's apt sources, with their deb-src."""
    out = []
    places = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    for path in places:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if path.suffix == ".sources":
            out.append((path.name, "\n".join("Types: deb-src" if line.startswith("Types:") else line for line in text.split("\n"))))
        elif path.suffix == ".list":
            lines = [line.replace("deb-src ", "deb ").replace("deb ", "deb-src ", 1) for line in text.split("\n")
                     if line.startswith("deb")]
            out.append((path.name, "\n".join(lines) + "\n"))
    if not out:
        raise Fail("apt knows no place of packages here: write one into /etc/apt/sources.list")
    return out


def make_sources(directory):
    """Fetches them by apt-get source, with a state of its own."""
    wanted = sorted({"%s=%s" % (one.source, one.source_version) for one in inventory(build_directory())
                     if one.is_lgpl and one.how == "linked"})
    place = fresh(directory / "sources")
    with tempfile.TemporaryDirectory() as state:
        lists = pathlib.Path(state, "lists.d")
        lists.mkdir()
        for name, text in deb_src_lines():
            (lists / name).write_text(text, encoding="utf-8")
        options = ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", "Dir::Etc::sourceparts=%s" % lists,
                   "-o", "Dir::State::lists=%s/lists" % state, "-o", "Dir::Cache=%s/cache" % state, "-o", "APT::Sandbox::User=root"]
        (pathlib.Path(state) / "lists/partial").mkdir(parents=True)
        (pathlib.Path(state) / "cache/archives/partial").mkdir(parents=True)
        run(["apt-get", "-q", *options, "update"])
        run(["apt-get", "-q", *options, "--download-only", "source", *wanted], cwd=place)
    return sorted(place.iterdir())
