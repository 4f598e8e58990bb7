"""How a server for tests starts and ends: docs/fixture.md, said to the real binary."""
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

from support.case import eventually, main

from support.http import Client
from support.pawld import BINARY, CHEAP, Pawld, refused_start


def runs(pid):
    """Whether there is such a process that has not ended: its parent may not have waited for it."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class StartAndEnd(unittest.TestCase):
    def test_the_ready_file_is_there_while_it_serves(self):
        home = tempfile.mkdtemp()
        path = os.path.join(home, "ready.json")
        with open(path, "w") as file:
            file.write("left behind")
        with Pawld("--ready-file", path, data_dir=":memory:") as server:
            with open(path) as file:
                self.assertEqual(json.load(file), server.ready)
            self.assertEqual(os.listdir(home), ["ready.json"])
            self.assertEqual(server.stop(), 0)
            self.assertEqual(os.listdir(home), [])
        status, stderr = refused_start("--ready-file", "/nowhere/at/all", data_dir=":memory:")
        self.assertEqual(status, 2, stderr)
        os.rmdir(home)

    def test_a_ready_file_that_is_no_file_is_refused_and_left_as_it_is(self):
        with tempfile.TemporaryDirectory() as home:
            fifo, link, folder = (os.path.join(home, name) for name in ("fifo", "link", "folder"))
            os.mkfifo(fifo)
            os.symlink("/dev/null", link)
            os.mkdir(folder)
            for path in (fifo, link, folder):
                status, stderr = refused_start("--ready-file", path, data_dir=":memory:")
                self.assertEqual(status, 2, stderr)
                self.assertIn("no regular file", stderr)
            self.assertTrue(stat.S_ISFIFO(os.lstat(fifo).st_mode))
            self.assertEqual(os.readlink(link), "/dev/null")

    def test_seeds_and_configurations_that_never_end_are_refused(self):
        with tempfile.TemporaryDirectory() as home:
            fifo = os.path.join(home, "fifo")
            os.mkfifo(fifo)
            for option, path in (("--seed", "/dev/zero"), ("--seed", fifo), ("--config", "/dev/zero"), ("--config", fifo)):
                status, stderr = refused_start(option, path, data_dir=":memory:")
                self.assertEqual(status, 2, stderr)
                self.assertIn(path, stderr)
                self.assertIn("no regular file", stderr)

    def test_it_ends_with_its_parent(self):
        home = tempfile.mkdtemp()
        ready = os.path.join(home, "ready.json")
        program = ("import subprocess, sys, threading, time\n"
                   "def start():\n"
                   "    subprocess.Popen(sys.argv[1:])\n"
                   "t = threading.Thread(target=start); t.start(); t.join()\n"  # the thread that forked ends: nothing happens
                   "time.sleep(1000)\n")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PAWL")}
        command = [BINARY, "--dev", *CHEAP, "--data-dir", ":memory:", "--listen", "127.0.0.1:0", "--ready-file", ready,
                   "--exit-with-parent"]
        parent = subprocess.Popen([sys.executable, "-c", program, *command], env=environment, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: os.path.exists(ready))
            with open(ready) as file:
                told = json.load(file)
            self.assertEqual(Client(told["url"]).get("/healthz").status, 200)
        finally:
            parent.send_signal(signal.SIGKILL)
            parent.wait()
        eventually(lambda: not os.path.exists(ready))
        eventually(lambda: not runs(told["pid"]))
        os.rmdir(home)

    def test_it_does_not_start_for_a_parent_that_has_ended_before_it_was_up(self):
        """A shell ends at once; what it left behind starts the server then, and another process has taken that over."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PAWL")}
        with tempfile.TemporaryDirectory() as home:
            said = os.path.join(home, "said")
            for option in ("--exit-with-parent=$$", "--exit-with-parent"):  # $$ is the shell's own number
                script = ("exec 3<&0; ( read gone <&3; exec 3<&-; exec %s --dev %s --data-dir :memory: "
                          "--listen 127.0.0.1:0 %s 2>%s ) >/dev/null & echo $!" % (BINARY, " ".join(CHEAP), option, said))
                shell = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         env=environment, start_new_session=True)
                pid = int(shell.stdout.readline())
                shell.stdout.close()
                shell.wait()
                shell.stdin.close()  # now it starts
                eventually(lambda: not runs(pid))
                with open(said) as file:
                    self.assertIn("--exit-with-parent: ", file.read())

    def test_another_parent_than_the_expected_one_is_a_sentence(self):
        status, stderr = refused_start("--exit-with-parent=%d" % os.getppid(), data_dir=":memory:")
        self.assertEqual(status, 2, stderr)
        self.assertIn(str(os.getpid()), stderr)
        with Pawld("--exit-with-parent=%d" % os.getpid(), data_dir=":memory:") as server:
            self.assertEqual(Client(server.url).get("/healthz").status, 200)

    def test_memory_without_dev_warns_and_serves(self):
        with Pawld(data_dir=":memory:", dev=False) as server:
            client = Client(server.url)
            self.assertEqual(client.sign_up("alice@example.com").status, 201)
            tokens = client.login("alice@example.com").json
            self.assertEqual(client.refresh(tokens["refresh_token"]).status, 200)
            self.assertEqual(client.get("/dev/clock").status, 404)
            self.assertEqual(client.get("/t/x/healthz").status, 404)
            server.log_with("gone when this process ends")
            self.assertEqual(server.stop(signal.SIGTERM), 0)

    def test_a_key_file_is_used_in_memory_too(self):
        home = tempfile.mkdtemp()
        path = os.path.join(home, "keys.json")
        keys = []
        for _ in range(2):
            with Pawld("--key-file", path, data_dir=":memory:") as server:
                client = Client(server.url)
                client.post("/dev/reset")
                keys.append(client.get("/.well-known/jwks.json").json)
                server.stop()
        self.assertEqual(keys[0], keys[1])
        os.unlink(path)
        os.rmdir(home)


if __name__ == "__main__":
    main()
