"""Debian's libraries and headers for another kind of machine, in a root directory of their own: build/ARCH/root.

The packages of this machine stay as they are: no foreign architecture is added to its dpkg, which would want the same versions for both.
apt-get fetches with a state of its own. Nothing of what is fetched runs. A small database of dpkg says later which package has a file.
"""
import os
import pathlib
import re
import shutil
import subprocess

from make.common import ROOT, Fail, fresh, run
from make.machine import machine
from make.sources import apt_options

CONTROL_KEPT = ("symbols", "shlibs")  # what dpkg-shlibdeps reads


def wanted_packages():
    """The libraries of the group build in tools/packages.txt."""
    text = (ROOT / "tools" / "packages.txt").read_text(encoding="utf-8")
    return re.findall(r"^build (lib\S+)$", text, re.MULTILINE)


def fetch(architecture, state):
    """The packages and what they depend on, as .deb files."""
    options = [*apt_options(state), "-o", "Dir::State::status=%s/status" % state, "-o", "APT::Architecture=" + architecture,
               "-o", "APT::Architectures::=" + architecture, "-o", "APT::Install-Recommends=false"]
    (state / "status").touch()
    run(["apt-get", "-q", *options, "update"])
    run(["apt-get", "-q", "-y", *options, "--download-only", "install", *wanted_packages()])
    return sorted((state / "cache/archives").glob("*.deb"))


def unpack(package, root):
    """The files of one .deb below `root`, and its entry in the database there."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as files:
        # dpkg-deb -x would put a directory in the place of the link lib -> usr/lib.
        done = subprocess.run(["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", root], stdin=files.stdout, check=False)
    if files.returncode != 0 or done.returncode != 0:
        raise Fail("%s can't be unpacked" % package.name)
    control = run(["dpkg-deb", "-f", package])
    fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", control, re.MULTILINE))
    info, name = root / "var/lib/dpkg/info", fields["Package"]
    if fields.get("Multi-Arch") == "same":
        name += ":" + fields["Architecture"]
    found = re.findall(r"^\S+ +\S+ +\d+ \S+ \S+ \.(/.*)$", run(["dpkg-deb", "-c", package]), re.MULTILINE)
    names = [one.split(" -> ")[0].removesuffix("/") for one in found]
    (info / (name + ".list")).write_text("/.\n" + "".join(one + "\n" for one in names if one), encoding="utf-8")
    parts = root / "control"
    run(["dpkg-deb", "-e", package, fresh(parts)])
    for part in CONTROL_KEPT:
        if (parts / part).exists():
            shutil.copyfile(parts / part, info / ("%s.%s" % (name, part)))
    shutil.rmtree(parts)
    return control.rstrip().replace("\nVersion: ", "\nStatus: install ok installed\nVersion: ", 1) + "\n\n"


def keep_links_inside(root):
    """Makes each absolute link lead to the same file below `root`. A linker on this machine would else find no libm.so there, take libm.a,
    and with it the errno of glibc as a private symbol, which holds the .deb to one version of glibc."""
    for directory, directories, files in os.walk(root):
        for path in (pathlib.Path(directory, name) for name in directories + files):
            if path.is_symlink() and os.path.isabs(os.readlink(path)):
                inside = root / os.readlink(path).lstrip("/")
                path.unlink()
                path.symlink_to(os.path.relpath(inside, directory))


def make_root(architecture):
    """Makes the root directory anew; gives its path."""
    if machine(architecture).is_here:
        raise Fail("the libraries of this machine are in /: tools/install build brings them")
    root = machine(architecture).root
    partial = fresh(root.with_name("root.part"))
    for name in ("usr/lib", "usr/bin", "usr/sbin", "var/lib/dpkg/info", "var/lib/dpkg/updates"):
        (partial / name).mkdir(parents=True)
    for name in ("lib", "bin", "sbin"):  # as Debian's own roots have it
        (partial / name).symlink_to("usr/" + name)
    state = fresh(root.with_name("apt"))
    entries = [unpack(package, partial) for package in fetch(architecture, state)]
    keep_links_inside(partial)
    (partial / "var/lib/dpkg/info/format").write_text("1\n", encoding="ascii")
    (partial / "var/lib/dpkg/status").write_text("".join(entries), encoding="utf-8")
    shutil.rmtree(state)
    if root.exists():
        shutil.rmtree(root)
    os.rename(partial, root)
    for name in ("CMakeCache.txt", "build.ninja"):  # they keep the libraries that were found in the last root
        (root.parent / name).unlink(missing_ok=True)
    return [root]
