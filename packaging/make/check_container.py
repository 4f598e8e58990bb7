"""The static image run by a container runtime (Podman with runc), as a cluster would: read-only, no capability, as 65532."""
import contextlib
import os
import pathlib
import subprocess
import sys

from make.check import Skip, need_root, need_tool
from make.check_oci import free_port, layout_of
from make.common import Fail, run, version
from make.oci import USER
from make.serving import expect, log_in, server, use

QUICK = ()
LIMITS = ["--ulimit", "nofile=10000:10000", "--ulimit", "nproc=10000:10000"]  # a machine may allow no higher ones
STRICT = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", *LIMITS]
BUNDLE = "etc/ssl/certs/ca-certificates.crt"


@contextlib.contextmanager
def image(places):
    """Podman's id of the image. Skip where it runs no container here."""
    need_root()
    podman = need_tool("podman", "podman")
    need_tool("runc", "runc")
    name = run([podman, "pull", "-q", "oci:%s:%s" % (layout_of(places), version())]).strip()
    try:
        try:
            run([podman, "--runtime", "runc", "run", "--rm", "--network", "host", *STRICT, name, "--version"])
        except Fail as failure:
            raise Skip("no container runs here: %s" % str(failure).rsplit("\n", 1)[-1]) from failure
        yield name
    finally:
        subprocess.run([podman, "rmi", "-f", name], capture_output=True, check=False)


def check_it_serves_with_a_volume_alone_to_write_to_and_keeps_what_it_was_told(places):
    volume, log = places.fresh("volume"), places.fresh("log") / "stderr"
    volume.chmod(0o700)
    os.chown(volume, USER, USER)
    with image(places) as name:
        for first in (True, False):
            port = free_port()
            command = ["podman", "--runtime", "runc", "run", "--rm", "--network", "host", *STRICT, "--volume", "%s:/var/lib/pawl" % volume,
                       "--env", "PAWL_LISTEN=127.0.0.1:%d" % port, "--name", "pawl-check-%d" % port, name]
            with server(command, log_path=log) as running:
                if first:
                    use(running.url)
                log_in(running.url, "ada@example.com")
                run(["podman", "--runtime", "runc", "exec", "pawl-check-%d" % port, "/usr/bin/pawlctl", "health"])


def check_a_webhook_goes_out_under_the_runtimes_filter(places):
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("no network namespaces here")
    root = places.fresh("container")
    (root / "data").mkdir()
    os.chown(root / "data", USER, USER)
    with image(places) as name:
        said = run(["unshare", "-n", sys.executable, pathlib.Path(__file__).parent / "network_probe.py", root, BUNDLE, name])
        expect(not said, said)
