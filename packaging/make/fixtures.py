"""The wheel and the npm package: fixtures/ with the static programs, and the licences of what is linked into them."""
import os
import pathlib
import sys
import tempfile

from make.common import ROOT, epoch, run
from make.sbom import write_sbom_and_licences
from make.static import make_static


def make_fixture_package(form, directory, architecture):
    """The package `form`, wheel or npm, of one machine, in `directory`."""
    with tempfile.TemporaryDirectory() as place:
        programs, kit, papers = (pathlib.Path(place, name) for name in ("programs", "kit", "papers"))
        make_static(programs, architecture, kit)
        papers.mkdir()
        write_sbom_and_licences(architecture, papers, kit)
        for name in ("pawl.cdx.json", "NOTICE"):
            (papers / name).rename(papers / "licenses" / name)
        made = run([sys.executable, ROOT / "packaging" / form / "build.py", "--binaries", programs, "--out", directory,
                    "--licenses", papers / "licenses"], env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch())})
    return [pathlib.Path(made.strip())]
