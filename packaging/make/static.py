"""Fully static pawld and pawlctl: the objects of the release build, linked once more with the .a files of Debian.

Nothing is compiled again, so what is linked is what the tests ran. The link is that of CMake, read from Ninja, with each
shared library replaced by its archive. Objects and link lines are laid out first, as the kit that goes with every static form
(packaging/relink/README.md); the programs are made by the kit's own script, so that linking anew is tried each time.
"""
import pathlib
import re
import shlex
import shutil

from make.common import PROGRAMS, ROOT, Fail, fresh, need, run
from make.machine import machine

HARDENED = ("-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,--as-needed", "-Wl,--build-id=sha1")
FLAGS = "-static-pie -s " + " ".join(HARDENED) + " -Wl,--start-group %s -Wl,--end-group\n"
_SHARED = re.compile(r"\.so[.0-9]*$")
_LIBRARY = re.compile(r"lib(.+?)(\.so[.0-9]*|\.a)$")


def link_inputs(build, program):
    """What the release's own link of `program` takes, in order: paths of objects, archives and shared libraries."""
    commands = run([need("ninja", "ninja-build"), "-C", build, "-t", "commands", program]).rstrip().split("\n")
    words = shlex.split(commands[-1])
    if "bin/" + program not in words:
        raise Fail("%s is no build directory of %s: run tools/build, or unset PAWL_BUILD" % (build, program))
    after = words[:words.index("&&", 2)] if "&&" in words[2:] else words
    return [word for word in after if word.endswith((".o", ".a")) or _SHARED.search(word)]


def lay_out_kit(build, kit, strip="strip"):
    """Writes objects/, PROGRAM.link, relink and README.md into the directory `kit`."""
    fresh(kit)
    objects = kit / "objects"
    objects.mkdir()
    for program in PROGRAMS:
        words = []
        for name in link_inputs(build, program):
            path = pathlib.Path(name)
            if path.is_absolute() or path.parts[0] == "root":  # the root of another machine lies in the build
                words.append("-l:lib%s.a" % _LIBRARY.search(path.name).group(1))
                continue
            target = objects / (path.name if path.suffix == ".a" else program + "-" + path.name)
            if not target.exists():
                if not (build / path).exists():
                    raise Fail("%s is not built: run tools/build" % (build / path))
                run([strip, "-g", "-o", target, build / path])
            words.append("objects/" + target.name)
        (kit / (program + ".link")).write_text(FLAGS % " ".join(words), encoding="utf-8")
    for name in ("relink", "README.md"):
        shutil.copy(ROOT / "packaging" / "relink" / name, kit / name)


def check_archives(kit, target):
    """One line for what the linker would say in fifty: which Debian package has no archive here."""
    gone = sorted({word for program in PROGRAMS for word in (kit / (program + ".link")).read_text(encoding="utf-8").split()
                   if word.startswith("-l:") and not (target.root / "usr/lib" / target.triplet / word[3:]).exists()})
    if gone:
        raise Fail("no %s in %s: install its -dev package (%s)" % (
            ", ".join(word[3:] for word in gone), target.root / "usr/lib" / target.triplet,
            "tools/install build" if target.is_here else "tools/package root --arch " + target.architecture))


def check_machine(build, target):
    """Fail where the build's objects are for another kind of machine."""
    main = next(path for path in link_inputs(build, PROGRAMS[0]) if path.endswith(".o"))
    found = re.search(r"Machine: +(.*)", run(["readelf", "-h", build / main])).group(1)
    if not {"amd64": "X86-64", "arm64": "AArch64"}[target.architecture] in found:
        raise Fail("%s is a build for %s: name one for %s in %s" % (build, found, target.architecture, target.build_variable))


def make_shared(directory, architecture):
    """The release's programs, stripped, in `directory`: linked once more without debug information, of which the build's
    directory would leave a mark in the build id."""
    directory.mkdir(parents=True, exist_ok=True)
    target = machine(architecture)
    build = target.build()
    check_machine(build, target)
    for program in PROGRAMS:
        run([target.compiler(), *target.linker_flags(), "-pie", "-s", *HARDENED, *link_inputs(build, program), "-o",
             directory.resolve() / program], cwd=build)
    return [directory / program for program in PROGRAMS]


def relink(kit, directory, architecture):
    """Links the programs of a kit, as its reader would on a machine of that kind."""
    target = machine(architecture)
    run([kit / "relink", directory.resolve()], env={"PATH": "/usr/bin:/bin", "CXX": target.compiler(),
                                                    "CXXFLAGS": " ".join(target.linker_flags())})


def make_static(directory, architecture, kit):
    """pawld and pawlctl, stripped, static-pie, in `directory`; what to link them anew from in `kit`."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    target = machine(architecture)
    target.compiler()  # what is missing is said before anything is built
    build = target.build()
    check_machine(build, target)
    lay_out_kit(build, kit, target.strip())
    check_archives(kit, target)
    relink(kit, directory, architecture)
    return [directory / program for program in PROGRAMS]
