"""The tarball of the static programs: in an empty place, and in root directories of other systems."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tarfile

from make.check import Skip, need_root, need_tool
from make.common import ROOT, run, run_program, this_architecture, version
from make.machine import machine
from make.serving import expect, server, use
from make.settings_file import options_of, settings_text
from make.tarball import make_tarball

QUICK = ("check_the_programs_need_no_library", "check_it_serves_where_it_is_unpacked", "check_it_serves_in_an_empty_root",
         "check_all_of_it_is_there", "check_systemd_knows_every_line_of_the_units", "check_every_option_of_the_settings_file_is_taken",
         "check_a_port_in_use_and_a_read_only_place_are_told_in_a_line")
USER = "65532:65532"
OF_DEV = ("seed", "rng-seed")  # options that are refused without --dev
NEEDS = {"tls-": ("tls-cert", "tls-key"), "webhook": ("webhook", "webhook-secret-file")}  # what options of these names can't do without


def unpacked(places):
    """The tarball's one directory, and the kit's."""
    def make(place):
        for archive in make_tarball(place, this_architecture()):
            with tarfile.open(archive) as tar:
                tar.extractall(place)  # a file that this program made
        return place / ("pawl-%s-linux-%s" % (version(), this_architecture())), place / ("pawl-%s-relink" % version())
    return places.once("tarball", make)


def check_the_programs_need_no_library(places):
    for program in sorted((unpacked(places)[0] / "bin").iterdir()):
        headers = run(["readelf", "-lW", program])
        expect("INTERP" not in headers, "%s asks for a loader" % program.name)
        expect("NEEDED" not in run(["readelf", "-dW", program]), "%s asks for libraries" % program.name)
        expect("Elf file type is DYN" in headers, "%s is no PIE" % program.name)
        expect("GNU_RELRO" in headers and not re.search(r"GNU_STACK.* RWE", headers), "%s is not hardened" % program.name)


def check_it_serves_where_it_is_unpacked(places):
    tree = unpacked(places)[0]
    with server([tree / "bin/pawld", "--data-dir", places.fresh("data") / "d", "--listen", "127.0.0.1:0"]) as running:
        use(running.url)
        run_program([tree / "bin/pawlctl", "health", "--url", running.url])


def empty_root(places, tree):
    """A root directory with the two programs, an empty /data of the user, and nothing else."""
    root = places.fresh("root")
    (root / "data").mkdir()
    os.chown(root / "data", 65532, 65532)
    for program in ("pawld", "pawlctl"):
        os.link(tree / "bin" / program, root / program)
    return root


def check_it_serves_in_an_empty_root(places):
    need_root()
    root, log = empty_root(places, unpacked(places)[0]), places.fresh("log") / "stderr"
    in_root = ["chroot", "--userspec=" + USER, root]
    with server([*in_root, "/pawld", "--data-dir", "/data/d", "--listen", "127.0.0.1:0"], log_path=log) as running:
        use(running.url)
        run_program([*in_root, "/pawlctl", "--data-dir", "/data/d", "info"])
        port = running.url.rsplit(":", 1)[1]
        run_program([*in_root, "/pawlctl", "health"], {"PAWL_LISTEN": "0.0.0.0:" + port, "PAWL_ISSUER": "http://a.example"})
    run_program([*in_root, "/pawlctl", "--data-dir", "/data/d", "log", "verify"])
    expect("sandbox" in log.read_text(encoding="utf-8"), "the log says nothing of the sandbox")


def check_all_of_it_is_there(places):
    tree, kit = unpacked(places)
    for name in ("README", "NOTICE", "pawl.cdx.json", "licenses/libseccomp-dev.txt", "licenses/swagger-ui-license.txt",
                 "licenses/common-LGPL-2.1.txt", "share/man/man1/pawld.1", "share/bash-completion/completions/pawlctl",
                 "etc/pawl/pawl.toml", "lib/sysusers.d/pawl.conf", "share/doc/pawl/packages.md"):
        expect((tree / name).is_file(), "no %s" % name)
    for name in ("relink", "pawld.link", "pawlctl.link", "README.md", "NOTICE"):
        expect((kit / name).is_file(), "no %s in the kit" % name)


def check_systemd_knows_every_line_of_the_units(places):
    verify_units(places, unpacked(places)[0] / "lib/systemd/system", unpacked(places)[0] / "bin/pawld")


def verify_units(places, folder, program):
    """systemd-analyze has nothing to say of the units there; the service runs as the user of sysusers."""
    need_tool("systemd-analyze", "systemd")
    place = places.fresh("units")
    for unit in ("pawl.service", "pawl.socket"):
        text = (folder / unit).read_text(encoding="utf-8")
        (place / unit).write_text(text.replace("/usr/bin/pawld", str(program)), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *sorted(place.iterdir())], capture_output=True, text=True, check=False)
    expect((done.returncode, done.stdout + done.stderr) == (0, ""), done.stdout + done.stderr)
    text = (place / "pawl.service").read_text(encoding="utf-8")
    expect("DynamicUser" not in text and "User=pawl\n" in text, "the unit does not run as the user of sysusers")


def check_every_option_of_the_settings_file_is_taken(places):
    pawld = unpacked(places)[0] / "bin/pawld"
    place, text = places.fresh("settings"), settings_text(pawld)
    lines = dict(re.findall(r"^#([a-z0-9-]+) = (.*)$", text, re.MULTILINE))
    names = [name for name, _, _ in options_of(run_program([pawld, "--help"]))]
    expect(len(names) > 50 and set(names) == set(lines), "not every option has a line: %s" % (set(names) ^ set(lines)))
    (place / "empty.toml").write_text(text, encoding="utf-8")
    run_program([pawld, "--config", place / "empty.toml", "--print-config"], cwd=place)
    for name in names:
        if name in OF_DEV:
            continue
        needs = [one for prefix in NEEDS if name.startswith(prefix) for one in NEEDS[prefix]]
        given = "".join("%s = %s\n" % (one, lines[one]) for one in dict.fromkeys([name, *needs]))
        (place / "one.toml").write_text(given, encoding="utf-8")
        done = subprocess.run([pawld, "--config", place / "one.toml", "--print-config"], capture_output=True, text=True, cwd=place,
                              check=False, env={"PATH": "/usr/bin"})
        expect(done.returncode == 0 or "can't be read" in done.stderr or "No such file" in done.stderr,
               "%s: %s" % (given, done.stderr))


def one_line(command, **more):
    """What a command that is refused says: one line, and its exit status."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **more)
    lines = done.stderr.strip().split("\n")
    expect(done.returncode != 0 and len(lines) == 1, "%s: exit status %d\n%s" % (command[0], done.returncode, done.stderr))
    return lines[0]


