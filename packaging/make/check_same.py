"""The same bytes: relinked from the kit, linked twice, compiled in two directories; and a library put in another's place."""
import json
import pathlib
import shlex
import shutil
import subprocess

from make.check import Skip
from make.check_static import unpacked
from make.common import PROGRAMS, ROOT, build_directory, need, run, run_program
from make.serving import expect, server, use

QUICK = ("check_the_kit_gives_the_bytes_that_were_shipped",)
# A file of each folder: with assertions, with embedded data, with templates.
COMPILED = ("core/family/decide.cpp", "storage/map/slab_pool.cpp", "tools/lines.cpp")


def check_the_kit_gives_the_bytes_that_were_shipped(places):
    tree, kit = unpacked(places)
    out = places.fresh("relinked")
    run([kit / "relink", out])
    for program in PROGRAMS:
        expect((out / program).read_bytes() == (tree / "bin" / program).read_bytes(), "%s came out otherwise" % program)


def check_another_library_takes_its_place(places):
    kit, mine, out = unpacked(places)[1], places.fresh("mine"), places.fresh("relinked")
    (mine / "mine.c").write_text(
        "const char mark[] = \"a seccomp of my own\";\nconst char *seccomp_own(void) { return mark; }\n", encoding="ascii")
    shutil.copyfile(run(["gcc", "-print-file-name=libseccomp.a"]).strip(), mine / "libseccomp.a")
    run(["gcc", "-fPIE", "-c", "mine.c", "-o", "mine.o"], cwd=mine)
    # The member that pawld asks for calls ours, so that a link with another archive could not succeed.
    run(["ar", "x", "libseccomp.a", "api.o"], cwd=mine)
    run(["ld", "-r", "api.o", "mine.o", "-o", "both.o"], cwd=mine)
    (mine / "both.o").rename(mine / "api.o")
    run(["ar", "r", "libseccomp.a", "api.o"], cwd=mine)
    run([kit / "relink", out], env={"PATH": "/usr/bin:/bin", "LIBRARIES": str(mine)})
    expect(b"a seccomp of my own" in (out / "pawld").read_bytes(), "it was linked with the system's library")
    with server([out / "pawld", "--data-dir", ":memory:", "--listen", "127.0.0.1:0"]) as running:
        use(running.url)


def command_of(build, name):
    """How the build compiles a file, as words without ccache, its directory apart."""
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        if entry["file"].endswith("/" + name):
            words = shlex.split(entry["command"])
            first = next(i for i, word in enumerate(words) if word.endswith(("/g++", "/c++", "/clang++-19")))
            return words[first:], entry["directory"], entry["file"]
    raise Skip("%s is not in the build" % name)


def check_objects_are_the_same_from_two_directories_with_and_without_ccache(places):
    build = build_directory()
    source = pathlib.Path(command_of(build, COMPILED[0])[2].removesuffix("/" + COMPILED[0]))
    if source.resolve() != ROOT.resolve():
        raise Skip("the build is another tree's")
    copy = places.fresh("elsewhere") / "a-longer-name-of-the-same-tree"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "build", "node_modules"), symlinks=True)
    (copy / "build").mkdir()
    for name in COMPILED:
        words, _, _ = command_of(build, name)
        at = words.index("-o") + 1
        relative = words[at]
        elsewhere = [word.replace(str(ROOT), str(copy)) for word in words]
        elsewhere[at] = str(copy / "build/object.o")
        subprocess.run(elsewhere, cwd=copy / "build", check=True)
        first, second = (places.fresh("stripped") / "x.o" for _ in range(2))
        run([need("strip", "binutils"), "-g", "-o", first, build / relative])
        run(["strip", "-g", "-o", second, copy / "build/object.o"])
        expect(first.read_bytes() == second.read_bytes(), "%s compiles to other bytes elsewhere" % name)
