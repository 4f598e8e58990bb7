"""axe-core, which looks for barriers on a page: fetched by npm below the build directory on first use."""
import os
import pathlib
import shutil
import subprocess

from support.pawld import ROOT

HERE = ROOT / "tests" / "integration" / "axe"
FETCH_SECONDS_MAX = 300
# What WCAG 2.2 AA asks for, and what axe's makers advise beside it.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def source():
    """The script; None where npm can't give it."""
    work = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build")) / "axe"
    script, lock, installed = work / "node_modules/axe-core/axe.min.js", HERE / "package-lock.json", work / "installed-lock.json"
    if not (installed.exists() and installed.read_bytes() == lock.read_bytes() and script.exists()):
        if not shutil.which("npm"):
            return None
        work.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, work)
        try:
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--silent"], cwd=work,
                           stdin=subprocess.DEVNULL, timeout=FETCH_SECONDS_MAX, check=True)
        except (subprocess.SubprocessError, OSError):
            return None
        shutil.copy(lock, installed)
    return script.read_text(encoding="utf-8")


def violations(browser, script):
    """[rule, how grave, where] of each barrier on the page that is open."""
    browser.script(script + "; return 0;")
    return browser.script_later(
        "const done = arguments[1];"
        "axe.run(document, {runOnly: arguments[0]}).then(found => done(found.violations.map("
        "v => [v.id, v.impact, v.nodes.map(n => n.target.join(' ')).join(', ')])), e => done([['error', String(e), '']]));", TAGS)
