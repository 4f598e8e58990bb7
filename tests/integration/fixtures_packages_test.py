"""The wheel and the npm package: built from the release, installed into an empty place, used as their READMEs say."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import zipfile

from support import case
from support.pawld import BINARY, ROOT

PACKAGING, FIXTURES = ROOT / "packaging", ROOT / "fixtures"
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build")).resolve()
PAWLCTL = os.environ.get("PAWLCTL", str(BUILD / "bin" / "pawlctl"))
RUNNERS = ROOT / "tests" / "integration" / "runners"
SECONDS_MAX = 600
MACHINES = {"x86_64": (62, "x64"), "aarch64": (183, "arm64")}
# Neither a server nor a place to look for one: only what the package brings is left.
WITHOUT = {"PAWLD": "", "PATH": os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep)
                                                if not os.path.exists(os.path.join(folder, "pawld")))}


def run(command, cwd, **environment):
    done = subprocess.run([str(part) for part in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SECONDS_MAX, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **WITHOUT, **environment},
                          stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout


def build(what, binaries, out, *more, **environment):
    return run([sys.executable, PACKAGING / what / "build.py", "--binaries", binaries, "--out", out, *more], ROOT, **environment)


def first_block(readme, language):
    return re.search("```%s\n(.*?)```" % language, readme.read_text(encoding="utf-8"), re.DOTALL).group(1)


def fake_program(path, machine, static=True):
    """The header of a program for a machine, and nothing behind it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    path.write_bytes(head + struct.pack("<II", 1 if static else 3, 0) + bytes(48))
    path.chmod(0o755)
    return path


