"""What is inside pawld and pawlctl that is not ours: the Debian packages of everything the linker and the compiler read."""
import json
import os
import pathlib
import re
import subprocess
import tempfile

from make.common import PROGRAMS, ROOT, Fail, need, run
from make.machine import machine
from make.static import link_inputs

OUR_FOLDERS = ("app/", "core/", "storage/", "tools/")
# By Debian source package; what their copyright files say, as SPDX writes it.
LICENCES = {
    "argon2": "CC0-1.0 OR Apache-2.0",
    "boost1.81": "BSL-1.0",
    "cli11": "BSD-3-Clause",
    "cross-toolchain-base": "LGPL-2.1-or-later",  # glibc's and Linux's headers of a cross compiler
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gcc-12-cross": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "glibc": "LGPL-2.1-or-later",
    "libseccomp": "LGPL-2.1-only",
    "libsodium": "ISC",
    "libxcrypt": "LGPL-2.1-or-later",
    "linux": "GPL-2.0-only WITH Linux-syscall-note",
    "liburcu": "LGPL-2.1-or-later",
    "openssl": "Apache-2.0",
    "python-zxcvbn": "MIT",
    "qr-code-generator": "MIT",
    "tomlplusplus": "MIT",
    "utf8proc": "MIT",
}


class Component:
    """One package: its name and version, Debian's source package with its version, the licence, how it got inside."""

    def __init__(self, name, version, source, source_version, how):
        self.name, self.version, self.source, self.source_version, self.how = name, version, source, source_version, how
        if source not in LICENCES:
            raise Fail("no licence is written down for %s: add it to packaging/make/inventory.py" % source)
        self.licence = LICENCES[source]

    @property
    def is_lgpl(self):
        return self.licence.startswith("LGPL")


def component(package, how, dpkg_query):
    text = run([*dpkg_query, "-W", "-f=${Package}\t${Version}\t${source:Package}\t${source:Version}", package])
    return Component(*text.split("\t"), how)


def read_by_linker(kit, target):
    """Archives of the system that the static link takes from."""
    found = set()
    with tempfile.TemporaryDirectory() as place:
        for program in PROGRAMS:
            text = run([target.compiler(), *target.linker_flags(), "@%s.link" % program, "-Wl,-t", "-o", place + "/" + program], cwd=kit)
            found |= {line for line in text.split("\n") if line.startswith("/") and line.endswith((".a", ".o"))}
    return sorted({str(pathlib.Path(path).resolve()) for path in found})


def read_by_loader(build, target):
    """Shared libraries that the release asks for, as the build linked them."""
    found = {str(build / path) for program in PROGRAMS for path in link_inputs(build, program) if ".so" in path}
    for program in PROGRAMS:  # and those of the compiler and the C library, as the loader finds them
        found |= set(target.libraries_of(build / "bin" / program))
    return sorted(str(pathlib.Path(path).resolve()) for path in found)


def read_by_compiler(build, target):
    """Headers outside of the tree that our objects were made from (Ninja remembers them)."""
    found, ours = set(), False
    places = {"/usr/", str(target.root / "usr") + "/"}
    for line in run([need("ninja", "ninja-build"), "-C", build, "-t", "deps"]).split("\n"):
        if not line.startswith(" "):
            ours = line.startswith(OUR_FOLDERS)
        elif ours:
            path = os.path.normpath(build / line.strip())
            found |= {path} if path.startswith(tuple(places)) else set()
    return sorted(found)


def owners_of(paths, dpkg_query):
    """The Debian packages that have these files, whichever of /lib and /usr/lib they name. Fail names a file of none."""
    names = {}
    for path in paths:
        real = str(pathlib.Path(path).resolve())
        names[path] = (str(path), real, re.sub("^/usr(?=/lib)", "", real))
    asked = sorted({name for each in names.values() for name in each})
    done = subprocess.run([*dpkg_query, "-S", *asked], capture_output=True, text=True, check=False)
    known = dict(reversed(line.split(": ", 1)) for line in done.stdout.strip().split("\n") if ": " in line)
    out = set()
    for path, each in names.items():
        owner = next((known[name] for name in each if name in known), None)
        if owner is None:
            raise Fail("%s belongs to no Debian package: the packages can't name what is inside" % path)
        out.add(owner.split(", ")[0])
    return out


def components_of(paths, how, target):
    """The packages of these files: those below the machine's root by its own database, the others by this system's."""
    out, below = [], str(target.root).rstrip("/") + "/"
    theirs = {"/" + path.removeprefix(below) for path in paths if path.startswith(below)}
    for files, asked in ((theirs, target.dpkg_query()), ({path for path in paths if not path.startswith(below)}, ["dpkg-query"])):
        out += [component(name, how, asked) for name in (owners_of(files, asked) if files else ())]
    return out


_known = {}  # of this process: check makes several forms from one build


def inventory(architecture, kit=None):
    """All components, by name. With a kit: of the static programs; else of the shared ones."""
    target = machine(architecture)
    lines = [(kit / (program + ".link")).read_text(encoding="utf-8") for program in PROGRAMS] if kit else []
    key = (str(target.build()), *lines)
    if key not in _known:
        _known[key] = read_inventory(target, kit)
    return _known[key]


def forget():
    """So that the next inventory is read anew."""
    _known.clear()


def read_inventory(target, kit):
    build = target.build()
    linked = components_of(read_by_linker(kit, target) if kit else read_by_loader(build, target), "linked", target)
    sources = {one.source for one in linked}
    headers = components_of(read_by_compiler(build, target), "headers", target)
    out = linked + [one for one in headers if one.source not in sources] + [component("python3-zxcvbn", "word list", ["dpkg-query"])]
    return sorted(out, key=lambda one: one.name)


def swagger_ui(build):
    """Swagger UI's version and its three files of licences, from npm's package that the build embedded."""
    place = build / "app" / "web" / "node_modules" / "swagger-ui-dist"
    if not place.is_dir():
        lock = json.loads((ROOT / "app/web/package-lock.json").read_text(encoding="utf-8"))
        raise Fail("%s is missing: build once more, so that npm brings Swagger UI %s" % (
            place, lock["packages"]["node_modules/swagger-ui-dist"]["version"]))
    version = json.loads((place / "package.json").read_text(encoding="utf-8"))["version"]
    return version, [place / name for name in ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt")]
