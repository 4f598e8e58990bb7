"""pawl-VERSION-linux-ARCH.tar.gz: the static programs and all that goes with them; and the kit to link them anew."""
import os
import tempfile
import pathlib

from make.common import PROGRAMS, version, write_tar_gz
from make.machine import machine
from make.sbom import write_sbom_and_licences
from make.static import make_static
from make.tree import README, lay_out_tree


def make_tarball(directory, architecture):
    """Both archives, in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    machine(architecture).emulator()  # the programs are asked for their own pages
    name = "pawl-%s-linux-%s" % (version(), architecture)
    with tempfile.TemporaryDirectory() as place:
        kit, tree = pathlib.Path(place, "kit"), pathlib.Path(place, "tree")
        make_static(pathlib.Path(place, "static"), architecture, kit)
        tree.mkdir()
        lay_out_tree(tree, architecture, *(pathlib.Path(place, "static", program) for program in PROGRAMS))
        (tree / "README").write_text(README % version(), encoding="utf-8")
        write_sbom_and_licences(architecture, tree, kit)
        for part in ("pawl.cdx.json", "NOTICE"):
            os.link(tree / part, kit / part)
        made = [directory / (name + ".tar.gz"), directory / ("pawl-%s-relink-%s.tar.gz" % (version(), architecture))]
        write_tar_gz(made[0], tree, name + "/")
        write_tar_gz(made[1], kit, "pawl-%s-relink/" % version())
    return made