class PackageCase(unittest.TestCase):
    """`programs` has the release's programs without debugging symbols, `out` the packages made of them."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-packages-"))
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.programs, cls.out = cls.home / "programs", cls.home / "out"
        cls.programs.mkdir()
        for path in (BINARY, PAWLCTL):
            subprocess.run(["strip", "-o", str(cls.programs / os.path.basename(path)), path], check=True)

    @classmethod
    def package(cls, what):
        status, text = build(what, cls.programs, cls.out, "--allow-shared")
        if status != 0:
            raise AssertionError(text)
        return pathlib.Path(text.strip())

    def folder(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.home))


class Building(PackageCase):
    def test_the_same_input_gives_the_same_bytes(self):
        licenses = self.home / "licenses"
        (licenses / "deep").mkdir(parents=True)
        (licenses / "NOTICE").write_text("of what is linked\n")
        (licenses / "deep" / "LGPL").write_text("text\n")
        small = self.folder()
        fake_program(small / "pawld", 62)
        for what in ("wheel", "npm"):
            paths = []
            for epoch, umask in (("1700000000", 0o022), ("1700000000", 0o077), ("1700000002", 0o022)):
                before = os.umask(umask)
                try:
                    status, text = build(what, small, self.folder(), "--licenses", licenses, SOURCE_DATE_EPOCH=epoch)
                finally:
                    os.umask(before)
                self.assertEqual(status, 0, text)
                paths.append(pathlib.Path(text.strip()))
            self.assertEqual(paths[0].read_bytes(), paths[1].read_bytes())
            self.assertNotEqual(paths[0].read_bytes(), paths[2].read_bytes(), "the date is in it")
        with tarfile.open(paths[0]) as tar:
            self.assertTrue({"package/licenses/NOTICE", "package/licenses/deep/LGPL", "package/LICENSE"} <= set(tar.getnames()))

    def test_tags_and_members_are_those_of_the_machine(self):
        for python, (number, node) in MACHINES.items():
            programs = self.folder()
            fake_program(programs / "pawld", number)
            fake_program(programs / "pawlctl", number)
            status, text = build("wheel", programs, self.folder())
            self.assertEqual(status, 0, text)
            tags = ["manylinux_2_17_" + python, "musllinux_1_1_" + python]
            self.assertTrue(text.endswith("pawl_pytest-0.1.0-py3-none-%s.whl\n" % ".".join(tags)), text)
            with zipfile.ZipFile(text.strip()) as wheel:
                info = {entry.filename: entry for entry in wheel.infolist()}
                described = wheel.read("pawl_pytest-0.1.0.dist-info/WHEEL").decode()
                self.assertEqual(re.findall("^Tag: py3-none-(.*)$", described, re.MULTILINE), tags)
                self.assertEqual(list(info)[-1], "pawl_pytest-0.1.0.dist-info/RECORD")
                for name, entry in info.items():
                    self.assertEqual(entry.external_attr >> 16, 0o100755 if "/bin/" in name else 0o100644, name)
            status, text = build("npm", programs, self.folder())
            self.assertEqual(status, 0, text)
            with tarfile.open(text.strip()) as tar:
                document = json.load(tar.extractfile("package/package.json"))
                self.assertEqual((document["os"], document["cpu"], sorted(document["bin"])), (["linux"], [node], ["pawlctl", "pawld"]))
                self.assertEqual(tar.getmember("package/bin/linux-%s/pawld" % node).mode, 0o755)

    def test_pip_takes_the_wheel_of_its_machine_with_glibc_and_with_musl(self):
        out = self.folder()
        for number, _ in MACHINES.values():
            programs = self.folder()
            fake_program(programs / "pawld", number)
            self.assertEqual(build("wheel", programs, out)[0], 0)
        for platform, machine in (("manylinux_2_17_x86_64", "x86_64"), ("musllinux_1_1_x86_64", "x86_64"),
                                  ("manylinux_2_17_aarch64", "aarch64"), ("musllinux_1_1_aarch64", "aarch64"), ("macosx_11_0_arm64", None)):
            taken = self.folder()
            status, text = run(["/usr/bin/python3", "-m", "pip", "download", "-q", "--no-deps", "--no-index", "--find-links", out,
                                "--only-binary", ":all:", "--platform", platform, "--dest", taken, "pawl-pytest"], self.home)
            self.assertEqual(status == 0, machine is not None, text)
            self.assertEqual([path.name.endswith("_%s.whl" % machine) for path in taken.iterdir()], [True] if machine else [], platform)

    def test_one_npm_package_has_the_programs_of_both_machines(self):
        folders = [self.folder(), self.folder()]
        for folder, (number, _) in zip(folders, MACHINES.values()):
            fake_program(folder / "pawld", number)
        status, text = build("npm", folders[1], self.folder(), "--binaries", folders[0])
        self.assertEqual(status, 0, text)
        with tarfile.open(text.strip()) as tar:
            self.assertEqual(json.load(tar.extractfile("package/package.json"))["cpu"], ["x64", "arm64"])
            self.assertTrue({"package/bin/linux-x64/pawld", "package/bin/linux-arm64/pawld"} <= set(tar.getnames()))

    def test_what_makes_no_package_is_one_line_that_says_what_to_do(self):
        nothing, script, shared, foreign, mixed, good = (self.folder() for _ in range(6))
        (script / "pawld").write_text("#!/bin/sh\n" * 20)
        fake_program(shared / "pawld", 62, static=False)
        fake_program(foreign / "pawld", 243)
        fake_program(mixed / "pawld", 62)
        fake_program(mixed / "pawlctl", 183)
        fake_program(good / "pawld", 62)
        cases = [(nothing, "No such file or directory: give the directory that tools/package static made"),
                 (script, "no 64-bit little-endian ELF program: give the directory that tools/package static made"),
                 (shared, "needs libraries of the system it was made on: make static ones with tools/package static"),
                 (foreign, "a machine that no package is made for .*; there are amd64 and arm64"),
                 (mixed, "pawld and pawlctl are made for different machines")]
        for what in ("wheel", "npm"):
            for folder, why in cases:
                status, text = build(what, folder, self.folder())
                self.assertEqual(status, 1, text)
                self.assertRegex(text, r"\A%s: [^\n]*%s[^\n]*\n\Z" % (what, why))
            status, text = build(what, good, self.folder(), SOURCE_DATE_EPOCH="yesterday")
            self.assertRegex(text, r"\A%s: SOURCE_DATE_EPOCH is 'yesterday': it is seconds since 1970[^\n]*\n\Z" % what)
            status, text = build(what, good, good / "pawld")
            self.assertRegex(text, r"\A%s: [^\n]*pawld: File exists\n\Z" % what)
        status, text = build("npm", good, self.folder(), "--binaries", good)
        self.assertRegex(text, r"\Anpm: two directories have programs for the same machine")


class Wheel(PackageCase):
    """In a virtual environment that has nothing but the wheel and what pip fetches for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        wheel = cls.package("wheel")
        cls.bin = cls.home / "venv" / "bin"
        began = time.monotonic()
        status, text = run(["/usr/bin/python3", "-m", "venv", cls.bin.parent], cls.home)
        if status != 0:
            raise AssertionError(text)
        status, text = run([cls.bin / "pip", "install", "-q", wheel], cls.home)
        if status != 0 and "No matching distribution found for pytest" in text or "Temporary failure" in text:
            raise unittest.SkipTest("pip can't fetch pytest")
        if status != 0:
            raise AssertionError(text)
        cls.wheel, cls.install_seconds = wheel, time.monotonic() - began

    def test_the_readme_s_first_test_passes(self):
        folder = self.folder()
        (folder / "test_first.py").write_text(first_block(FIXTURES / "pytest" / "README.md", "python"))
        began = time.monotonic()
        status, text = run([self.bin / "pytest", "-q", "test_first.py"], folder)
        self.assertEqual(status, 0, text)
        self.assertIn("1 passed", text)
        print("from an empty virtual environment to the first passing test: %.1f s" % (
            self.install_seconds + time.monotonic() - began))

    def test_its_commands_are_the_programs_it_brings(self):
        for name in ("pawld", "pawlctl"):
            status, text = run([self.bin / name, "--version"], self.home)
            self.assertEqual((status, text), (0, name + " 0.1.0\n"))
        # The command does not take that of the PATH, which might be itself.
        gone = "import pawl_pytest.binary as b; b.PACKAGED = '/nowhere'; b.pawld()"
        (self.home / "pawld").write_text("#!/bin/sh\necho that of the PATH\n")
        (self.home / "pawld").chmod(0o755)
        status, text = run([self.bin / "python", "-c", gone], self.home, PATH="%s:%s" % (self.home, WITHOUT["PATH"]))
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"\Ano pawld: the wheels of pawl-pytest bring one for Linux [^\n]*set PAWLD[^\n]*\n\Z")
        status, text = run([self.bin / "python", "-c", "import pawl_pytest; print(pawl_pytest.find_pawld())"], self.home)
        self.assertEqual(status, 0, text)
        self.assertEqual(pathlib.Path(text.strip()).read_bytes(), (self.programs / "pawld").read_bytes())

    def test_a_server_for_another_machine_is_told_in_one_line(self):
        folder = self.folder()
        (folder / "test_it.py").write_text("def test_it(pawl): pass\n")
        program = fake_program(folder / "pawld", MACHINES["x86_64"][0])
        status, text = run([self.bin / "pytest", "-q", "test_it.py", "--pawld", program], folder)
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"\npawld did not start: [^\n]+\n")
        self.assertNotIn("Traceback", text)

    def test_it_passes_the_tests_of_the_fixture_itself(self):
        folder = self.folder()
        shutil.copytree(FIXTURES / "pytest" / "tests", folder / "tests", ignore=shutil.ignore_patterns("conftest.py"))
        status, text = run([self.bin / "pytest", "-q", "tests"], folder)
        self.assertEqual(status, 0, text)

    def test_testcontainers_class(self):
        status, text = run([self.bin / "pip", "install", "-q", "%s[testcontainers]" % self.wheel], self.home)
        if status != 0:
            self.skipTest("pip can't fetch testcontainers")
        folder = self.folder()
        shutil.copy(FIXTURES / "pytest" / "tests" / "test_containers.py", folder)
        status, text = run([self.bin / "pytest", "-q", "test_containers.py"], folder)
        self.assertEqual(status, 0, text)
        self.assertRegex(text, r"3 passed, 1 skipped|4 passed")

    def test_a_container_of_a_runtime(self):
        if not os.environ.get("PAWL_IMAGE") or run(["docker", "info"], self.home)[0] != 0:
            self.skipTest("no container runtime, or PAWL_IMAGE names no image")


