#!/usr/bin/python3
"""No reference leads nowhere: files, sections, commands and decisions that comments, docs and messages name are there.

Prints every reference that leads nowhere, and exits 1. What it can't see: a file named without folder and suffix, and a
command in running text without marks of code. CHANGELOG.md tells of the past and is left out.
"""
import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEXT = (".md", ".cpp", ".hpp", ".c", ".py", ".mjs", ".js", ".ts", ".cmake", ".sh", ".lua", ".pml", ".txt", ".toml", ".service",
        ".socket", "")
# This file and map.py name what must not be there; the licence and the vectors are others'; CHANGELOG.md names what was.
EXEMPT = ("tests/tree/references.py", "tests/tree/map.py", "tests/tree/forgotten_entity.py", "LICENSE",
          "CHANGELOG.md", "tests/core/password_vectors.hpp")
COMMANDS_PAGE = "docs/pawlctl.md"  # pawlctl prints its table, and a test compares the two
DECISIONS_PAGE = "docs/decisions/README.md"
HIDDEN_COMMANDS = ("man", "completion")
NO_COMMANDS_OF_OURS = ("tests/tools/definitions_test.cpp", "tests/integration/pawlctl_share_test.py")  # made up, and half typed
VERBS = ("is", "has", "asks", "begins")  # "pawlctl is not built" names no command

TOP = "app|core|storage|tools|tests|docs|fixtures|packaging|cmake|examples|snapshots"
PATH = re.compile(r"(?<![\w./$@:-])((?:%s)/[\w.*{},/-]*[\w*}])" % TOP)
FILE_NAME = re.compile(r"(?<![\w./*}-])((?!_)[\w-]+\.(?:hpp|cpp|md))\b")
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)")
QUOTED = re.compile(r"([\w/-]+\.md)\)?,?\s+(?:section\s+)?\(?(?:\"([A-Z][^\"\n]*)\"|\*([A-Z][^*\n]*)\*|([A-Z][0-9]+)\b)")
NUMBERED = re.compile(r"(?:§ ?|\bsections? )([0-9][0-9.]*)\b(?: of ([\w/.-]+\.md))?")
DECISION = re.compile(r"\bdecisions?(?:/|\s+|\s*\[)([0-9]{4})\b|\[([0-9]{4})\]\(")
COMMAND = re.compile(r"(?:`|\$ |\(|\"|\b(?:run|with|by|then): |^// |^    (?=pawlctl [^.]*$))pawlctl ((?:[a-z]+ ?){1,2})", re.MULTILINE)
# What a build or a run makes.
GENERATED = re.compile(r"snapshots/dev/.*|core/generated/.*|(.*/)?assets_data\.cpp|OUT\.cpp|tests/turns\.json")


class Tree:
    """The tracked files and their texts; `texts` has None for what is no text."""

    def __init__(self, texts):
        self.texts = texts
        self.folders = {name[:place.start()] for name in texts for place in re.finditer("/", name)}
        self.names = {name.rsplit("/", 1)[-1] for name in texts}

    def has(self, name):
        """Whether a file or folder of this name is there. `a/b` stands for a/b.hpp, too; `*` and {a,b} are a shell's."""
        braces = re.match(r"(.*)\{([^{}]*)\}(.*)$", name)
        if braces:
            return all(self.has(braces.group(1) + part + braces.group(3)) for part in braces.group(2).split(","))
        name = re.sub(r"\b(NNNN|NAME|DATE)\b", "*", name).rstrip("/.,")
        if name in self.texts or name in self.folders or GENERATED.fullmatch(name):
            return True
        stem = [name + suffix for suffix in (".hpp", ".cpp", ".py")]
        if "*" in name:
            return any(fnmatch.fnmatchcase(there, name) for there in (*self.texts, *self.folders))
        return any(one in self.texts for one in stem) or re.fullmatch(r"docs/decisions/\d{4}", name) is not None


