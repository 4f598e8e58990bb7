"""Restore and backup where names can't be changed: mount points, links, a parent that is another's; killed at every step."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import case
from support.http import Client
from support.move import PAWLCTL, MoveCase, ctl, environment, tree
from support.pawld import Pawld

IS_ROOT = os.geteuid() == 0
USER = 64321  # no user has it
# What a restore does to names, and where it makes them durable: it is killed at the entry of the Nth call, for each N or,
# where there are many, each Mth (PAWL_KILL_STEP=1: all).
STEP = int(os.environ.get("PAWL_KILL_STEP", "6"))
CALLS = {"renameat2": 1, "mkdirat": 1, "renameat": STEP, "unlinkat": STEP, "fsync": STEP}
KILLS_MAX = 400  # of one call: more than a restore of this size makes


def can_mount():
    with tempfile.TemporaryDirectory(prefix="pawl-mount-") as there:
        if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", there], check=False, capture_output=True).returncode:
            return False
        subprocess.run(["umount", there], check=True)
        return True


def can_trace():
    return shutil.which("strace") and not subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False,
                                                         capture_output=True).returncode


MOUNTS, TRACES = can_mount(), bool(can_trace())


class VolumeCase(MoveCase):
    def mounted(self, name="volume", lost_and_found=True):
        """A file system of its own, as a fresh volume is."""
        folder = self.home / name
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", str(folder)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(folder)], check=False)
        if lost_and_found:
            (folder / "lost+found").mkdir()
        return folder

    def store_and_backup(self, **more):
        server, tokens = self.small_store(**more)
        self.ok("backup", self.home / "backup", "--with-keys", "--data-dir", server.data_dir)
        return server, tokens

    def with_later_user(self, folder):
        """A store at `folder` that has a user more than the backup."""
        self.ok("restore", self.home / "backup", "--keep-sessions", "--data-dir", folder)
        server = self.server(data_dir=str(folder))
        server.start()
        self.assertEqual(Client(server.url).sign_up("later@example.com").status, 201)
        self.assertEqual(server.stop(), 0)
        return server

    def emails(self, server):
        server.start()
        found = {email for email in ("u1@example.com", "later@example.com") if Client(server.url).login(email).status == 200}
        self.assertEqual(server.stop(), 0)
        return found

    def files(self, folder):
        return {path.name: data for path in pathlib.Path(folder).iterdir() if path.is_file() and path.name != "LOCK"
                for data in [path.read_bytes()]}


@unittest.skipUnless(MOUNTS, "nothing may be mounted here")
class MountPoints(VolumeCase):
    def test_a_restore_onto_a_fresh_volume_serves(self):
        self.store_and_backup()
        volume = self.mounted()
        self.ok("restore", self.home / "backup", "--data-dir", volume)
        self.assertTrue((volume / "lost+found").is_dir())
        self.assertEqual([path.name for path in volume.iterdir() if path.is_dir()], ["lost+found"])
        self.assertFalse((volume / "SWAP").exists())
        self.assertEqual(self.emails(self.server(data_dir=str(volume))), {"u1@example.com"})
        self.assertIn("is not empty", self.refused(2, "restore", self.home / "backup", "--data-dir", volume))

    def test_what_is_replaced_on_a_volume_lies_within_it(self):
        self.store_and_backup()
        volume = self.mounted()
        server = self.with_later_user(volume)
        for number in (1, 2):
            before = self.files(volume)
            done = json.loads(self.ok("restore", self.home / "backup", "--replace", "--json", "--data-dir", volume).stdout)
            self.assertEqual(done["replaced"], str(volume / ("replaced-%d" % number)))
            self.assertEqual(self.files(done["replaced"]), before)
            self.assertEqual(self.emails(server), {"u1@example.com"})

    def test_a_server_that_runs_there_keeps_a_restore_out(self):
        self.store_and_backup()
        volume = self.mounted()
        server = self.with_later_user(volume)
        server.start()
        self.assertIn("in use by process", self.refused(75, "restore", self.home / "backup", "--replace", "--data-dir", volume))
        self.assertFalse((volume / "incoming.partial").exists())
        self.assertEqual(server.stop(), 0)

    def test_a_backup_goes_onto_a_volume_and_comes_back_from_it(self):
        server, tokens = self.small_store()
        volume = self.mounted()
        self.ok("backup", volume, "--with-keys", "--data-dir", server.data_dir)
        self.ok("backup", "verify", volume, "--key-file", volume / "keys.json")
        self.assertIn("is not empty", self.refused(2, "backup", volume, "--data-dir", server.data_dir))
        fresh = self.home / "fresh"
        self.ok("restore", volume, "--keep-sessions", "--data-dir", fresh)
        again = self.server(data_dir=str(fresh))
        again.start()
        self.assertEqual(Client(again.url).refresh(tokens[1]["refresh_token"]).status, 200)

    def test_a_bind_mount_and_a_link_to_a_volume_are_volumes(self):
        self.store_and_backup()
        volume, bound, link = self.mounted(), self.home / "bound", self.home / "link"
        (volume / "pawl").mkdir(mode=0o700)
        bound.mkdir()
        subprocess.run(["mount", "--bind", str(volume / "pawl"), str(bound)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(bound)], check=False)
        link.symlink_to(bound)
        self.with_later_user(link)
        self.ok("restore", self.home / "backup", "--replace", "--data-dir", link)
        self.assertTrue(link.is_symlink())
        self.assertTrue((volume / "pawl" / "replaced-1").is_dir())
        self.assertEqual(self.emails(self.server(data_dir=str(link))), {"u1@example.com"})

    @unittest.skipUnless(TRACES, "no strace, or it may not trace here")
    def test_killed_at_every_step_the_next_start_has_the_old_store_or_the_new_one_whole(self):
        self.store_and_backup(users=2, sessions=False)
        volume = self.mounted()
        server = self.with_later_user(volume)
        old = self.files(volume)
        outcomes = set()
        for call, step in CALLS.items():
            for n in range(1, KILLS_MAX, step):
                for path in list(volume.iterdir()):
                    if path.name not in ("LOCK", "lost+found"):
                        shutil.rmtree(path) if path.is_dir() else path.unlink()
                for name, data in old.items():
                    (volume / name).write_bytes(data)
                    (volume / name).chmod(0o600)
                if not self.restore_killed_at(volume, call, n):
                    break
                with self.subTest(call=call, n=n):
                    half = (volume / "SWAP").exists()
                    if half:
                        self.assertIn("interrupted", self.refused(2, "export", "--data-dir", volume, "--key-file",
                                                                  self.home / "backup" / "keys.json"))
                    found = self.emails(server)
                    self.assertFalse((volume / "SWAP").exists() or (volume / "incoming.partial").exists())
                    self.assertTrue(found in ({"u1@example.com"}, {"u1@example.com", "later@example.com"}), found)
                    self.assertTrue(not half or found == {"u1@example.com"}, "what was begun was not finished")
                    if len(found) == 1:
                        self.assertEqual(self.files(volume / "replaced-1"), old)
                    outcomes.add(len(found))
        self.assertEqual(outcomes, {1, 2})

    @unittest.skipUnless(TRACES, "no strace, or it may not trace here")
    def test_pawlctl_restore_finishes_what_was_begun_and_then_does_as_it_was_told(self):
        self.store_and_backup(users=2, sessions=False)
        volume = self.mounted()
        self.with_later_user(volume)
        old = self.files(volume)
        n = 1
        while not ((volume / "SWAP").exists() and not (volume / "keys.json").exists()):
            self.assertTrue(self.restore_killed_at(volume, "renameat2", n), "it was never half done")
            n += 1
        done = ctl("restore", self.home / "backup", "--data-dir", volume)
        self.assertEqual(done.returncode, 2)
        self.assertIn("was finished first", done.stderr)
        self.assertIn("is not empty", done.stderr)
        self.assertFalse((volume / "SWAP").exists())
        self.assertEqual(self.files(volume / "replaced-1"), old)
        self.ok("restore", self.home / "backup", "--replace", "--data-dir", volume)
        self.assertTrue((volume / "replaced-2").is_dir())

    def restore_killed_at(self, volume, call, n):
        """Whether it came to that call."""
        trace = self.home / "trace"
        subprocess.run(["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=" + call, "-e",
                        "inject=%s:signal=KILL:when=%d" % (call, n), PAWLCTL, "restore", str(self.home / "backup"), "--replace",
                        "--data-dir", str(volume)], check=False, capture_output=True, env=environment())
        return "killed by SIGKILL" in trace.read_text(errors="replace")


class Links(VolumeCase):
    def test_a_data_directory_behind_a_link_is_replaced_and_the_link_stays(self):
        """As systemd makes it for DynamicUser=: /var/lib/pawl -> private/pawl."""
        self.store_and_backup()
        (self.home / "private").mkdir()
        link = self.home / "pawl"
        link.symlink_to("private/pawl")
        server = self.with_later_user(link)
        before = tree(link)
        done = json.loads(self.ok("restore", self.home / "backup", "--replace", "--json", "--data-dir", link).stdout)
        self.assertEqual(os.readlink(link), "private/pawl")
        self.assertEqual(pathlib.Path(done["replaced"]).parent.resolve(), (self.home / "private").resolve())
        self.assertEqual(tree(done["replaced"]), before)
        self.assertEqual(self.emails(server), {"u1@example.com"})

    def test_a_link_to_a_link_is_refused_and_nothing_is_touched(self):
        server, _ = self.store_and_backup()
        first, second = self.home / "first", self.home / "second"
        first.symlink_to(server.data_dir)
        second.symlink_to("first")
        before = tree(server.data_dir)
        message = self.refused(2, "restore", self.home / "backup", "--replace", "--data-dir", second)
        self.assertIn("name the directory itself", message)
        self.assertEqual(tree(server.data_dir), before)


@unittest.skipUnless(IS_ROOT and shutil.which("setpriv"), "takes another user")
class Parents(VolumeCase):
    AS_USER = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--"]

    def as_user(self, *arguments):
        return subprocess.run([*self.AS_USER, PAWLCTL, *map(str, arguments)], capture_output=True, text=True, check=False,
                              env=environment())

    def test_a_directory_whose_parent_is_anothers_is_replaced_by_its_owner(self):
        """/var/lib/pawl is the server's, /var/lib is root's."""
        self.store_and_backup()
        self.home.chmod(0o755)
        parent = self.home / "lib"
        parent.mkdir(mode=0o755)
        data = parent / "pawl"
        self.with_later_user(data)
        for path in [data, *data.iterdir(), self.home / "backup", *(self.home / "backup").iterdir()]:
            os.chown(path, USER, USER, follow_symlinks=False)
        done = self.as_user("restore", self.home / "backup", "--replace", "--json", "--data-dir", data)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(done.stdout)["replaced"], str(data / "replaced-1"))
        server = Pawld(data_dir=str(data), wrapper=self.AS_USER)
        self.addCleanup(server.close)
        os.chmod(server.home, 0o755)
        self.assertEqual(self.emails(server), {"u1@example.com"})


if __name__ == "__main__":
    case.main()