class Java(unittest.TestCase):
    PROJECT = FIXTURES / "testcontainers" / "java"

    def test_testcontainers_class(self):
        if not shutil.which("mvn") or not shutil.which("javac"):
            self.skipTest("no Maven, or no Java compiler")
        target = tempfile.mkdtemp(prefix="pawl-java-")
        self.addCleanup(shutil.rmtree, target)
        command = ["mvn", "-q", "-B", "-f", self.PROJECT, "-Dpawl.target=" + target, "test"]
        status, text = run([*command[:1], "-o", *command[1:]], target, PAWLD=os.path.abspath(BINARY))
        if "offline mode" in text:  # not fetched yet
            status, text = run(command, target, PAWLD=os.path.abspath(BINARY))
            if "Could not transfer" in text or "Could not resolve" in text:
                self.skipTest("Maven can't fetch testcontainers")
        self.assertEqual(status, 0, text)
        reports = "".join(path.read_text() for path in pathlib.Path(target, "surefire-reports").glob("*.txt"))
        self.assertRegex(reports, r"Tests run: 6, Failures: 0, Errors: 0, Skipped: [01]\b")


class Npm(PackageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not shutil.which("npm"):
            raise unittest.SkipTest("no npm")
        cls.tarball = cls.package("npm")

    def installed(self, *more, tarball=None):
        """A project that has the package and nothing else: status, text, folder."""
        folder = self.folder()
        (folder / "package.json").write_text('{"name": "mine", "private": true}\n')
        return (*run(["npm", "install", "--offline", "--no-audit", "--no-fund", *more, tarball or self.tarball], folder), folder)

    def test_the_readme_s_first_test_passes(self):
        status, text, folder = self.installed("--save-dev", "--ignore-scripts")
        self.assertEqual(status, 0, text)
        (folder / "first.test.mjs").write_text(first_block(FIXTURES / "node" / "README.md", "js"))
        status, text = run(["node", "--test", "first.test.mjs"], folder)
        self.assertEqual(status, 0, text)
        self.assertIn("# pass 1\n", text)
        for name in ("pawld", "pawlctl"):
            status, text = run([folder / "node_modules" / ".bin" / name, "--version"], folder)
            self.assertEqual((status, text), (0, name + " 0.1.0\n"))
        # A program that is gone is told. The command does not take that of the PATH, which might be itself.
        shutil.rmtree(folder / "node_modules" / "pawl-fixture" / "bin")
        (folder / "pawld").write_text("#!/bin/sh\necho that of the PATH\n")
        (folder / "pawld").chmod(0o755)
        status, text = run([folder / "node_modules" / ".bin" / "pawld"], folder, PATH="%s:%s" % (folder, WITHOUT["PATH"]))
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"\Ano pawld: the package brings one for Linux on x64 and arm64, [^\n]*set PAWLD[^\n]*\n\Z")

    def test_another_machine_refuses_it_or_leaves_it_out(self):
        other = next(number for python, (number, _) in MACHINES.items() if python != os.uname().machine)
        programs = self.folder()
        fake_program(programs / "pawld", other)
        status, text = build("npm", programs, self.folder())
        self.assertEqual(status, 0, text)
        foreign = pathlib.Path(text.strip())
        status, text, _ = self.installed(tarball=foreign)
        self.assertNotEqual(status, 0, text)
        self.assertIn("EBADPLATFORM", text)
        status, text, folder = self.installed("--save-optional", tarball=foreign)
        self.assertEqual(status, 0, text)
        self.assertFalse((folder / "node_modules" / "pawl-fixture").exists())


