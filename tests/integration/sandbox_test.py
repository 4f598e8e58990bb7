#!/usr/bin/python3
"""The sandbox around the real server: that it is there for every thread, and that all a server does goes on inside it."""
import os
import pathlib
import signal
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support.case import eventually, fresh_email, main
from support.http import Client
from support.pawld import Pawld

SANITIZED = "PAWL_SANITIZED" in os.environ


def statuses(pid):
    """What the kernel says of each thread, as dictionaries."""
    out = []
    for thread in os.listdir("/proc/%d/task" % pid):
        try:
            text = pathlib.Path("/proc/%d/task/%s/status" % (pid, thread)).read_text()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        out.append(dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line))
    return out


def replace(path, text):
    """As an editor does: another file takes the name."""
    temporary = str(path) + ".new"
    with open(temporary, "w", encoding="utf-8") as file:
        os.chmod(temporary, 0o600)
        file.write(text)
    os.rename(temporary, path)


class Sandbox(unittest.TestCase):
    def server(self, *options, **keywords):
        server = Pawld(*options, **keywords)
        self.addCleanup(server.close)
        return server

    @unittest.skipIf(SANITIZED, "sanitizers need what the sandbox takes")
    def test_it_is_there_for_every_thread(self):
        for dev in (True, False):
            server = self.server(dev=dev).start()
            threads = statuses(server.process.pid)
            self.assertGreater(len(threads), 4)
            for thread in threads:
                self.assertEqual((thread["Seccomp"], thread["NoNewPrivs"]), ("2", "1"), thread["Name"])
            server.log_with("sandbox.closed")

    def test_off_is_off_and_is_said(self):
        server = self.server("--sandbox", "off").start()
        self.assertEqual({thread["Seccomp"] for thread in statuses(server.process.pid)}, {"0"})
        server.log_with("sandbox.off")

    def test_a_reload_reads_files_that_took_the_names_of_others(self):
        config = self.server()  # a folder of its own that goes away
        place = pathlib.Path(config.home)
        (place / "pawl.toml").write_text('log-level = "info"\n')
        (place / "keys").mkdir(mode=0o700)
        server = self.server("--config", str(place / "pawl.toml"), "--key-file", str(place / "keys" / "k.json"), cwd=place)
        server.start()
        replace(place / "pawl.toml", 'log-level = "debug"\nmax-sessions = 7\n')
        replace(place / ".env", "PAWL_MAX_CONNECTIONS=99\n")
        replace(place / "keys" / "k.json", (place / "keys" / "k.json").read_text())
        server.process.send_signal(signal.SIGHUP)
        log = server.log_with("reload.done")
        self.assertIn('"reload.needs_restart","option":"max-sessions"', log)
        self.assertIn('"reload.needs_restart","option":"max-connections"', log)
        self.assertIn('"reload.keys"', log)
        self.assertNotIn("_kept", log)

    def test_a_reload_without_any_file_is_no_error(self):
        server = self.server().start()
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "reload.done" in server.log())
        self.assertNotIn("_kept", server.log())

    def test_snapshots_new_segments_and_a_restart_go_on(self):
        server = self.server("--snapshot-interval", "1s", "--snapshot-min-bytes", "0", "--log-retention", "0").start()
        client, emails = Client(server.url), []
        before = set(os.listdir(server.data_dir))

        def grown():
            emails.append(fresh_email())
            self.assertEqual(client.sign_up(emails[-1]).status, 201)
            new = set(os.listdir(server.data_dir)) - before
            return any(name.startswith("snap-") and name.endswith(".dat") for name in new) and \
                any(name.startswith("wal-") for name in new)
        eventually(grown, 60)
        self.assertNotIn('"level":"error"', server.log())
        server.restart()
        client = Client(server.url)
        for email in (emails[0], emails[-1]):
            self.assertEqual(client.login(email).status, 200)
        self.assertEqual(server.stop(), 0)

    def test_socket_file_goes_and_the_service_manager_is_told(self):
        server = self.server("--issuer", "http://localhost", listen=None, dev=False)
        path = os.path.join(server.home, "pawl.sock")
        notified = os.path.join(server.home, "notify.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(notified)
            manager.settimeout(60)
            server.listen, server.env = "unix:" + path, {"NOTIFY_SOCKET": notified}
            server.start()
            self.assertEqual(manager.recv(100), b"READY=1")
            self.assertTrue(os.path.exists(path))
            self.assertEqual(server.stop(), 0)
            self.assertEqual(manager.recv(100), b"STOPPING=1")
        self.assertFalse(os.path.exists(path))

    def test_figures_of_the_process_are_still_told(self):
        server = self.server().start()
        text = Client(server.url).get("/metrics").body.decode()
        figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("process_"))
        self.assertGreater(float(figures["process_resident_memory_bytes"]), 1e6)
        self.assertGreater(float(figures["process_open_fds"]), 5)

    def test_it_leaves_no_core(self):
        server = self.server(dev=False).start()
        limits = pathlib.Path("/proc/%d/limits" % server.process.pid).read_text()
        self.assertRegex(limits, r"Max core file size\s+0\s+0")


if __name__ == "__main__":
    main()