def anchors(text):
    """The anchors that a page of Markdown has, and the names of its sections as they stand."""
    titles = re.findall(r"^#+ +(.*?)\s*$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return slugs, {title.replace("`", "").lower() for title in titles}


def page_of(tree, name, said):
    """The path of the page that file `name` calls `said`: beside it, from the root, in docs/."""
    beside = "/".join(part for part in name.split("/")[:-1])
    for candidate in (normal(beside + "/" + said), said, "docs/" + said):
        if candidate in tree.texts:
            return candidate
    return None


def normal(path):
    parts = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def commands(tree):
    """Every command of pawlctl as a list of its words."""
    rows = re.findall(r"^\| `([a-z]+(?: [a-z]+)?)\b[^`]*` \|", tree.texts.get(COMMANDS_PAGE) or "", re.MULTILINE)
    return {tuple(row.split()) for row in rows}


def wrong_paths(tree, name, line):
    if re.match(r"\s*#\s*include", line):
        return
    for said in PATH.findall(re.sub(r"\]\([^)]*\)", "]", line)):
        if not tree.has(said):
            yield "no file %s" % said
    for said in FILE_NAME.findall(line):
        if said not in tree.names and not GENERATED.fullmatch(said):
            yield "no file %s" % said


def wrong_links(tree, name, line):
    if not name.endswith(".md"):
        return
    for target, anchor in LINK.findall(line):
        if re.match(r"[a-z]+:", target):
            continue
        path = normal("/".join(name.split("/")[:-1]) + "/" + target) if target else name
        if path not in tree.texts and path not in tree.folders:
            yield "no file %s" % path
        elif anchor and anchor not in anchors(tree.texts.get(path) or "")[0]:
            yield "no section #%s in %s" % (anchor, path)


def wrong_sections(tree, name, line):
    for said, *titles in QUOTED.findall(line):
        title = "".join(titles)
        path = page_of(tree, name, said)
        if path is None:
            continue  # wrong_paths says so
        text = tree.texts[path]
        if titles[2] and re.search(r"\b%s\b" % title, text):
            continue
        if title.lower().rstrip(".") not in anchors(text)[1] and "**%s" % title not in text and "*%s*" % title not in text:
            yield 'no section "%s" in %s' % (title, path)
    for number, said in NUMBERED.findall(line):
        path = page_of(tree, name, said) if said else None
        if re.search(r"\b(RFC|FIPS|SP|TOML|HTML|POSIX|ISO) ?[0-9.]*", line) and not said:
            continue  # another document's
        if path is None or not re.search(r"^#+ +%s[. ]" % re.escape(number.rstrip(".")), tree.texts[path], re.MULTILINE):
            yield "no section %s%s" % (number, " in " + said if said else ": of which page?")


def wrong_commands(tree, known):
    first = {words[0] for words in known} | set(HIDDEN_COMMANDS)
    alone = {words[0] for words in known if len(words) == 1} | set(HIDDEN_COMMANDS)

    def find(name, line):
        for said in COMMAND.findall(line):
            words = said.split()
            if name in NO_COMMANDS_OF_OURS or name.endswith("CMakeLists.txt"):
                continue
            if words[0] in VERBS or words[0] == "import" and name.endswith(".py"):
                continue
            if words[0] not in first or len(words) > 1 and words[0] not in alone and tuple(words[:2]) not in known:
                yield "no command pawlctl %s" % said.strip()
    return find


def wrong_decisions(tree, name, line):
    for found in DECISION.findall(line):
        number = "".join(found)
        if not any(there.startswith("docs/decisions/%s-" % number) for there in tree.texts):
            yield "no decision %s" % number


def wrong_numbers(tree):
    """Decisions are numbered without a gap, or their page says of the number that is missing why."""
    there = {int(found.group(1)): name for name in tree.texts if (found := re.match(r"docs/decisions/(\d{4})-", name))}
    page = tree.texts.get(DECISIONS_PAGE) or ""
    for number in range(1, max(there, default=0) + 1):
        if "%04d" % number in page:
            continue
        row = "| %04d | why there is none |" % number
        if number in there:
            title = re.sub(r"^# *(\d+[.:] )?", "", tree.texts[there[number]].split("\n", 1)[0])
            row = "| [%04d](%s) | %s |" % (number, there[number].rsplit("/", 1)[-1], title)
        yield "%s: a row is missing: %s" % (DECISIONS_PAGE, row)


def findings(tree):
    find_command = wrong_commands(tree, commands(tree))
    wrong = []
    for name, text in sorted(tree.texts.items()):
        if text is None or name in EXEMPT or name.startswith("tests/fuzz/corpus/"):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            found = [*wrong_paths(tree, name, line), *wrong_links(tree, name, line), *wrong_sections(tree, name, line),
                     *find_command(name, line), *wrong_decisions(tree, name, line)]
            wrong += ["%s:%d: %s" % (name, number, what) for what in found]
    return wrong + list(wrong_numbers(tree))


# What must be found, each alone in a small tree, and what must not.
DEAD = ("see storage/log/nothing.hpp", "see docs/nothing.md", "see nothing.cpp", "[why](nothing.md)", "[why](page.md#nothing)",
        "page.md, \"Nothing\"",
        "page.md (\"Nothing\")", "[page](page.md), *Nothing*", "section 7 of page.md", "as §7 says", "run: pawlctl verify",
        "`pawlctl log nothing`", "decisions/0002", "decision 0002", "core/{one,two}.hpp", "tests/*_nothing.py")
ALIVE = ("storage/log and storage/log/verdict, core/{one,three}.hpp, tests/*_test.py", "[why](page.md#a-section)", "verdict.hpp",
         "page.md, \"A section\"", "section 2 of page.md", "run: pawlctl log verify", "`pawlctl backup DIR`, pawlctl itself",
         "decision 0001", "RFC 9457 section 3")


def tried():
    """The check itself, on a tree made for it: what of DEAD it does not see, what of ALIVE it calls wrong."""
    texts = {name: "" for name in ("storage/log/verdict.hpp", "core/one.hpp", "core/three.hpp", "tests/a_test.py",
                                   "docs/decisions/0001-one.md")}
    texts["docs/page.md"] = "# Page\n## A section\n## 2. Another\n"
    texts[COMMANDS_PAGE] = "| `log verify` | x |\n| `backup [DIR]` | x |\n"
    texts[DECISIONS_PAGE] = "0001"
    missed = ["not seen: " + dead for dead in DEAD if not findings(Tree({**texts, "docs/a.md": dead}))]
    return missed + ["called wrong: %s" % what for alive in ALIVE for what in findings(Tree({**texts, "docs/a.md": alive}))]


def main():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split("\n")
    texts = {}
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file():
            texts[name] = path.read_text("utf-8", "replace") if path.suffix in TEXT and ".hex" not in name else None
    wrong = tried() + findings(Tree(texts))
    print("\n".join(wrong) if wrong else "%d files" % len(texts))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