class Runners(PackageCase):
    """vitest, jest, Playwright and the TypeScript compiler, fetched by npm below the build directory on first use."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.work = BUILD / "runners"
        lock, noted = RUNNERS / "package-lock.json", cls.work / "installed-lock.json"
        if not (noted.exists() and noted.read_bytes() == lock.read_bytes()):
            cls.work.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(RUNNERS / name, cls.work)
            status, text = run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--silent"], cls.work)
            if status != 0:
                raise unittest.SkipTest("npm can't fetch the runners: " + text[-300:])
            shutil.copy(lock, noted)
        status, text = run(["npm", "install", "--no-save", "--offline", "--ignore-scripts", "--no-audit", "--no-fund",
                            cls.package("npm")], cls.work)
        if status != 0:
            raise AssertionError(text)

    def runner(self, name, *arguments, **environment):
        for path in RUNNERS.glob("*.test.*"):
            shutil.copy(path, self.work)
        return run([self.work / "node_modules" / ".bin" / name, *arguments], self.work, NO_COLOR="1", CI="true", **environment)

    def test_vitest(self):
        status, text = self.runner("vitest", "run", "vitest.test.mjs")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"Tests +1 failed \| 1 passed")
        self.assertRegex(text, r"what clients sent to http[^\n]*\n[^\n]*/signup: 201")

    def test_jest(self):
        status, text = self.runner("jest", "--rootDir", ".", "--testMatch", "**/jest.test.cjs")
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"Tests: +1 failed, 1 passed, 2 total")
        self.assertIn("what clients sent to http", text)
        self.assertNotIn("did not exit", text)

    def test_playwright(self):
        if not shutil.which("chromium"):
            self.skipTest("no Chromium")
        shutil.copy(RUNNERS / "playwright.config.cjs", self.work)
        status, text = self.runner("playwright", "test", "--config", "playwright.config.cjs", CHROMIUM_PATH=shutil.which("chromium"))
        self.assertEqual(status, 1, text)
        self.assertRegex(text, r"1 failed\n[^\n]*\n *1 passed")
        self.assertIn("what clients sent to http", text)

    def test_types(self):
        for options in (["--module", "nodenext"], ["--module", "esnext", "--moduleResolution", "bundler"]):
            status, text = self.runner("tsc", "--noEmit", "--strict", "--target", "es2022", "--skipLibCheck", *options, "types.test.mts")
            self.assertEqual(status, 0, text)


if __name__ == "__main__":
    case.main()
