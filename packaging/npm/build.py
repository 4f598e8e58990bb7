#!/usr/bin/python3
"""Makes the npm package pawl-fixture of fixtures/node and of the programs: npm installs it, and the fixture has its server.

    packaging/npm/build.py --binaries DIR [--binaries DIR] --out DIR [--licenses DIR]

One package for all machines it is given programs of, not one a machine behind optionalDependencies: the tarball alone is all that
an install needs, without a registry, without scripts, and whatever machine the lock file was written on.
Written to the byte by this script (no npm): the same input and SOURCE_DATE_EPOCH give the same package.
"""
import argparse
import fnmatch
import gzip
import io
import json
import os
import pathlib
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging"))
import programs  # noqa: E402  pylint: disable=wrong-import-position

SOURCE = ROOT / "fixtures" / "node"
COMMAND = ROOT / "packaging" / "npm" / "command.cjs"
COMPRESSION_LEVEL = 9


def manifest(found):
    """package.json of the package: that of fixtures/node, and what the programs make of it."""
    document = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    names = sorted({name for programs_of_one, _ in found for name in programs_of_one}, reverse=True)
    for wish in ("scripts", "files"):
        del document[wish]
    document["os"] = ["linux"]
    document["cpu"] = [machine.node for _, machine in found]
    document["bin"] = {name: "./command/%s.cjs" % name for name in names}
    document["preferUnplugged"] = True  # yarn: a program in an archive can't be started
    return document


def members(found, licenses):
    """[(name in the package, bytes, whether it may be executed)]"""
    document = manifest(found)
    wanted = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))["files"]
    files = [(name, data, False) for name, data in programs.files_below(SOURCE)
             if "/" not in name and any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)]
    files.append(("package.json", (json.dumps(document, indent=2) + "\n").encode(), False))
    files += [("command/%s.cjs" % name, COMMAND.read_bytes(), True) for name in document["bin"]]
    for programs_of_one, machine in found:
        files += [("bin/linux-%s/%s" % (machine.node, name), path.read_bytes(), True) for name, path in programs_of_one.items()]
    files.append(("LICENSE", (ROOT / "LICENSE").read_bytes(), False))
    files += [("licenses/" + name, data, False) for name, data in licenses]
    return sorted(files)


def write_tarball(path, files):
    when = programs.epoch()
    text = io.BytesIO()
    with tarfile.open(fileobj=text, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data, executable in files:
            entry = tarfile.TarInfo("package/" + name)
            entry.size, entry.mtime, entry.mode = len(data), when, 0o755 if executable else 0o644
            tar.addfile(entry, io.BytesIO(data))
    with open(path, "wb") as file, gzip.GzipFile("", "wb", COMPRESSION_LEVEL, file, mtime=0) as packed:
        packed.write(text.getvalue())


def build(arguments):
    found = [programs.programs_of(directory, arguments.allow_shared) for directory in arguments.binaries]
    machines = [machine.node for _, machine in found]
    if len(set(machines)) < len(machines):
        raise programs.Refused("two directories have programs for the same machine (%s): give one a machine" % ", ".join(machines))
    found.sort(key=lambda one: one[1].node, reverse=True)
    files = members(found, programs.files_below(arguments.licenses) if arguments.licenses else [])
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    document = manifest(found)
    path = out / ("%s-%s.tgz" % (document["name"], document["version"]))
    partial = path.with_suffix(".part")
    write_tarball(partial, files)
    os.replace(partial, path)
    return path


def main():
    parser = argparse.ArgumentParser(prog="npm", description="Makes the npm package pawl-fixture, which brings the server.")
    programs.add_arguments(parser, action="append")
    return programs.run(build, parser)


if __name__ == "__main__":
    sys.exit(main())
