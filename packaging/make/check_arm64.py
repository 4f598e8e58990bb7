"""The packages for arm64 on another machine: what is in them, and the programs used by qemu-user. Skipped without a build for it.

qemu-user knows neither Landlock nor seccomp, so the programs' sandbox stays open there, and says so. What the filter would refuse is
looked for in the list of system calls that the program made.
"""
import os
import re
import socket
import tarfile
import zipfile

from make.check import Skip, need_tool
from make.common import PROGRAMS, ROOT, run, this_architecture, version
from make.deb import make_deb
from make.filter import ALLOW, KILL, REFUSE, call_numbers, read_filter, verdict
from make.fixtures import make_fixture_package
from make.machine import machine
from make.oci import make_oci
from make.serving import call, expect, log_in, reuse, server, use
from make.static import relink
from make.tarball import make_tarball

QUICK = ("check_its_filter_knows_the_calls_of_the_machine", "check_its_egress_worker_has_the_calls_of_the_machine_and_no_more",
         "check_its_libraries_link_to_one_another")
OTHER = "arm64"
CLOSING = " seccomp("  # of the last of these on the filter would be in force: it is closed after it listens
AUDIT_ARCH, AUDIT_ARCH_AMD64 = 0xC00000B7, 0xC000003E
CLONE_THREAD = 0x10000
# What the C library calls where amd64 has open, stat, mkdir, rmdir and unlink, link, rename, access, readlink, poll, select, epoll_wait.
INSTEAD = ("openat", "newfstatat", "mkdirat", "unlinkat", "linkat", "renameat", "faccessat", "readlinkat", "ppoll", "pselect6",
           "epoll_pwait")
BY_ARGUMENTS = {"clone", "clone3", "ioctl", "mmap", "mprotect", "prctl", "prlimit64", "seccomp", "setitimer", "tgkill"}
FILTER = """#include "app/process/sandbox_calls.cpp"
#include <cstdio>
int main(int count, char** names) {
    seccomp_api_set(6); // of a kernel that has all of it: qemu-user has nothing of it
    for (int role = 0; role < count - 1; ++role) {
        scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
        pawl::app::rule_adder rules(context);
        pawl::app::call_rules wanted;
        wanted.role = static_cast<pawl::app::process_role>(role);
        pawl::app::add_rules(rules, wanted);
        std::FILE* const file = std::fopen(names[role + 1], "w");
        if (rules.error() != 0 || file == nullptr || seccomp_export_bpf(context, fileno(file)) != 0) {
            return 1;
        }
    }
}
"""
ROLES = ("server", "egress_supervisor", "egress_worker")  # as process_role has them


def target():
    """The machine arm64. Skip says what is missing to make packages for it and to run its programs."""
    if this_architecture() == OTHER:
        raise Skip("this is such a machine: the other checks are about it")
    need_tool("aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu")
    need_tool("qemu-aarch64-static", "qemu-user-static")
    other = machine(OTHER)
    if other.build_variable not in os.environ and not (ROOT / "build" / OTHER / "bin/pawld").exists():
        raise Skip("no build for arm64: tools/build arm64 makes one, or name one in " + other.build_variable)
    return other


def unpacked(places):
    """The tarball's directory and the kit's."""
    target()

    def make(place):
        for archive in make_tarball(place, OTHER):
            with tarfile.open(archive) as tar:
                tar.extractall(place)
        return place / ("pawl-%s-linux-%s" % (version(), OTHER)), place / ("pawl-%s-relink" % version())
    return places.once("tarball-" + OTHER, make)


def check_the_programs_are_for_it_and_need_no_library(places):
    for program in sorted((unpacked(places)[0] / "bin").iterdir()):
        headers = run(["readelf", "-hlW", program])
        expect("AArch64" in headers and "DYN" in headers, "%s is no PIE of arm64" % program.name)
        expect("INTERP" not in headers, "%s asks for a loader" % program.name)
        expect("GNU_RELRO" in headers and not re.search(r"GNU_STACK.* RWE", headers), "%s is not hardened" % program.name)
    expect("pawld %s" % version() in target().run_program([unpacked(places)[0] / "bin/pawld", "--version"]), "another version")


