"""What every form but the wheel and the npm package brings besides the programs: pages, completion, units, settings, licences."""
import shutil

from make.common import ROOT
from make.machine import machine
from make.settings_file import settings_text

README = """Pawl %s: an authentication server whose refresh tokens only turn one way.

    bin/pawld --dev                  # http://127.0.0.1:8080, its API at /docs
    bin/pawld --data-dir pawl-data   # keeps what it is told

The programs are whole in themselves: no library of the system, any Linux of this machine's kind with kernel 3.7 or newer
(Landlock from 5.13 on). licenses/ and NOTICE say what is inside; share/doc/pawl/packages.md how to link it anew.
As a service: copy bin to /usr, lib/systemd and lib/sysusers.d to /usr/lib, etc/pawl to /etc, then
`systemd-sysusers && systemctl daemon-reload && systemctl enable --now pawl`.
"""
DOCUMENTS = ("README.md", "CHANGELOG.md", "SECURITY.md")


def service_unit():
    """The unit for a user that sysusers made, and for /etc/pawl/pawl.toml."""
    text = (ROOT / "packaging/systemd/pawl.service").read_text(encoding="utf-8")
    for before, after in (
            ("# Pawl as a service: a user of its own, made at the start; data in /var/lib/pawl; settings in /etc/pawl/pawl.env.",
             "# Pawl as a service: user pawl, made by sysusers; data in /var/lib/pawl; settings in /etc/pawl/pawl.toml and pawl.env."),
            ("ExecStart=/usr/bin/pawld\n", "ExecStart=/usr/bin/pawld --config /etc/pawl/pawl.toml\n"),
            ("DynamicUser=yes\n", "User=pawl\nGroup=pawl\n")):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def lay_out_tree(root, architecture, pawld, pawlctl):
    """bin, share, lib, etc below `root`, from these two programs, which write their own pages."""
    run_program = machine(architecture).run_program
    for name in ("bin", "share/bash-completion/completions", "share/doc/pawl", "share/pawl", "lib/systemd/system",
                 "lib/sysusers.d", "etc/pawl"):
        (root / name).mkdir(parents=True)
    for program in (pawld, pawlctl):
        shutil.copyfile(program, root / "bin" / program.name)
        (root / "bin" / program.name).chmod(0o755)
    run_program([pawlctl, "man", "--to", root / "share/man/man1"])
    (root / "share/bash-completion/completions/pawlctl").write_text(run_program([pawlctl, "completion", "bash"]), encoding="utf-8")
    (root / "lib/systemd/system/pawl.service").write_text(service_unit(), encoding="utf-8")
    shutil.copyfile(ROOT / "packaging/systemd/pawl.socket", root / "lib/systemd/system/pawl.socket")
    shutil.copyfile(ROOT / "packaging/debian/pawl.sysusers", root / "lib/sysusers.d/pawl.conf")
    (root / "etc/pawl/pawl.toml").write_text(settings_text(pawld, run_program), encoding="utf-8")
    for name in DOCUMENTS:
        shutil.copyfile(ROOT / name, root / "share/doc/pawl" / name)
    for page in sorted((ROOT / "docs").glob("*.md")):
        shutil.copyfile(page, root / "share/doc/pawl" / page.name)
    ignored = shutil.ignore_patterns("node_modules", "__pycache__", "test", "tests", "*.pyc", ".*")
    for name in ("ctest", "node", "pytest"):
        shutil.copytree(ROOT / "fixtures" / name, root / "share/pawl/fixtures" / name, ignore=ignored)
    for script in (root / "share/pawl/fixtures").rglob("*.sh"):
        script.chmod(0o755)
