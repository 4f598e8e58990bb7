"""The same bytes: relinked from the kit, linked twice, compiled in two directories; and a library put in another's place."""
import json
import pathlib
import shlex
import shutil

from make.check import Skip
from make.check_static import unpacked
from make.common import PROGRAMS, ROOT, SYSTEM_PATH, run, this_architecture
from make.machine import machine
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
    # A member that pawld asks for needs ours, so that the link takes both from this archive.
    member = next(name for name in run(["ar", "t", "libseccomp.a"], cwd=mine).split() if name.endswith("api.o"))
    run(["ar", "x", "libseccomp.a", member], cwd=mine)
    run(["ld", "-r", member, "mine.o", "-o", "both.o"], cwd=mine)
    (mine / "both.o").rename(mine / member)
    run(["ar", "r", "libseccomp.a", member], cwd=mine)
    run([kit / "relink", out], env={"PATH": "/usr/bin:/bin", "LIBRARIES": str(mine)})
    expect(b"a seccomp of my own" in (out / "pawld").read_bytes(), "it was linked with the system's library")
    with server([out / "pawld", "--data-dir", ":memory:", "--listen", "127.0.0.1:0"]) as running:
        use(running.url)


def command_of(build, name):
    """How the build compiles a file, as words, and the file's path."""
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        if entry["file"].endswith("/" + name):
            return shlex.split(entry["command"]), entry["file"]
    raise Skip("%s is not in the build" % name)


def both_ways(words, tree):
    """The compilation as CMake has it with ccache (cmake/ccache.cmake) and without (cmake/hardening.cmake)."""
    own = [word for word in words if not word.startswith("-ffile-prefix-map")]
    if shutil.which("ccache"):
        yield "with ccache", ["ccache", *own]
    yield "without ccache", [own[0], "-ffile-prefix-map=%s=.." % tree, *own[1:]]


def check_objects_are_the_same_from_two_directories_with_and_without_ccache(places):
    build = machine(this_architecture()).build()
    if pathlib.Path(command_of(build, COMPILED[0])[1].removesuffix("/" + COMPILED[0])).resolve() != ROOT.resolve():
        raise Skip("the build is another tree's")
    copy, stripped = places.fresh("elsewhere") / "a-longer-name-of-the-same-tree", places.fresh("stripped")
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "build", "node_modules"), symlinks=True)
    (copy / "build").mkdir()
    for name in COMPILED:
        words, _ = command_of(build, name)
        at = words.index("-o") + 1
        run(["strip", "-g", "-o", stripped / "here.o", build / words[at]])
        words[at] = "object.o"
        elsewhere = [word.replace(str(ROOT), str(copy)) for word in words]
        for how, command in both_ways(elsewhere, copy):
            run(command, cwd=copy / "build", env={
                "PATH": SYSTEM_PATH, "CCACHE_DIR": str(stripped / "cache"), "CCACHE_BASEDIR": str(copy), "CCACHE_NOHASHDIR": "1"})
            run(["strip", "-g", "-o", stripped / "there.o", copy / "build/object.o"])
            expect((stripped / "here.o").read_bytes() == (stripped / "there.o").read_bytes(), "%s compiles to other bytes elsewhere, %s" %
                   (name, how))
