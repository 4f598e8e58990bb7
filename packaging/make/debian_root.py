"""A root directory of Debian with what is essential, the package, and what it depends on: the image that is made from the .deb."""
import os
import re

from make.common import SYSTEM_PATH, Fail, epoch, need, run
from make.deb import make_deb
from make.machine import machine

SUITE = "bookworm"
DATA = "var/lib/pawl"
# Pages and translations, but the licences stay; what apt fetched; what names the hour of the build or this machine.
LEFT_OUT = ("usr/share/man/*", "usr/share/locale/*", "usr/share/doc/*/changelog*", "usr/share/bash-completion/*", "usr/share/pawl/*")
# mmdebstrap's own: /usr is merged from the start. Else the package usrmerge would do it, and bring all of Perl.
MERGED = "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"
FORGOTTEN = ("dev", "proc", "sys", "run", "tmp", "var/log", "var/cache", "var/lib/apt/lists", "var/lib/systemd")
OLDER = tuple("var/lib/dpkg/%s-old" % name for name in ("status", "available", "diversions", "statoverride"))
FORGOTTEN_FILES = ("etc/machine-id", "etc/hostname", "etc/resolv.conf", "etc/.pwd.lock", "etc/passwd-", "etc/group-",
                   "etc/shadow-", "etc/gshadow-", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", *OLDER)


def depends_of(package):
    """The names of what a .deb depends on; users are made by the small systemd-sysusers, not by all of systemd."""
    names = [re.split(r"[ |]+", one.strip())[0] for one in run(["dpkg-deb", "-f", package, "Depends"]).split(",")]
    return ["systemd-standalone-sysusers" if name == "systemd" else name for name in names]


def bootstrap(root, architecture, packages, variant, *hooks):
    """A root directory made by mmdebstrap from this system's own mirrors. Fail where there are none, or no right to."""
    if os.geteuid() != 0:
        raise Fail("only root makes a root directory of Debian: run it as root")
    command = [need("mmdebstrap", "mmdebstrap"), "--quiet", "--mode=root", "--variant=" + variant, "--architectures=" + architecture,
               "--include=" + ",".join(packages), *hooks, SUITE, root]
    run(command, env={**os.environ, "PATH": SYSTEM_PATH, "SOURCE_DATE_EPOCH": str(epoch()), "LC_ALL": "C.UTF-8"})


def forget(root):
    """What the build left behind, so that the same packages make the same root."""
    for name in FORGOTTEN:
        for path in sorted((root / name).rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()
    for name in FORGOTTEN_FILES:
        (root / name).unlink(missing_ok=True)


def user_of(root):
    """(uid, gid) of the package's user."""
    for line in (root / "etc/passwd").read_text(encoding="utf-8").split("\n"):
        fields = line.split(":")
        if fields[0] == "pawl":
            return int(fields[2]), int(fields[3])
    raise Fail("the package made no user in the image")


def lay_out_debian(root, architecture, place):
    """The file system of the image from the .deb, in `root`; its user, None for "as it is", and further variables."""
    if not machine(architecture).is_here:
        raise Fail("the image from the .deb is made on its own kind of machine: its packages' scripts run")
    package = make_deb(place, architecture)[0]
    root.rmdir()  # mmdebstrap makes it
    leave = ["--dpkgopt=path-exclude=/" + pattern for pattern in LEFT_OUT]
    bootstrap(root, architecture, ["ca-certificates", *depends_of(package)], "essential", MERGED, *leave)
    run(["dpkg", "--root=%s" % root, *("--path-exclude=/" + pattern for pattern in LEFT_OUT), "--install", package],
        env={"PATH": SYSTEM_PATH, "SOURCE_DATE_EPOCH": str(epoch()), "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
    forget(root)
    user = user_of(root)
    (root / DATA).mkdir(mode=0o700, exist_ok=True)  # StateDirectory= of the unit, where systemd runs
    os.chown(root / DATA, *user)
    return user, None, ["PAWL_CONFIG=/etc/pawl/pawl.toml"]
