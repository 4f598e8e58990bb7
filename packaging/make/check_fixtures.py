"""The wheel and the npm package: installed where there is nothing else, and the first test of their READMEs run."""
import os
import re
import shutil
import subprocess
import tarfile
import zipfile

from make.check import Skip, need_tool
from make.common import ROOT, this_architecture
from make.fixtures import make_fixture_package
from make.serving import expect

QUICK = ()
SECONDS_MAX = 300


def package_of(places, form):
    return places.once(form, lambda place: make_fixture_package(form, place, [this_architecture()])[0])


def readme_block(form, language):
    text = (ROOT / "fixtures" / form / "README.md").read_text(encoding="utf-8")
    return re.search("```%s\n(.*?)```" % language, text, re.DOTALL).group(1)


def done(command, cwd):
    """(exit status, all it printed), without a server that the environment would name."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PAWL")}
    ended = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX, check=False)
    return ended.returncode, ended.stdout


def must(command, cwd):
    status, text = done(command, cwd)
    expect(status == 0, "%s: exit status %d\n%s" % (command[0], status, text))
    return text


def check_the_wheel_gives_a_first_test(places):
    wheel, home = package_of(places, "wheel"), places.fresh("wheel-home")
    must(["/usr/bin/python3", "-m", "venv", home / "venv"], home)
    status, text = done([home / "venv/bin/pip", "install", "-q", wheel], home)
    if status != 0 and "pytest" in text:
        raise Skip("pip can't fetch pytest")
    expect(status == 0, text)
    (home / "test_first.py").write_text(readme_block("pytest", "python"), encoding="utf-8")
    expect("1 passed" in must([home / "venv/bin/pytest", "-q", "test_first.py"], home), "the first test did not run")


def check_the_npm_package_gives_a_first_test(places):
    need_tool("npm", "npm")
    tarball, home = package_of(places, "npm"), places.fresh("npm-home")
    (home / "package.json").write_text('{"private": true}\n', encoding="ascii")
    must(["npm", "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball], home)
    (home / "first.test.mjs").write_text(readme_block("node", "js"), encoding="utf-8")
    expect("# pass 1\n" in must(["node", "--test", "--test-reporter=tap", "first.test.mjs"], home), "the first test did not run")


def check_licences_go_with_both(places):
    with zipfile.ZipFile(package_of(places, "wheel")) as wheel:
        names = {name.split(".dist-info/", 1)[-1] for name in wheel.namelist()}
    with tarfile.open(package_of(places, "npm")) as tar:
        others = {name.removeprefix("package/") for name in tar.getnames()}
    wanted = {"licenses/NOTICE", "licenses/pawl.cdx.json", "licenses/libc6-dev.txt", "licenses/libseccomp-dev.txt"}
    expect(wanted <= names and wanted <= others, "missing: %s" % sorted((wanted - names) | (wanted - others)))


def check_they_are_the_same_twice(places):
    for form in ("wheel", "npm"):
        again = make_fixture_package(form, places.fresh("again"), [this_architecture()])[0]
        expect(again.read_bytes() == package_of(places, form).read_bytes(), "the %s came out otherwise" % form)
        shutil.rmtree(again.parent)
