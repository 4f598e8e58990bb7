#!/usr/bin/python3
"""Makes the wheel pawl-pytest of fixtures/pytest and of the programs: pip installs it, and the fixture has its server.

    packaging/wheel/build.py --binaries DIR --out DIR [--licenses DIR]

Written to the byte by this script (no setuptools): the same input and SOURCE_DATE_EPOCH give the same wheel.
"""
import argparse
import base64
import hashlib
import os
import pathlib
import stat
import sys
import time
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging"))
import programs  # noqa: E402  pylint: disable=wrong-import-position

SOURCE = ROOT / "fixtures" / "pytest"
MODULE = "pawl_pytest"
# What a static program runs on: pip of glibc from 2.17 on, and of musl from 1.1 on, take these.
STATIC_TAGS = ("manylinux_2_17_%s", "musllinux_1_1_%s")
SHARED_TAGS = ("linux_%s",)
COMPRESSION_LEVEL = 9


def metadata(project, readme):
    lines = ["Metadata-Version: 2.1", "Name: " + project["name"], "Version: " + project["version"], "Summary: " + project["description"],
             "License: " + project["license"]["text"], "Requires-Python: " + project["requires-python"]]
    lines += ["Classifier: " + classifier for classifier in project.get("classifiers", [])]
    lines += ["Keywords: " + ",".join(project["keywords"])] if project.get("keywords") else []
    lines += ["Requires-Dist: " + need for need in project["dependencies"]]
    for extra, needs in project.get("optional-dependencies", {}).items():
        lines += ["Provides-Extra: " + extra, *("Requires-Dist: %s; extra == '%s'" % (need, extra) for need in needs)]
    return "\n".join([*lines, "Description-Content-Type: text/markdown", "", readme])


def entry_points(project, names):
    text = ""
    for group, entries in project["entry-points"].items():
        text += "[%s]\n" % group + "".join("%s = %s\n" % entry for entry in entries.items()) + "\n"
    return text + "[console_scripts]\n" + "".join("%s = %s.binary:%s\n" % (name, MODULE, name) for name in names)


def tags_of(machine):
    return [tag % machine.python for tag in (STATIC_TAGS if machine.static else SHARED_TAGS)]


def members(project, found, machine, licenses):
    """[(name in the wheel, bytes, whether it may be executed)], but for RECORD."""
    info = "%s-%s.dist-info/" % (MODULE, project["version"])
    files = [(MODULE + "/" + name, data, False) for name, data in programs.files_below(SOURCE / MODULE)
             if name.endswith(".py") or name == "py.typed"]
    files += [("%s/bin/%s" % (MODULE, name), path.read_bytes(), True) for name, path in found.items()]
    files += [(info + "licenses/LICENSE", (ROOT / "LICENSE").read_bytes(), False)]
    files += [(info + "licenses/" + name, data, False) for name, data in licenses]
    wheel = "Wheel-Version: 1.0\nGenerator: pawl\nRoot-Is-Purelib: false\n"
    wheel += "".join("Tag: py3-none-%s\n" % tag for tag in tags_of(machine))
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    for name, text in (("METADATA", metadata(project, readme)), ("WHEEL", wheel), ("entry_points.txt", entry_points(project, found))):
        files.append((info + name, text.encode(), False))
    return sorted(files, key=lambda file: (file[0].startswith(info), file[0])), info + "RECORD"  # what describes it last


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d\n" % (name, digest, len(data))


def write_wheel(path, files, record):
    when = time.gmtime(programs.epoch())[:6]
    text = "".join(record_line(name, data) for name, data, _ in files) + record + ",,\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data, executable in [*files, (record, text.encode(), False)]:
            entry = zipfile.ZipInfo(name, when)
            entry.create_system = 3  # Unix: the mode is in external_attr
            entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data, compresslevel=COMPRESSION_LEVEL)


def build(arguments):
    found, machine = programs.programs_of(arguments.binaries, arguments.allow_shared)
    with open(SOURCE / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    licenses = programs.files_below(arguments.licenses) if arguments.licenses else []
    files, record = members(project, found, machine, licenses)
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    path = out / ("%s-%s-py3-none-%s.whl" % (MODULE, project["version"], ".".join(tags_of(machine))))
    partial = path.with_suffix(".part")
    write_wheel(partial, files, record)
    os.replace(partial, path)
    return path


def main():
    parser = argparse.ArgumentParser(prog="wheel", description="Makes the wheel pawl-pytest, which brings the server.")
    programs.add_arguments(parser)
    return programs.run(build, parser)


if __name__ == "__main__":
    sys.exit(main())
