"""The Debian package: lintian, then installed, used, upgraded, removed and purged in a fresh root of Debian."""
import re
import shutil
import subprocess

from make.check import Skip, need_root, need_tool
from make.check_static import verify_units
from make.common import SYSTEM_PATH, Fail, run, run_program, this_architecture, version
from make.deb import make_deb
from make.debian_root import bootstrap, depends_of
from make.serving import call, expect, log_in, server, use

QUICK = ()
EXPOSURE_MAX = 1.5
NEXT = version() + "+next1"
LISTEN = ["--listen", "127.0.0.1:0", "--data-dir", "/var/lib/pawl"]


def package(places, debian_version=None):
    def make(place):
        need_tool("dh_installsysusers", "debhelper")
        return make_deb(place, this_architecture(), debian_version)[0]
    return places.once("deb" + (debian_version or ""), make)


def check_lintian_is_content(places):
    need_tool("lintian", "lintian")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning,info", str(package(places))], capture_output=True,
                          text=True, check=False)
    expect(done.returncode == 0 and not done.stdout.strip(), done.stdout + done.stderr)


def check_it_is_the_same_twice(places):
    again = make_deb(places.fresh("again"), this_architecture())[0]
    expect(again.read_bytes() == package(places).read_bytes(), "another package from the same build")


def fresh_root(places):
    """A root directory of Debian with what is essential and what the package depends on."""
    def make(place):
        need_root()
        need_tool("mmdebstrap", "mmdebstrap")
        try:
            bootstrap(place / "root", this_architecture(), depends_of(package(places)), "apt")
        except Fail as failure:
            raise Skip("no packages of Debian to be had: %s" % failure) from failure
        return place / "root"
    return places.once("root", make)


def apt_get(root, *words):
    run(["chroot", root, "apt-get", "-q", "-y", "-o", "APT::Sandbox::User=root", "--no-install-recommends", *words],
        env={"PATH": SYSTEM_PATH, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})


def put(root, path):
    shutil.copyfile(path, root / "tmp" / path.name)
    return "/tmp/" + path.name


def started(root, log):
    """The server as the unit starts it: its user, its settings."""
    return server(["chroot", root, "setpriv", "--reuid=pawl", "--regid=pawl", "--clear-groups", "/usr/bin/pawld", "--config",
                   "/etc/pawl/pawl.toml", *LISTEN], log_path=log)


def install(root, path):
    apt_get(root, "install", put(root, path))
    data = root / "var/lib/pawl"
    if not data.exists():  # StateDirectory= of the unit, where systemd runs
        run(["chroot", root, "install", "-d", "-m", "0700", "-o", "pawl", "-g", "pawl", "/var/lib/pawl"])


def status_of(root):
    done = subprocess.run(["chroot", str(root), "dpkg-query", "-W", "-f=${db:Status-Abbrev} ${Version}", "pawl"], capture_output=True,
                          text=True, check=False)
    return done.stdout.split()


def check_it_installs_serves_upgrades_and_goes(places):
    root, logs = fresh_root(places), places.fresh("logs")
    install(root, package(places))
    expect("pawl:" in (root / "etc/passwd").read_text(encoding="utf-8"), "sysusers made no user")
    with started(root, logs / "1") as running:
        use(running.url, "ada@example.com")
    with open(root / "etc/pawl/pawl.toml", "a", encoding="utf-8") as settings:
        settings.write('\nsign-up = "closed"\n')
    install(root, package(places, NEXT))
    expect(status_of(root) == ["ii", NEXT], "after the upgrade: %s" % status_of(root))
    with started(root, logs / "2") as running:
        log_in(running.url, "ada@example.com")
        expect(call(running.url, "/signup", {"email": "eve@example.com", "password": "x" * 20})[0] == 403, "the settings were lost")
        run_program(["chroot", root, "pawlctl", "user", "ls"])  # by itself: the service's place and settings
    apt_get(root, "remove", "pawl")
    expect(not (root / "usr/bin/pawld").exists() and (root / "var/lib/pawl/keys.json").exists(), "remove takes the programs only")
    expect((root / "etc/pawl/pawl.toml").exists(), "remove keeps the settings")
    apt_get(root, "purge", "pawl")
    expect(not (root / "var/lib/pawl").exists() and not (root / "etc/pawl").exists(), "purge takes data and settings")
    expect(not status_of(root) or status_of(root)[0] in ("un", "pn"), "after the purge: %s" % status_of(root))


def check_its_units_are_known_to_systemd_and_closed(places):
    tree = places.fresh("tree")
    run(["dpkg-deb", "-x", package(places), tree])
    units = tree / "lib/systemd/system"
    verify_units(places, units, tree / "usr/bin/pawld")
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(units / "pawl.service")],
                          capture_output=True, text=True, check=False)
    level = re.search(r"Overall exposure level for pawl\.service: ([0-9.]+)", done.stdout)
    expect(level and float(level.group(1)) <= EXPOSURE_MAX, done.stdout[-400:] + done.stderr)


def check_an_old_glibc_is_told_by_apt(places):
    root = places.fresh("old")
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text(
        "Package: libc6\nStatus: install ok installed\nVersion: 2.31-13\nArchitecture: %s\nMaintainer: x\nDescription: old\n\n" %
        this_architecture(), encoding="ascii")
    done = subprocess.run(["dpkg", "--root=%s" % root, "--force-not-root", "--force-script-chrootless", "--unpack", "--no-act",
                           str(package(places))], capture_output=True, text=True, check=False)
    fields = run(["dpkg-deb", "-f", package(places), "Depends"])
    expect("libc6 (>= 2." in fields and done.returncode == 0, fields + done.stderr)
    done = subprocess.run(["dpkg", "--compare-versions", "2.31-13", "ge", fields.split("libc6 (>= ")[1].split(")")[0]], check=False)
    expect(done.returncode != 0, "it takes a glibc that it was not linked with")
