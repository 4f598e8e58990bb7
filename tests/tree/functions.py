"""Where the functions of a C++ file begin and how long they are, by its braces. Enough for code that compiles and that
clang-format has seen; nothing of it is understood but comments, literals and the words before a brace."""
import re

# What may hold a brace that opens nothing: comments, literals, lines of the preprocessor.
NO_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|R"([^()\\ ]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"""
                     r"""|^[ \t]*\#(?:[^\n\\]|\\.)*""", re.S | re.M)
# BOOST_AUTO_TEST_SUITE(x) has a line of its own without a semicolon; the brackets of alignas(64) are no parameters.
NO_HEAD = re.compile(r"^[A-Z_]+\([^()\n]*\)$|\balignas\([^()\n]*\)", re.M)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^()]*$")
VALUE = re.compile(r"(?<![=!<>+*/|&^-])=(?!=)")   # `const int table[] =`; an operator's name is cut off before


def functions(text):
    """A list of (first line, number of lines): from the start of the head to the closing brace. A lambda, a local class
    and a table are lines of the function they stand in. ValueError if the braces are not balanced."""
    code = text
    for what in (NO_CODE, NO_HEAD):
        code = what.sub(lambda found: re.sub(r"[^\n]", " ", found.group(0)), code)
    found_ones, open_ones = [], []   # open: (kind, offset of the head, round brackets that were open before the brace)
    start = round_ones = 0
    for mark in re.finditer(r"[{}();]", code):
        if mark.group(0) in "()":
            round_ones += 1 if mark.group(0) == "(" else -1
        elif mark.group(0) == ";":
            start = mark.end() if round_ones == 0 else start
        elif mark.group(0) == "{":
            head = code[start:mark.start()]
            in_scope = round_ones == 0 and all(kind == "scope" for kind, _, _ in open_ones)
            open_ones.append((kind_of(head) if in_scope else "other", start + len(head) - len(head.lstrip()), round_ones))
            start, round_ones = mark.end(), 0
        else:
            if not open_ones:
                raise ValueError("a brace is closed that is not open")
            kind, at, round_ones = open_ones.pop()
            if kind == "function" and re.match(r"\s*[,{]", code[mark.end():]):
                start = at   # it was the value of a member, before the body of a constructor
                continue
            if kind == "function":
                found_ones.append((code.count("\n", 0, at) + 1, code.count("\n", at, mark.end()) + 1))
            start = mark.end() if round_ones == 0 else start
    if open_ones or round_ones != 0:
        raise ValueError("a bracket is left open")
    return found_ones


def kind_of(head):
    """What a brace opens outside of functions, by what stands before it."""
    if SCOPE.search(head):
        return "scope"
    before = re.split(r"\(|\boperator\b", head)[0]
    return "function" if "(" in head and not VALUE.search(before) else "other"


SAMPLE = """int one() {
    return '"' + 1'000; // }
}
struct other { int member{2}; other(); int two() {
        return f([](int x) { return x; });
    }
};
other::other()
    : member{3}, text{R"(})"} {
    g({1, 2});
}
TEST_SUITE(x)
TEST_CASE(y) {
    if (true) {
    }
}
const int table[] = {1, 2};
class alignas(64) last {
    int unset = 4;
    bool operator==(const last& x) const {
        return true; }
};
"""
SAMPLE_FUNCTIONS = [(1, 3), (4, 3), (8, 4), (13, 4), (20, 2)]


def check():
    """An empty list, or what functions() does not count as it should."""
    counted = functions(SAMPLE)
    return [] if counted == SAMPLE_FUNCTIONS else ["tests/tree/functions.py: counts %s, not %s" % (counted, SAMPLE_FUNCTIONS)]
