"""What all forms share: the tree, its version and date, the machine, commands, and files that come out the same each time."""
import gzip
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAMS = ("pawld", "pawlctl")
GZIP_LEVEL = 6  # 9 takes three times as long for one percent
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Debian's name of the architecture: GNU's triplet, the name that OCI uses, what uname says.
ARCHITECTURES = {"amd64": ("x86_64-linux-gnu", "amd64", "x86_64"),
                 "arm64": ("aarch64-linux-gnu", "arm64", "aarch64")}


class Fail(Exception):
    """One line that says what is wrong and what to do; exit status 1."""


def need(tool, package):
    """The path of a program; Fail says which Debian package has it."""
    path = shutil.which(tool)
    if path is None:
        raise Fail("%s is missing: apt-get install %s" % (tool, package))
    return path


def run(command, quiet=True, **more):
    """Runs a command and gives what it printed on stdout; Fail shows the end of what it said."""
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE if quiet else None, check=False, **more)
    if done.returncode != 0:
        said = ((done.stdout or b"") + (done.stderr or b"")).decode("utf-8", "replace").strip()
        raise Fail("%s: exit status %d\n%s" % (pathlib.Path(str(command[0])).name, done.returncode, said[-4000:]))
    return done.stdout.decode("utf-8", "replace")


def run_program(command, environment=None, **more):
    """As run(), for pawld and pawlctl: without the caller's PAWL_ variables, which are their options."""
    program = shutil.which(str(command[0])) or command[0]  # by our PATH: that of `environment` may be an image's
    return run([program, *command[1:]], env={"PATH": SYSTEM_PATH, **(environment or {})}, **more)


def this_architecture():
    for debian, names in ARCHITECTURES.items():
        if names[2] == platform.machine():
            return debian
    raise Fail("unsupported machine %s: Pawl is packaged for %s" % (platform.machine(), " and ".join(ARCHITECTURES)))


def version():
    found = re.search(r"^project\(pawl VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1)


def epoch():
    """The date of every file: SOURCE_DATE_EPOCH, else that of the last commit, else 0."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    try:
        return int(run(["git", "-C", ROOT, "log", "-1", "--format=%ct"]))
    except (Fail, OSError, ValueError):
        return 0


def fresh(directory):
    """An empty directory in the place of what was there."""
    directory = pathlib.Path(directory)
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    return directory


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tar_entry(info, owners):
    info.mtime = epoch()
    if owners is None:
        info.uname = info.gname = ""
        return info
    info.uid, info.gid = dict(owners).get(info.name, (0, 0))
    info.uname = info.gname = ""
    if info.isdir():
        info.mode = 0o700 if info.name in owners else 0o755
    elif info.isfile():
        info.mode = 0o755 if info.mode & 0o100 else 0o644
    return info


def write_tar_gz(path, tree, prefix="", owners=frozenset()):
    """`tree` as path.tar.gz: sorted, dated by epoch(), root's but for `owners` {name: (uid, gid)}, whose directories are 0700.
    Without owners (None) as it is: who has what, and every mode.

    Gives the digest of the tar before it was compressed, as the layers of an image want it.
    """
    tree, hasher = pathlib.Path(tree), hashlib.sha256()

    class Hashed:
        def __init__(self, under):
            self.under = under

        def write(self, data):
            hasher.update(data)
            return self.under.write(data)

    with open(path, "wb") as raw, gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed, \
            tarfile.open(fileobj=Hashed(packed), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(tree.rglob("*")):
            name = prefix + str(entry.relative_to(tree))
            tar.add(entry, name, recursive=False, filter=lambda info: _tar_entry(info, owners))
    return hasher.hexdigest()
