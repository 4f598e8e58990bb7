"""What the examples and the pages of docs need from package registries, fetched below the build directory on first use.

A tool that is absent, or a registry that can't give something, skips the test. A build that fails with all there is a failure.
"""
import fcntl
import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from support.pawld import ROOT

CONSTRAINTS = ROOT / "tests" / "integration" / "packages" / "constraints.txt"
FETCH_SECONDS_MAX = 900
BUILD_SECONDS_MAX = 900
NPM = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--silent"]
# What Maven says when it can't have something, as opposed to code that does not compile.
MAVEN_ABSENT = ("Could not resolve", "Could not transfer", "Could not find artifact", "Non-resolvable", "was not found in")


def cache(name):
    folder = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build")).absolute() / "packages" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise unittest.SkipTest(tool + " is not installed")


def run(command, cwd, seconds, **environment):
    """Exit status and all output; None and why where it can't be run or takes too long."""
    try:
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=seconds, check=False, env={**os.environ, **environment})
        return done.returncode, done.stdout
    except (subprocess.TimeoutExpired, OSError) as error:
        return None, str(error)


def fetched(command, cwd, **environment):
    status, text = run(command, cwd, FETCH_SECONDS_MAX, **environment)
    if status != 0:
        raise unittest.SkipTest("%s could not fetch what %s needs: %s" % (command[0], cwd.name, text.strip()[-300:]))


def built(command, cwd, **environment):
    status, text = run(command, cwd, BUILD_SECONDS_MAX, **environment)
    assert status == 0, text[-6000:]


class Made:
    """`with Made(folder, *files) as made:` holds the folder's lock; made.fresh says whether it was made of these files.
    Leaving the block without an exception notes that it is."""

    def __init__(self, folder, *files):
        digest = hashlib.sha256()
        for path in files:
            digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
        self.folder, self.stamp, self.digest = folder, folder / "made-of", digest.hexdigest()

    def __enter__(self):
        self.lock = open(self.folder / "lock", "w", encoding="ascii")  # pylint: disable=consider-using-with
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.fresh = self.stamp.exists() and self.stamp.read_text() == self.digest
        return self

    def __exit__(self, kind, *_):
        if kind is None and not self.fresh:
            self.stamp.write_text(self.digest)
        self.lock.close()


def remembered(make):
    """Makes a thing once a process; a second test is skipped for the first one's reason."""
    @functools.lru_cache(None)
    def outcome(*arguments):
        try:
            return make(*arguments), None
        except unittest.SkipTest as skip:
            return None, str(skip)

    @functools.wraps(make)
    def call(*arguments):
        value, why = outcome(*arguments)
        if why is not None:
            raise unittest.SkipTest(why)
        return value
    return call


@remembered
def python_with(requirements):
    """The interpreter of a virtual environment with what this requirements.txt names."""
    folder = cache("python-" + requirements.parent.name)
    with Made(folder, requirements, CONSTRAINTS) as made:
        if not made.fresh:
            shutil.rmtree(folder / "venv", ignore_errors=True)
            fetched(["/usr/bin/python3", "-m", "venv", "venv"], folder)
            fetched(["venv/bin/pip", "install", "-q", "--disable-pip-version-check", "-r", str(requirements), "-c", str(CONSTRAINTS)],
                    folder)
    return str(folder / "venv" / "bin" / "python")


@remembered
def node_with(package):
    """A folder with the node_modules of this package.json and its lock."""
    need("node", "npm")
    folder, lock = cache("node-" + package.parent.name), package.parent / "package-lock.json"
    with Made(folder, package, lock) as made:
        if not made.fresh:
            shutil.copy(package, folder)
            shutil.copy(lock, folder)
            fetched(NPM, folder)
    return folder


@remembered
def installed(folder):
    """The node_modules beside a package.json, whole. Several test programs want them at the same time, those of a build for
    a sanitizer too: lock and stamp are the checkout's, not a build's."""
    need("node", "npm")
    notes = ROOT / "build" / "packages" / "-".join(folder.relative_to(ROOT).parts)
    notes.mkdir(parents=True, exist_ok=True)
    with Made(notes, folder / "package.json", folder / "package-lock.json") as made:
        made.fresh = made.fresh and (folder / "node_modules").exists()
        if not made.fresh:
            made.stamp.unlink(missing_ok=True)  # where it is ended halfway, the next one begins anew
            fetched(NPM, folder)


@remembered
def go_programs(source):
    """A folder with the programs of a module: one for each package main in it, named as its folder."""
    need("go")
    folder = cache("go-" + source.name)
    with Made(folder, *sorted(source.rglob("*.go")), source / "go.mod", source / "go.sum") as made:
        if not made.fresh:
            fetched(["go", "mod", "download"], source, GOTOOLCHAIN="local")
            built(["go", "build", "-o", str(folder) + "/", "./..."], source, GOFLAGS="-mod=readonly", GOTOOLCHAIN="local")
    return folder


@remembered
def go_tool(module, version):
    """A program that its module's main package builds, as actionlint."""
    need("go")
    name = re.sub(r"/v\d+$", "", module).rsplit("/", 1)[-1]  # what follows a major version of its own is no name
    folder = cache("gotool-" + name)
    if not (folder / version).exists():
        with Made(folder):
            fetched(["go", "install", module + "@" + version], folder, GOBIN=str(folder), GOTOOLCHAIN="local")
            (folder / version).touch()
    return str(folder / name)


@remembered
def maven_jar(source):
    """The one jar that Maven packages of a folder with a pom.xml."""
    need("mvn", "java")
    folder = cache("maven-" + source.name)
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    with Made(folder, *files) as made:
        if not made.fresh:
            work = folder / "work"
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(source, work)
            status, text = run(["mvn", "-B", "-q", "-o", "package"], work, BUILD_SECONDS_MAX)
            if status != 0:  # something is not in the cache, or is wrong
                status, text = run(["mvn", "-B", "-q", "package"], work, FETCH_SECONDS_MAX)
            if status is None or status != 0 and any(words in text for words in MAVEN_ABSENT):
                raise unittest.SkipTest("mvn could not fetch what %s needs: %s" % (source.name, text.strip()[:300]))
            assert status == 0, text[-6000:]
    return str(next(iter(sorted((folder / "work" / "target").glob("*.jar")))))


@remembered
def cargo_program(source):
    """The program of a folder with Cargo.toml, Cargo.lock and src/main.rs."""
    need("cargo")
    folder = cache("cargo-" + source.name)
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    with Made(folder, *files) as made:
        if not made.fresh:
            fetched(["cargo", "fetch", "--locked", "--quiet"], source)
            built(["cargo", "build", "--locked", "--offline", "--quiet", "--target-dir", str(folder / "target")], source)
    return str(folder / "target" / "debug" / "program")