def check_a_port_in_use_and_a_read_only_place_are_told_in_a_line(places):
    pawld = unpacked(places)[0] / "bin/pawld"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = last_line([pawld, "--data-dir", ":memory:", "--listen", "127.0.0.1:%d" % port])
        expect(str(port) in said and "in use; stop what listens there, or" in said, said)
    said = last_line([pawld, "--data-dir", "/proc/pawl", "--listen", "127.0.0.1:0"])
    expect("/proc/pawl" in said and "name a place" in said, said)
    environment = {**os.environ, "PAWL_BUILD": str(machine(this_architecture()).build())}
    said = one_line([sys.executable, ROOT / "tools/package", "static", "/proc/pawl"], env=environment)
    expect("can be written" in said, said)
    said = one_line([sys.executable, ROOT / "tools/package", "static", places.fresh("none")], env={
        **environment, "PATH": str(places.fresh("path"))})
    expect("apt-get install" in said, said)
    said = one_line([sys.executable, "-c", "import platform,runpy,sys;platform.machine=lambda:'riscv64';sys.argv[1:]=['static'];"
                     "runpy.run_path(%r,run_name='__main__')" % str(ROOT / "tools/package")])
    expect("unsupported machine riscv64" in said, said)


def last_line(command):
    """The last line that pawld says, which is refused: the ones before are its log."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={"PATH": "/usr/bin"})
    expect(done.returncode != 0, "it started")
    return done.stderr.strip().split("\n")[-1]


def check_names_and_certificates_are_found_as_debian_fedora_and_alpine_have_them(places):
    need_root()
    need_tool("openssl", "openssl")
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("no network namespaces here")
    for bundle in ("etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/cert.pem"):
        root = empty_root(places, unpacked(places)[0])
        run(["unshare", "-n", sys.executable, pathlib.Path(__file__).parent / "network_probe.py", root, bundle])
