"""Two network namespaces of their own, joined by a veth pair: a server's and its clients'."""
import os
import shutil
import subprocess
import sys

ADDRESS, MINE = "10.77.0.1", "10.77.0.2"  # the server's and the clients'
SERVER_LINK, CLIENT_LINK = "veth0", "veth1"
SKIPPED = 77


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, stderr=subprocess.DEVNULL)


def run_again(script, arguments):
    """Runs `script` with `arguments` and `--server NAMESPACE` in the clients' namespace; its exit status, or SKIPPED."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        print("SKIPPED 1 needs root and ip(8)")
        return SKIPPED
    server, clients = "pawl-server-%d" % os.getpid(), "pawl-clients-%d" % os.getpid()
    try:
        for name in (server, clients):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", SERVER_LINK, "netns", server, "type", "veth", "peer", "name", CLIENT_LINK, "netns", clients)
        for name, link, address in ((server, SERVER_LINK, ADDRESS), (clients, CLIENT_LINK, MINE)):
            ip("-n", name, "address", "add", address + "/24", "dev", link)
            ip("-n", name, "link", "set", link, "up")
    except (OSError, subprocess.CalledProcessError) as error:
        print("SKIPPED 1 no network namespaces here: %s" % error)
        return SKIPPED
    else:
        return subprocess.run(["ip", "netns", "exec", clients, sys.executable, script, "--server", server, *arguments],
                              check=False).returncode
    finally:
        for name in (server, clients):
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
