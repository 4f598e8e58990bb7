"""Root works on a data directory that belongs to the server's user, as on an installed service: root reads it, and leaves it theirs."""
import os
import shutil
import unittest

from support.case import PASSWORD, fresh_email, main
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import Pawld

USER, GROUP = 61234, 61235  # of no one


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root can be another user")
class Root(unittest.TestCase):
    def setUp(self):
        self.server = Pawld(wrapper=["setpriv", "--reuid=%d" % USER, "--regid=%d" % GROUP, "--clear-groups", "--no-new-privs"])
        self.addCleanup(self.server.close)
        # The way to the data is free, as /var/lib is.
        os.chmod(self.server.home, 0o711)
        os.mkdir(self.server.data_dir, 0o700)
        os.chown(self.server.data_dir, USER, GROUP)
        self.server.start()
        self.email = fresh_email()
        Client(self.server.url).sign_up(self.email)

    def done(self, *arguments, stdin=""):
        done = pawlctl(*arguments, data_dir=self.server.data_dir, stdin=stdin)
        self.assertEqual(done.status, 0, (arguments, done))
        return done

    def expect_all_is_theirs(self):
        for folder, _, names in os.walk(self.server.data_dir):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                status = os.stat(path)
                self.assertEqual((status.st_uid, status.st_gid), (USER, GROUP), path)

    def expect_it_serves(self):
        self.server.start()
        self.assertEqual(Client(self.server.url).login(self.email).status, 200)
        self.server.stop()

    def read(self, when):
        for command in (["log", "verify"], ["key", "ls"], ["user", "ls"], ["info"], ["stats"], ["doctor"]):
            self.done(*command)
        self.done("export", os.path.join(self.server.home, when + ".jsonl"))

    def test_root_reads_the_directory_of_a_running_server_and_of_a_stopped_one(self):
        self.read("running")
        self.server.stop()
        self.read("stopped")
        self.expect_all_is_theirs()
        self.expect_it_serves()

    def test_a_backup_by_root_is_roots(self):
        backup = os.path.join(self.server.home, "backup")
        self.done("backup", "--with-keys", backup)
        for path in (backup, *(os.path.join(backup, name) for name in os.listdir(backup))):
            self.assertEqual(os.stat(path).st_uid, 0, path)
        self.done("backup", "verify", backup)

    def test_what_root_changes_while_the_server_is_stopped_is_the_servers(self):
        self.server.stop()
        self.done("user", "add", "second@example.com", "--password-stdin", stdin=PASSWORD + "\n")
        self.done("key", "rotate", "signing")
        self.expect_all_is_theirs()
        self.expect_it_serves()

    def test_what_root_restores_is_the_servers(self):
        backup = os.path.join(self.server.home, "backup")
        self.done("backup", "--with-keys", backup)
        self.server.stop()
        self.done("restore", backup, "--replace")
        self.expect_all_is_theirs()
        self.expect_it_serves()


if __name__ == "__main__":
    main()
