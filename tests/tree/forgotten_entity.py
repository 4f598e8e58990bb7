#!/usr/bin/python3
"""An entity that is declared and forgotten somewhere does not compile.

Adds a record, `sixth`, to a copy of the list and compiles each place that takes records apart twice: as it stands,
which has to fail and to name the record, and with a function for it, which has to pass. So it is that place, and
nothing else, that was missing. Writes nothing into the tree; needs a configured build directory (PAWL_BUILD, else build).
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build"))

SIXTH = """#pragma once
#include "storage/entity/user.hpp"
#include "storage/record/tell.hpp"
namespace pawl::storage {
struct sixth {
    user_id id;
    std::string text;
};
template <>
struct declaration<sixth> {
    static constexpr record_type type = record_type::sixth;
    static constexpr const char* name = "sixth";
    static constexpr record_kind kind = record_kind::state;
    static constexpr std::uint16_t version = 1;
    using refers_to = entities<user>;
    static constexpr std::tuple fields{at<&sixth::id>("id"), at<&sixth::text>("text")};
    static bool sound(const sixth& n) { return n.id != user_id{}; }
};
} // namespace pawl::storage
"""
# In copies of these headers, for every place.
LIST = {
    "storage/record/record.hpp": [
        ("    serving = 12, ", "    sixth = 77 | critical_record_bit,\n    serving = 12, "),
        ("record_types{record_type::user,", "record_types{record_type::sixth, record_type::user,")],
    "storage/entity/all.hpp": [
        ('#include "storage/entity/user.hpp"\n', '#include "storage/entity/sixth.hpp"\n#include "storage/entity/user.hpp"\n'),
        ("record_list<family_created_record,", "record_list<sixth, family_created_record,")],
}
SNAPSHOT = "    void write(as<sixth> /*one*/) { put<sixth>(1, {}); }\n"
COUNT = "void count(snapshot_counts& /*counts*/, as<sixth> /*one*/) {}\n"
AT_SNAPSHOT = "    void write(as<serving_note> "
AT_COUNT = "void count(snapshot_counts& /*counts*/, as<serving_note> "
# What is forgotten, what is compiled; where and what the function is; what stands there in both cases.
PLACES = [
    ("the tables of recovery", "storage/store/recovery.cpp", "storage/store/recovery.cpp",
     "    void apply(as<family_word_record> ", "    void apply(as<sixth> /*one*/, const record_view& /*record*/) {}\n", []),
    ("the snapshot", "storage/store/snapshot_content.cpp", "storage/store/snapshot_content.cpp", AT_SNAPSHOT, SNAPSHOT,
     [(AT_COUNT, COUNT)]),
    ("the counts of a snapshot", "storage/store/snapshot_content.cpp", "storage/store/snapshot_content.cpp", AT_COUNT, COUNT,
     [(AT_SNAPSHOT, SNAPSHOT)]),
    ("the image that history, backups and exports read", "storage/history/state_image.cpp", "storage/history/state_image.hpp",
     "    void apply(const family_word_record& r", "    void apply(const struct sixth& r, const record_view& record);\n", []),
    ("the timeline", "storage/history/timeline.cpp", "storage/history/timeline.cpp",
     "    timeline_moment& add(moment_kind kind",
     "    void look(as<sixth> /*one*/, const record_view& /*record*/, bool /*of_snapshot*/) {}\n", []),
    ("the export", "tools/command/export.cpp", "tools/command/export.cpp", "int write_all(program& p",
     "template <class Add>\nvoid each_exported(const storage::state_image&, storage::as<storage::sixth>, const Add&) {}\n\n",
     []),
]


def command_of(source):
    """The compiler and its options, without the launcher before it, and without the file and its object."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        if pathlib.Path(entry["file"]) == ROOT / source:
            words = shlex.split(entry["command"])
            begin = next(i for i, word in enumerate(words) if pathlib.Path(word).name.startswith(("c++", "g++", "clang++")))
            words = words[begin:words.index("-c")]
            at = words.index("-o")
            return words[:at] + words[at + 2:], entry["directory"]
    sys.exit("%s is not compiled in %s" % (source, BUILD))


def replaced(text, old, new, where):
    assert text.count(old) == 1, "%s has %r %d times" % (where, old, text.count(old))
    return text.replace(old, new)


def compiled(source, changes, listed=True):
    """Exit status and messages of compiling it over a copy of the list and of what `changes` ({file: [(old, new)]})."""
    with tempfile.TemporaryDirectory(prefix="pawl-forgotten-") as copies:
        changes = {**(LIST if listed else {}), **changes}
        for name, pairs in changes.items():
            text = (ROOT / name).read_text()
            for old, new in pairs:
                text = replaced(text, old, new, name)
            target = pathlib.Path(copies, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        declaration = pathlib.Path(copies, "storage/entity/sixth.hpp")
        declaration.parent.mkdir(parents=True, exist_ok=True)
        declaration.write_text(SIXTH)
        command, directory = command_of(source)
        of_copy = pathlib.Path(copies, source)
        done = subprocess.run([command[0], "-I" + copies, *command[1:], "-O0", "-U_FORTIFY_SOURCE", "-w", "-fsyntax-only",
                               str(of_copy if of_copy.exists() else ROOT / source)],
                              cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")


def problem_of(place):
    what, source, file, before, function, both = place
    others = [(old, new + old) for old, new in both]
    status, text = compiled(source, {file: others} if others else {})
    if status == 0:
        return "%s forgets a record, and compiles" % what
    if "sixth" not in text:
        return "%s does not compile, but not for the record:\n%s" % (what, text[:4000])
    status, text = compiled(source, {file: [*others, (before, function + before)]})
    if status != 0:
        return "%s has what the record needs, and does not compile:\n%s" % (what, text[:4000])
    return None


def lists_that_lack_a_field():
    """A new field of a user that dump or export forget, and a number that nothing declares."""
    field = ('        at<&user::roles>("roles"),\n', '        at<&user::roles>("roles"),\n        at<&user::surname>("again"),\n')
    yield "a field that dump and export forget", {"storage/entity/user.hpp": [field]}, False, "a field is missing"
    yield ("a number of a record that nothing declares", {"storage/entity/all.hpp": LIST["storage/entity/all.hpp"][:1]}, True,
           "hold the same records")


def problem_of_list(what, changes, listed, says):
    status, text = compiled("storage/entity/tables.cpp", changes, listed)
    if status == 0 or says not in text:
        return "%s: compiles, or fails for something else:\n%s" % (what, text[:4000])
    return None


def main():
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        problems = [*pool.map(problem_of, PLACES), *pool.map(lambda one: problem_of_list(*one), lists_that_lack_a_field())]
    found = [problem for problem in problems if problem]
    print("\n".join(found) if found else "%d places" % len(problems))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