def check_the_kit_gives_the_bytes_that_were_shipped(places):
    tree, kit = unpacked(places)
    out = places.fresh("relinked")
    relink(kit, out, OTHER)
    for program in PROGRAMS:
        expect((out / program).read_bytes() == (tree / "bin" / program).read_bytes(), "%s came out otherwise" % program)


def check_it_serves_for_development_in_an_empty_directory(places):
    tree = unpacked(places)[0]
    with server([*target().emulator(), tree / "bin/pawld", "--dev", "--listen", "127.0.0.1:0"], cwd=places.fresh("empty")) as running:
        use(running.url)
        reuse(running.url, "ada@example.com")


def check_it_keeps_what_it_was_told_when_it_is_killed(places):
    tree, data = unpacked(places)[0], places.fresh("data") / "d"
    command = [*target().emulator(), tree / "bin/pawld", "--data-dir", data, "--listen", "127.0.0.1:0"]
    with server(command) as running:  # with passwords hashed as in service
        use(running.url)
        tokens = log_in(running.url, "ada@example.com")
        running.killed = True
        running.kill()
    with server(command) as running:
        status, answer = call(running.url, "/refresh", {"refresh_token": tokens["refresh_token"]})
        expect(status == 200, "a session was lost: %d %s" % (status, answer))
        reuse(running.url, "ada@example.com")
    target().run_program([tree / "bin/pawlctl", "--data-dir", data, "log", "verify"])


def filters(places):
    """The filters of app/process/sandbox_calls.cpp by role, compiled for arm64 and written out by a program that qemu runs."""
    return places.once("filters", write_filters)


def write_filters(place):
    need_tool("aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu")
    other = machine(OTHER)
    if this_architecture() == OTHER or not other.root.exists():
        raise Skip("no libraries for arm64 here: tools/package root --arch arm64 brings them")
    need_tool("qemu-aarch64-static", "qemu-user-static")
    (place / "source").write_text(FILTER, encoding="ascii")
    run([other.compiler(), *other.linker_flags(), "-std=c++20", "-static", "-I%s" % ROOT, "-x", "c++", place / "source", "-x", "none",
         "-lseccomp", "-o", place / "filter"])
    other.run_program([place / "filter", *(place / role for role in ROLES)])
    return {role: read_filter((place / role).read_bytes()) for role in ROLES}


def filter_of(places, role):
    """What the filter of a role says to a call by its name; the numbers of calls; its instructions."""
    program, numbers = filters(places)[role], call_numbers(machine(OTHER).root / "usr/include/asm-generic/unistd.h")
    return lambda name, *arguments: verdict(program, AUDIT_ARCH, numbers[name], arguments), numbers, program


def check_its_libraries_link_to_one_another(places):
    """Where libm.so leads out of the root, libm.a is linked, and errno with it as a private symbol of one glibc."""
    other, place = machine(OTHER), places.fresh("links")
    need_tool("aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu")
    if this_architecture() == OTHER or not other.root.exists():
        raise Skip("no libraries for arm64 here: tools/package root --arch arm64 brings them")
    links = [path for path in (other.root / "usr/lib" / other.triplet).iterdir() if path.is_symlink()]
    lost = sorted(path.name for path in links if not path.resolve().is_relative_to(other.root.resolve()))
    expect(links and not lost, "links that lead out of the root: %s" % ", ".join(lost))
    (place / "source").write_text("#include <cmath>\nint main(int n, char**) { return std::pow(n, n) > 1; }\n", encoding="ascii")
    run([other.compiler(), *other.linker_flags(), "-x", "c++", place / "source", "-x", "none", "-o", place / "program"])
    said = run(["readelf", "-dVW", place / "program"])
    expect("[libm.so.6]" in said and "GLIBC_PRIVATE" not in said, said)


