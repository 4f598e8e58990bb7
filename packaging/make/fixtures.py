"""The wheel and the npm package: fixtures/ with the static programs, and the licences of what is linked into them."""
import os
import pathlib
import shutil
import sys
import tempfile

from make.common import ROOT, epoch, run
from make.sbom import write_sbom_and_licences
from make.static import make_static


def make_fixture_package(form, directory, architectures):
    """The package `form`, wheel or npm, in `directory`: a wheel of one kind of machine, an npm package of one or more."""
    words = []
    with tempfile.TemporaryDirectory() as outside:
        licences = pathlib.Path(outside, "licenses")
        for architecture in architectures:
            programs, kit, papers = (pathlib.Path(outside, architecture, name) for name in ("programs", "kit", "papers"))
            make_static(programs, architecture, kit)
            papers.mkdir()
            write_sbom_and_licences(architecture, papers, kit)
            for name in ("pawl.cdx.json", "NOTICE"):
                (papers / name).rename(papers / "licenses" / name)
            shutil.copytree(papers / "licenses", licences / architecture if len(architectures) > 1 else licences)
            words += ["--binaries", programs]
        made = run([sys.executable, ROOT / "packaging" / form / "build.py", *words, "--out", directory, "--licenses", licences],
                   env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch())})
    return [pathlib.Path(made.strip())]
