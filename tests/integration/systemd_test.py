"""The units of packaging/systemd: what systemd thinks of them, and sockets that it hands over."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from support.case import main
from support.http import Client
from support.pawld import BINARY, ROOT, DidNotStart, Pawld

UNITS = ROOT / "packaging" / "systemd"
BUILD = os.environ.get("PAWL_BUILD", str(ROOT / "build"))
EXPOSURE_MAX = 1.5
# What systemd does before it runs a service with a socket: descriptors from 3 on, and the variables that say so.
LAUNCHER = """
import os, sys
descriptors = [int(text) for text in sys.argv[1].split(",")]
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(descriptors)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
    os.close(fd)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)))
os.execv(sys.argv[2], sys.argv[2:])
"""


def listening(family=socket.AF_INET, address=("127.0.0.1", 0)):
    one = socket.socket(family, socket.SOCK_STREAM)
    one.bind(address)
    one.listen(16)
    return one


class Units(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_the_service_is_exposed_by_at_most_what_we_say(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / "pawl.service")],
                              capture_output=True, text=True, timeout=60, check=False)
        found = re.search(r"Overall exposure level for pawl\.service: ([0-9.]+)", done.stdout)
        self.assertTrue(found, done.stdout + done.stderr)
        self.assertLessEqual(float(found.group(1)), EXPOSURE_MAX, done.stdout)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_systemd_knows_every_line_of_them(self):
        with tempfile.TemporaryDirectory() as place:
            for unit in UNITS.iterdir():
                text = unit.read_text().replace("/usr/bin/pawld", BINARY)
                (pathlib.Path(place) / unit.name).write_text(text)
            done = subprocess.run(["systemd-analyze", "verify", *map(str, sorted(pathlib.Path(place).iterdir()))],
                                  capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


class Install(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(os.path.join(BUILD, "share", "made")), "not all is built")
    def test_the_unit_starts_what_was_installed(self):
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(["cmake", "--install", BUILD, "--prefix", place], capture_output=True, text=True, timeout=60,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            root = pathlib.Path(place)
            unit = (root / "lib/systemd/system/pawl.service").read_text(encoding="utf-8")
            program = re.search(r"^ExecStart=(\S+)$", unit, re.MULTILINE).group(1)
            self.assertEqual(program, place + "/bin/pawld")
            self.assertEqual(subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode, 0)
            self.assertTrue((root / "bin/pawlctl").exists())
            self.assertTrue((root / "lib/systemd/system/pawl.socket").exists())
            for line in (UNITS / "pawl.service").read_text(encoding="utf-8").splitlines():
                self.assertIn(line.replace("/usr/bin/pawld", program), unit)


class Activation(unittest.TestCase):
    def server(self, *options, **keywords):
        server = Pawld(*options, **keywords)
        self.addCleanup(server.close)
        return server

    def handed(self, sockets, *options):
        """A server that is given these sockets."""
        server = self.server(*options, dev=False)
        numbers = ",".join(str(one.fileno()) for one in sockets)
        server.wrapper = [sys.executable, "-c", LAUNCHER, numbers]
        server.descriptors = [one.fileno() for one in sockets]
        return server

    def test_it_serves_on_the_sockets_it_was_handed_and_on_no_other(self):
        with listening() as first, listening() as second:
            server = self.handed([first, second])
            server.start()
            urls = ["http://127.0.0.1:%d" % one.getsockname()[1] for one in (first, second)]
            self.assertEqual(server.url, urls[0])
            for url in urls:
                self.assertEqual(Client(url).get("/readyz").status, 200)
            self.assertEqual(server.stop(), 0)

    def test_clients_wait_through_a_restart(self):
        with listening() as held:
            server = self.handed([held]).start()
            url = server.url
            self.assertEqual(server.stop(), 0)
            with socket.create_connection(("127.0.0.1", held.getsockname()[1]), timeout=60) as early:
                early.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                server.start()
                self.assertTrue(early.recv(100).startswith(b"HTTP/1.1 200"))
            self.assertEqual(server.url, url)

    def test_a_unix_socket_that_was_handed_over_stays_when_it_stops(self):
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "handed.sock")
            with listening(socket.AF_UNIX, path) as held:
                server = self.handed([held], "--issuer", "http://localhost").start()
                self.assertEqual(server.url, "unix:" + path)
                self.assertEqual(server.stop(), 0)
                self.assertTrue(os.path.exists(path))

    def test_what_does_not_listen_is_refused(self):
        with socket.socket() as idle:
            with self.assertRaises(DidNotStart) as refusal:
                self.handed([idle]).start()
        self.assertEqual(refusal.exception.status, 2)
        self.assertIn("no listening stream socket", refusal.exception.stderr)

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "no systemd-socket-activate")
    def test_the_real_launcher_of_systemd(self):
        with listening() as free:
            port = free.getsockname()[1]
        server = self.server(dev=False, wrapper=["systemd-socket-activate", "-l", "127.0.0.1:%d" % port])
        waker = None

        def knock():  # it starts the server at the first connection
            nonlocal waker
            for _ in range(600):
                try:
                    waker = socket.create_connection(("127.0.0.1", port), timeout=60)
                    return
                except ConnectionRefusedError:
                    time.sleep(0.05)
        thread = threading.Thread(target=knock)
        thread.start()
        server.start()
        thread.join()
        waker.close()
        self.assertEqual(server.url, "http://127.0.0.1:%d" % port)
        self.assertEqual(Client(server.url).get("/readyz").status, 200)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    main()
