"""The code blocks of docs/verify-elsewhere.md as programs: one for each block and variant of it."""
import json
import os
import re
import select
import subprocess
import sys
import unittest

from support import packages
from support.pawlctl import environment
from support.pawld import ROOT

PAGE = ROOT / "docs" / "verify-elsewhere.md"
HERE = ROOT / "tests" / "integration" / "verify"
ANSWER_SECONDS_MAX = 60
LANGUAGES = ("python", "node", "go", "java", "ruby", "rust")
# What makes a block one for another algorithm. "bare" is without the lines that are marked as needed.
VARIANTS = {"ES256": {}, "RS256": {"ECDSA256": "RSA256", "ES256": "RS256", "ECPublicKey": "RSAPublicKey"}, "EdDSA": {"ES256": "EdDSA"},
            "bare": None}
NO_NAME_FOR_EDDSA = ("SignatureAlgorithm.", "Algorithm.ECDSA256")  # the library's list of algorithms has none: the block as it is


def blocks(language=None):
    """{(language, name): source} of the page."""
    found = re.findall(r"^<!-- verify: (\w+)/([\w-]+) -->\n```\w+\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return {(of, name): source for of, name, source in found if language in (None, of)}


def needs_lines(source):
    return "// needed" in source or "# needed" in source


def variant(source, which):
    changes = VARIANTS[which]
    if changes is None:
        return "".join(line for line in source.splitlines(True) if not re.search(r"(//|#) needed", line))
    if which == "EdDSA" and any(word in source for word in NO_NAME_FOR_EDDSA):
        return source
    for old, new in changes.items():
        source = source.replace(old, new)
    return source


def file_name(name, which):
    return re.sub(r"\W", "_", name) + "_" + which


def sources(language):
    """(name of a program, its source) of all blocks and variants."""
    for (_, name), source in blocks(language).items():
        for which in VARIANTS:
            yield file_name(name, which), variant(source, which)


def written(folder, files):
    """Writes {path: text} below `folder`, whose other files go; returns the folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and str(path.relative_to(folder)) not in files:
            path.unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return folder


def harness(language, name):
    return (HERE / language / name).read_text()


@packages.remembered
def python_programs():
    python = packages.python_with(HERE / "python" / "requirements.txt")
    files = {"harness.py": harness("python", "harness.py"), **{name + ".py": text for name, text in sources("python")}}
    folder = written(packages.cache("verify-python"), files)
    return lambda program: [python, folder / "harness.py", program]


@packages.remembered
def node_programs():
    folder = packages.node_with(HERE / "node" / "package.json")
    for name, text in {"harness": harness("node", "harness.mjs"), **dict(sources("node"))}.items():
        (folder / (name + ".mjs")).write_text(text)
    return lambda program: ["node", folder / "harness.mjs", program]


@packages.remembered
def go_programs():
    files = {"go.mod": harness("go", "go.mod"), "go.sum": harness("go", "go.sum")}
    for name, text in sources("go"):
        files[name + "/harness.go"], files[name + "/verifier.go"] = harness("go", "harness.go"), text
    folder = packages.go_programs(written(packages.cache("verify-go"), files))
    return lambda program: [folder / program]


@packages.remembered
def java_programs():
    files = {"pom.xml": harness("java", "pom.xml"), "src/main/java/verify/Harness.java": harness("java", "Harness.java")}
    for (_, name), source in blocks("java").items():
        for which in VARIANTS:
            text = re.sub(r"\b%s\b" % name, file_name(name, which), variant(source, which))
            files["src/main/java/verify/%s.java" % file_name(name, which)] = "package verify;\n\n" + text
    jar = packages.maven_jar(written(packages.cache("verify-java"), files))
    return lambda program: ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-jar", jar, program]


@packages.remembered
def ruby_programs():
    packages.need("ruby")
    if packages.run(["ruby", "-e", "require 'jwt'"], HERE, ANSWER_SECONDS_MAX)[0] != 0:
        raise unittest.SkipTest("ruby-jwt is not installed")
    files = {"harness.rb": harness("ruby", "harness.rb"), **{name + ".rb": text for name, text in sources("ruby")}}
    folder = written(packages.cache("verify-ruby"), files)
    return lambda program: ["ruby", folder / "harness.rb", program]


@packages.remembered
def rust_programs():
    files, modules, arms = {}, "", ""
    for name, text in sources("rust"):
        files["src/%s.rs" % name.lower()] = text
        modules += "mod %s;\n" % name.lower()
        arms += '        "%s" => { let v = %s::Verifier::new(pawl); Box::new(move |t| v.as_ref().map_err(|e| e.to_string())?' \
                ".subject(t)) }\n" % (name, name.lower())
    files["src/modules.rs"] = modules + "type Verify = Box<dyn Fn(&str) -> Result<String, Box<dyn std::error::Error>>>;\n" \
        "fn verifier(name: &str, pawl: &str) -> Verify {\n    match name {\n" + arms + '        _ => panic!("no such module"),\n    }\n}\n'
    for name in ("Cargo.toml", "Cargo.lock", "src/main.rs"):
        files[name] = harness("rust", name)
    program = packages.cargo_program(written(packages.cache("verify-rust"), files))
    return lambda name: [program, name]


class Verifier:
    """A block at work on one server: `says(token)` is its sub, or None where it refuses it; `why` says why."""

    def __init__(self, language, name, which, url):
        programs = getattr(sys.modules[__name__], language + "_programs")()
        command = [str(word) for word in programs(file_name(name, which))]
        self.why, self.what = "", "%s %s %s" % (language, name, which)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment({"PAWL": url, "PYTHONDONTWRITEBYTECODE": "1"}))

    def says(self, token):
        self.process.stdin.write(token.encode() + b"\n")
        self.process.stdin.flush()
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_SECONDS_MAX)
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self.process.kill()
                raise AssertionError("%s gave no answer: %s" % (self.what, self.process.stderr.read().decode("utf-8", "replace")[-2000:]))
            line += chunk
        answer = json.loads(line)
        self.why = answer.get("refused", "")
        return answer.get("sub")

    def close(self):
        self.process.kill()
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