def check_its_filter_knows_the_calls_of_the_machine(places):
    says, numbers, program = filter_of(places, "server")
    for name in INSTEAD:
        expect(says(name) == ALLOW, "the C library calls %s here, and the filter refuses it" % name)
    expect(says("setitimer", 0) == ALLOW and says("setitimer", 1) != ALLOW, "alarm() sets the timer of real time, and no other")
    for name in ("execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"):
        expect(says(name) == KILL, "%s does not end the process" % name)
    expect(says("clone", CLONE_THREAD) == ALLOW and says("clone", 0) != ALLOW, "threads and no processes")
    expect(says("mmap", 0, 0, 3) == ALLOW and says("mmap", 0, 0, 7) != ALLOW, "memory that may be executed")
    expect(says("openat2") & 0xFFFF0000 == REFUSE, "what no one asked for is refused")
    expect(verdict(program, AUDIT_ARCH_AMD64, numbers["read"]) == KILL, "calls of another machine end the process")


def check_its_egress_worker_has_the_calls_of_the_machine_and_no_more(places):
    worker, supervisor = filter_of(places, "egress_worker")[0], filter_of(places, "egress_supervisor")[0]
    for name in ("connect", "sendmmsg", "recvmsg", "ppoll", "epoll_pwait"):
        expect(worker(name) == ALLOW, "the worker calls %s, and its filter refuses it" % name)
    expect(worker("socket", socket.AF_INET) == ALLOW and worker("socket", socket.AF_UNIX) != ALLOW, "sockets of the network alone")
    expect(worker("openat", 0, 0, os.O_RDONLY) == ALLOW and worker("openat", 0, 0, os.O_WRONLY) != ALLOW, "files to be read alone")
    for name in ("listen", "bind", "accept4", "ftruncate", "kill"):
        expect(worker(name) != ALLOW, "the worker may call %s" % name)
    expect(worker("clone", 0) != ALLOW and supervisor("clone", 0) == ALLOW, "the supervisor makes processes, the worker none")
    for name in ("wait4", "kill", "socketpair", "seccomp", "prctl", "landlock_restrict_self"):
        expect(supervisor(name) == ALLOW, "the supervisor calls %s, and its filter refuses it" % name)


def check_its_filter_allows_every_call_that_it_makes(places):
    tree, traced = unpacked(places)[0], places.fresh("traced") / "calls"
    says, _, _ = filter_of(places, "server")
    with server([*target().emulator(), "-strace", "-D", traced, tree / "bin/pawld", "--data-dir", places.fresh("data") / "d", "--listen",
                 "127.0.0.1:0"]) as running:
        use(running.url)
    lines = traced.read_text(encoding="utf-8", errors="replace").split("\n")
    first = max((i for i, line in enumerate(lines) if CLOSING in line), default=None)
    expect(first is not None, "the trace does not show where the sandbox would be closed")
    made = set(re.findall(r"^\d+ (\w+)\(", "\n".join(lines[first + 1:]), re.MULTILINE)) - BY_ARGUMENTS
    refused = sorted(name for name in made if says(name) != ALLOW)
    expect(len(made) > 10 and not refused, "the filter refuses: %s" % refused)


def check_every_form_says_that_it_is_for_it(places):
    target()
    wheel, npm = (make_fixture_package(form, places.fresh(form), [OTHER])[0] for form in ("wheel", "npm"))
    expect(wheel.name.endswith("-manylinux_2_17_aarch64.musllinux_1_1_aarch64.whl"), wheel.name)
    with zipfile.ZipFile(wheel) as files:
        expect(files.read("pawl_pytest/bin/pawld")[18] == 183, "the wheel has another machine's program")
    with tarfile.open(npm) as tar:
        text = tar.extractfile("package/package.json").read().decode()
    expect('"os": [\n    "linux"\n  ]' in text and '"cpu": [\n    "arm64"\n  ]' in text, text)
    package = make_deb(places.fresh("deb"), OTHER)[0]
    fields = run(["dpkg-deb", "-f", package])
    expect("Architecture: arm64\n" in fields and "libseccomp2 (>= " in fields and "libc6 (>= " in fields, fields)
    expect("libc6 (<< " not in fields and "libc6 (>> " not in fields, "it is held to one version of glibc: " + fields)


def check_one_image_is_for_both(places):
    target()
    layout = make_oci(places.fresh("both"), [this_architecture(), OTHER])[0][0]
    skopeo = need_tool("skopeo", "skopeo")
    for architecture in (this_architecture(), OTHER):
        said = run([skopeo, "--override-arch", architecture, "inspect", "--config", "oci:%s" % layout])
        expect('"architecture":"%s"' % architecture in said.replace(" ", ""), said)
