"""pawlctl backup, restore, export and import against real servers and directories."""
import gzip
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import threading
import time

from support import case
from support.http import Client
from support.move import PAWLCTL, MoveCase, content, ctl, environment, lines_of, tree
from support.pawld import ROOT
from support.sse import Refused, Stream


class BackupAndRestore(MoveCase):
    def test_backups_under_load_hold_all_that_was_acknowledged_before_they_began(self):
        server = self.server("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB")
        server.start()
        stop, lock, acknowledged, wrong = threading.Event(), threading.Lock(), [], []

        def live(number):
            client, i = Client(server.url, keep=True), 0
            try:
                while not stop.is_set():
                    email = "load%d-%d@example.com" % (number, i)
                    i += 1
                    if client.sign_up(email).status != 201:
                        wrong.append(email)
                        return
                    token = client.login(email).json["refresh_token"]
                    for _ in range(3):
                        token = client.refresh(token).json["refresh_token"]
                    with lock:
                        acknowledged.append((email, token))
            finally:
                client.close()

        threads = [threading.Thread(target=live, args=(n,), daemon=True) for n in range(3)]
        for thread in threads:
            thread.start()
        backups = []
        try:
            for number in range(3):
                # A snapshot takes the place of an older one meanwhile.
                snapshots = {path.name for path in pathlib.Path(server.data_dir).glob("snap-*.dat")}
                case.eventually(lambda seen=snapshots: {
                    path.name for path in pathlib.Path(server.data_dir).glob("snap-*.dat")} - seen, 60)
                with lock:
                    before = list(acknowledged)
                target = self.home / ("backup%d" % number)
                self.ok("backup", target, "--data-dir", server.data_dir)
                backups.append((target, before))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(server.stop(), 0)
        for target, before in backups:
            self.assertTrue(before)
            self.ok("backup", "verify", target, "--key-file", server.data_dir + "/keys.json")
            restored = self.home / (target.name + "-restored")
            self.ok("restore", target, "--to", restored, "--keep-sessions", "--data-dir", server.data_dir)
            records = lines_of(self.export_of(restored))
            users = {r["user"]["email"]: r["user"]["id"] for r in records if "user" in r}
            generations = {}
            for r in records:
                if "family" in r:
                    generations.setdefault(r["family"]["user"], []).append(r["family"]["generation"])
            for email, _ in before:
                self.assertIn(email, users)
                self.assertEqual(generations[users[email]], [3], email)
        # And it serves: the last one, with the sessions of then.
        target, before = backups[-1]
        again = self.server(data_dir=str(self.home / (target.name + "-restored")))
        again.start()
        client = Client(again.url)
        for email, token in before[-3:]:
            self.assertEqual(client.login(email).status, 200)
            self.assertEqual(client.refresh(token).status, 200)

    def test_a_stopped_store_comes_back_as_it_was_and_its_sessions_only_if_asked(self):
        server, tokens = self.small_store()
        backup = self.home / "backup"
        before = tree(server.data_dir)
        self.ok("backup", backup, "--data-dir", server.data_dir)
        self.assertEqual(tree(server.data_dir), before)
        self.assertEqual(backup.stat().st_mode & 0o777, 0o700)
        facts = json.loads((backup / "backup.json").read_text())
        self.assertEqual((facts["pawl_backup"], facts["users"], facts["with_keys"]), (1, 4, False))
        self.assertEqual({f["name"]: f["sha256"] for f in facts["files"]},
                         {k: v for k, v in tree(backup).items() if k != "backup.json"})
        self.assertFalse((backup / "keys.json").exists())
        kept, ended = self.home / "kept", self.home / "ended"
        self.ok("restore", backup, "--to", kept, "--keep-sessions", "--data-dir", server.data_dir)
        self.ok("restore", backup, "--to", ended, "--data-dir", server.data_dir)
        original = self.export_of(server.data_dir)
        self.assertEqual(content(self.export_of(kept)), content(original))
        for old, new in zip(lines_of(original), lines_of(self.export_of(ended))):
            if "user" in old:
                gate = new["user"].pop("gate")
                self.assertEqual((gate["epoch"], gate["reason"], gate["enabled"]), (1, "restored", True))
                old["user"].pop("gate")
                self.assertEqual(new["user"].pop("version"), old["user"].pop("version") + 1)
            if "pawl_export" not in old:
                self.assertEqual(new, old)
        again = self.server(data_dir=str(ended))
        again.start()
        client = Client(again.url)
        self.assertEqual(client.refresh(tokens[1]["refresh_token"]).code, "session_revoked")
        self.assertEqual(client.login("u1@example.com").status, 200)
        self.assertGreater(client.sign_up("new@example.com").json["id"], 5)

    def test_what_is_replaced_stays_beside_it_and_its_ids_are_not_given_again(self):
        server, _ = self.small_store()
        backup = self.home / "backup"
        self.ok("backup", backup, "--data-dir", server.data_dir)
        server.start()
        self.assertIn("in use by process", self.refused(75, "restore", backup, "--replace", "--data-dir", server.data_dir))
        self.assertEqual(Client(server.url).sign_up("later@example.com").json["id"], 5)
        server.stop()
        self.assertIn("is not empty", self.refused(2, "restore", backup, "--data-dir", server.data_dir))
        before = tree(server.data_dir)
        done = json.loads(self.ok("restore", backup, "--replace", "--json", "--data-dir", server.data_dir).stdout)
        self.assertRegex(done["restore_mark"], "^[0-9a-f]{16}$")
        self.assertTrue(done["sessions_ended"])
        self.assertEqual(tree(done["replaced"]), before)
        server.start()
        client = Client(server.url)
        self.assertEqual(client.login("later@example.com").status, 401)
        self.assertEqual(client.sign_up("other@example.com").json["id"], done["next_user_id"])
        self.assertGreater(done["next_user_id"], 6)

    def test_one_backup_restored_twice_gives_other_ids_to_users_and_events(self):
        server, _ = self.small_store()
        backup = self.home / "backup"
        self.ok("backup", backup, "--with-keys", "--data-dir", server.data_dir)
        server.start()
        old_user = Client(server.url).sign_up("lost@example.com").json["id"]
        with self.events(server, "/admin/events?since=0") as stream:
            old_id = stream.until("signed_up")[-1].id  # a number, in a store that no restore made
        self.assertIsInstance(old_id, int)
        server.stop()
        users, marks, ids = {old_user}, {"0" * 16}, {str(old_id)}
        for number in range(2):
            data = self.home / ("data%d" % number)
            done = json.loads(self.ok("restore", backup, "--json", "--data-dir", data).stdout)
            again = self.server(data_dir=str(data))
            again.start()
            mark = done["restore_mark"]
            self.assertNotIn(mark, marks)
            marks.add(mark)
            self.assertEqual(json.loads(self.ok("--json", "info", "--data-dir", data).stdout)["restore_mark"], mark)
            with self.events(again) as stream:
                user = Client(again.url).sign_up("new@example.com").json["id"]
                event = stream.until("signed_up")[-1]
            self.assertNotIn(user, users)
            users.add(user)
            self.assertEqual((event.id, event.data["user"]), ("%s-%d" % (mark, event.data["lsn"]), user))
            # What was read before the restore, and the ids of the other one, say nothing here.
            for gone in sorted(ids) + ["%s-1" % ("f" * 16), "1"]:
                for asked in ({"path": "/admin/events?since=" + gone}, {"last_id": gone}):
                    with self.assertRaises(Refused, msg=asked) as refusal:
                        self.events(again, **asked)
                    self.assertEqual((refusal.exception.status, refusal.exception.code), (410, "events_of_another_history"))
            with self.assertRaises(Refused) as refusal:
                self.events(again, last_id="%s-%d" % (mark, 10**12))
            self.assertEqual((refusal.exception.status, refusal.exception.code), (410, "events_gone"))
            ids.add(event.id)
            with self.events(again, "/admin/events?since=0") as stream:
                told = stream.take(3)
                self.assertTrue(all(e.id.startswith(mark + "-") for e in told))
            # pawlctl goes on with what it printed last.
            line = json.loads(self.ok("--json", "events", "--since", "0", "-n", "1", "--data-dir", data).stdout)
            self.assertEqual(line["id"], told[0].id)
            more = self.ok("--json", "events", "--last-event-id", told[0].id, "-n", "1", "--data-dir", data)
            self.assertEqual(json.loads(more.stdout)["id"], told[1].id)
            self.assertIn("since=0", self.refused(1, "events", "--last-event-id", old_id, "--data-dir", data))
            again.stop()
        # Nor does an id of a restored store say anything of the one before.
        server.start()
        with self.assertRaises(Refused) as refusal:
            self.events(server, last_id="%s-1" % mark)
        self.assertEqual(refusal.exception.code, "events_of_another_history")

    def events(self, server, path="/admin/events", **more):
        return Stream(server.url, path, unix=server.data_dir + "/admin.sock", **more)

    def test_keys_travel_only_when_asked_and_another_key_is_refused(self):
        server, tokens = self.small_store()
        backup, plain = self.home / "backup", self.home / "plain"
        done = self.ok("backup", backup, "--with-keys", "--data-dir", server.data_dir)
        self.assertIn("key file", done.stderr)
        self.assertEqual((backup / "keys.json").stat().st_mode & 0o777, 0o600)
        self.ok("backup", plain, "--data-dir", server.data_dir)
        other, _ = self.small_store(1)
        for command in (("backup", "verify", backup), ("restore", backup, "--to", self.home / "x"),
                        ("restore", plain, "--to", self.home / "x"), ("export", "--data-dir", server.data_dir),
                        ("backup", self.home / "y", "--data-dir", server.data_dir),
                        ("salvage", "--accept-loss", server.data_dir, self.home / "z")):
            self.refused(67, *command, "--key-file", other.data_dir + "/keys.json")
        self.refused(67, "restore", plain, "--data-dir", self.home / "fresh")
        self.assertEqual(self.left_over(), ["backup", "plain"])
        self.ok("restore", backup, "--keep-sessions", "--data-dir", self.home / "fresh")
        again = self.server(data_dir=str(self.home / "fresh"))
        again.start()
        self.assertEqual(Client(again.url).refresh(tokens[1]["refresh_token"]).status, 200)

    def test_a_backup_into_the_data_directory_and_a_restore_into_the_backup_are_refused(self):
        server, _ = self.small_store()
        data = pathlib.Path(server.data_dir)
        before = tree(data)
        link = self.home / "link"
        link.symlink_to(data)
        for target in (data / "backup", data / "a" / ".." / "backup", link / "backup", str(data) + "/", link):
            message = self.refused(2, "backup", target, "--data-dir", data)
            self.assertIn("lies within", message)
            self.assertEqual(tree(data), before)
        copy = self.home / "copy"
        self.ok("backup", copy, "--data-dir", data)
        before = tree(copy)
        self.assertIn("lies within", self.refused(2, "restore", copy, "--to", copy / "data", "--data-dir", data))
        self.assertEqual(tree(copy), before)

    def test_a_key_file_behind_links_travels_as_any_other(self):
        """As mounted secrets are: keys.json -> ..data/keys.json -> ..2026/keys.json."""
        server, _ = self.small_store()
        mounted = self.home / "secrets"
        (mounted / "..2026").mkdir(parents=True)
        shutil.move(server.data_dir + "/keys.json", mounted / "..2026" / "keys.json")
        (mounted / "..data").symlink_to("..2026")
        (mounted / "keys.json").symlink_to("..data/keys.json")
        copy = self.home / "with-keys"
        self.ok("backup", copy, "--with-keys", "--data-dir", server.data_dir, "--key-file", mounted / "keys.json")
        self.assertEqual((copy / "keys.json").read_bytes(), (mounted / "keys.json").read_bytes())
        self.ok("backup", "verify", copy, "--data-dir", server.data_dir, "--key-file", copy / "keys.json")

    def test_an_export_goes_to_regular_files_of_ours_alone(self):
        server, _ = self.small_store()
        fifo, link, there = self.home / "fifo", self.home / "link", self.home / "there"
        os.mkfifo(fifo)
        link.symlink_to("/dev/null")
        for target in (fifo, link):
            self.assertIn("no regular file", self.refused(2, "export", target, "--data-dir", server.data_dir))
        self.assertEqual(os.readlink(link), "/dev/null")
        there.write_text("old")
        there.chmod(0o666)
        self.ok("export", there, "--data-dir", server.data_dir)
        self.assertEqual(there.stat().st_mode & 0o777, 0o600)

    def test_a_backup_that_changed_is_refused_by_the_name_of_the_file(self):
        server, _ = self.small_store()
        backup = self.home / "backup"
        self.ok("backup", backup, "--data-dir", server.data_dir)
        keys = ("--key-file", server.data_dir + "/keys.json")
        names = sorted(path.name for path in backup.iterdir())
        for name in names:
            for damage in ("flip", "cut", "gone"):
                copy = self.home / "copy"
                shutil.copytree(backup, copy)
                data = bytearray((copy / name).read_bytes())
                if damage == "flip":
                    data[len(data) // 2] ^= 1
                    (copy / name).write_bytes(data)
                elif damage == "cut":
                    (copy / name).write_bytes(data[:-1])
                else:
                    (copy / name).unlink()
                expected = 2 if (name, damage) == ("backup.json", "gone") else 65
                with self.subTest(name=name, damage=damage):
                    if (name, damage) != ("backup.json", "flip") and (name, damage) != ("backup.json", "cut"):
                        self.assertIn(name, self.refused(expected, "backup", "verify", copy, *keys))
                        self.refused(expected, "restore", copy, "--to", self.home / "never", *keys)
                shutil.rmtree(copy)
        (backup / "stray").write_text("x")
        self.assertIn("stray", self.refused(65, "backup", "verify", backup, *keys))
        self.assertEqual(self.left_over(), ["backup"])
        self.refused(2, "backup", "verify", self.home, *keys)
        self.refused(2, "backup", self.home, "--data-dir", server.data_dir)
        self.refused(2, "backup", "--data-dir", server.data_dir)

    def test_a_full_disk_leaves_nothing_half_made(self):
        server, _ = self.small_store()
        backup = self.home / "backup"
        self.ok("backup", backup, "--data-dir", server.data_dir)
        damaged = self.home / "damaged"
        shutil.copytree(server.data_dir, damaged)
        (damaged / "MANIFEST.a").write_text("x")
        (damaged / "MANIFEST.b").write_text("x")
        small = self.home / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], check=False,
                                 capture_output=True).returncode == 0
        if mounted:
            self.addCleanup(subprocess.run, ["umount", str(small)], check=False)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300 * 1024, 300 * 1024))

        prepare = None if mounted else limit
        if not mounted:
            print("SKIPPED 0 no tmpfs here: files are limited in size instead", flush=True)
        keys = ("--key-file", server.data_dir + "/keys.json")
        for command in (("backup", small / "x", "--data-dir", server.data_dir),
                        ("restore", backup, "--to", small / "x", *keys),
                        ("salvage", "--accept-loss", damaged, small / "x", *keys)):
            with self.subTest(command[0]):
                self.refused(70, *command, prepare=prepare)
                self.assertEqual(self.left_over(small), [])
        if mounted:
            (small / "fill").write_bytes(b"x" * 299 * 1024)
            self.refused(70, "export", small / "x", "--data-dir", server.data_dir)
            self.assertEqual(self.left_over(small), ["fill"])

    def test_a_restore_that_is_killed_leaves_nothing_or_all(self):
        server, _ = self.small_store(30)
        backup = self.home / "backup"
        self.ok("backup", backup, "--data-dir", server.data_dir)
        expected = content(self.export_of(server.data_dir))
        seed = int(os.environ.get("PAWL_SEED", "7"))
        chance = random.Random(seed)
        whole = 0
        for number in range(12):
            target = self.home / ("target%d" % number)
            process = subprocess.Popen([PAWLCTL, "restore", str(backup), "--keep-sessions", "--to", str(target), "--key-file",
                                        server.data_dir + "/keys.json"], stdout=subprocess.DEVNULL, env=environment())
            partial = pathlib.Path("%s.partial-%d" % (target, process.pid))
            # From the moment it makes files on, at another place each time.
            while process.poll() is None and not (partial.exists() and len(list(partial.iterdir())) > number % 4):
                time.sleep(0.0005)
            time.sleep(chance.random() * 0.02)
            process.kill()
            process.wait()
            if target.exists():
                whole += 1
                shutil.copy(server.data_dir + "/keys.json", target / "keys.json")
                self.assertEqual(content(self.export_of(target)), expected, seed)
        self.assertLess(whole, 12, "every restore was quicker than its end")


class ExportAndImport(MoveCase):
    def test_golden_directories_export_the_same_bytes_for_ever(self):
        for golden in sorted(path for path in (ROOT / "snapshots" / "golden").iterdir() if path.is_dir()):
            data = self.home / golden.name
            data.mkdir(mode=0o700)
            for path in golden.glob("*.gz"):
                (data / path.name[:-3]).write_bytes(gzip.decompress(path.read_bytes()))
                (data / path.name[:-3]).chmod(0o600)
            before = tree(data)
            expected = ROOT / "tests" / "integration" / "golden_export" / (golden.name + ".jsonl")
            self.assertEqual(self.export_of(data), expected.read_text())
            self.assertEqual(tree(data), before)

    def test_an_export_imported_into_nothing_is_the_same_store_and_again_changes_nothing(self):
        server, tokens = self.small_store()
        file, fresh = self.home / "all.jsonl", self.home / "fresh"
        self.ok("export", file, "--data-dir", server.data_dir)
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        exported = file.read_text()
        first = json.loads(self.ok("import", file, "--json", "--data-dir", fresh).stdout)
        self.assertEqual((first["added"], first["same"], first["conflicts"], first["refused"]), (8, 0, 0, 0))
        self.assertEqual(fresh.stat().st_mode & 0o777, 0o700)
        self.assertEqual((fresh / "keys.json").stat().st_mode & 0o777, 0o600)
        self.assertEqual(content(self.export_of(fresh)), content(exported))
        second = json.loads(self.ok("import", "-", "--json", "--data-dir", fresh, stdin=exported).stdout)
        self.assertEqual((second["added"], second["same"]), (0, 8))
        self.assertEqual(content(self.export_of(fresh)), content(exported))
        again = self.server(data_dir=str(fresh))
        again.start()
        client = Client(again.url)
        login = client.login("u2@example.com")
        self.assertEqual(login.status, 200)
        self.assertEqual(client.me(login.json["access_token"]).json["id"], 3)
        self.assertEqual(client.sign_up("next@example.com").json["id"], 5)
        # Tokens are of the other server's keys.
        self.assertEqual(client.refresh(tokens[1]["refresh_token"]).code, "invalid_refresh_token")

    def test_a_running_server_takes_an_import_and_is_exported_meanwhile(self):
        source, _ = self.small_store()
        exported = self.export_of(source.data_dir)
        server = self.server()
        server.start()
        done = json.loads(self.ok("import", "--json", "--data-dir", server.data_dir, stdin=exported).stdout)
        self.assertEqual((done["added"], done["refused"]), (8, 0))
        client = Client(server.url)
        self.assertEqual(client.login("u1@example.com").status, 200)
        users = [line for line in content(self.export_of(server.data_dir, "--users-only")) if line.startswith('{"user"')]
        self.assertEqual(users, [line for line in content(exported) if line.startswith('{"user"')])
        done = json.loads(self.ok("import", "--json", "--data-dir", server.data_dir, stdin=exported).stdout)
        self.assertEqual((done["added"], done["same"]), (0, 8))

    def test_what_a_line_says_is_printed_in_visible_form(self):
        turned = "gpj.\u202eexe\u2028\u0085\u061c\u2066"
        lines = ['{"user":{"id":1,"email":"a@example.com","%s":1}}' % turned,
                 '{"user":{"id":2,"email":"b@example.com","\\u001b[31m":1}}',
                 '{"user":{"id":3,"email":"c@example.com"}}',
                 json.dumps({"family": {"id": "9" * 32, "user": 3, "created_at": "2026-11-22T00:00:00Z", "idle_ttl": 9, "absolute_ttl": 9,
                                        "rotated_at": "2026-11-22T00:00:00Z", "last_use": {"user_agent": turned + "\x1b[31m"}}}),
                 '{"user":{"id":4,"email":"d@example.com","gate":{"epoch":4294967295}}}',
                 '{"end":{"users":4,"families":1}}']
        text = '{"pawl_export":1}\n' + "\n".join(lines) + "\n"
        server = self.server()
        server.start()
        offline = self.home / "offline"
        outputs = []
        for data in (offline, server.data_dir):
            for json_too in ([], ["--json"]):
                done = ctl("import", "--on-conflict", "skip", *json_too, "--data-dir", data, stdin=text)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("\\u202e", done.stdout)
                outputs.append(done.stdout)
            outputs.append(self.refused(1, "import", "--data-dir", data, stdin=text))
            for command in (("explain", "9" * 32), ("log", "dump"), ("state", "--all"), ("session", "ls", "c@example.com")):
                for json_too in ([], ["--json"]):
                    outputs.append(ctl(*json_too, *command, "--data-dir", data).stdout)
        for shown in outputs:
            for hidden in turned[4:5] + turned[8:] + "\x1b":
                self.assertNotIn(hidden, shown)

    def test_ids_that_the_other_store_gave_are_not_given_again(self):
        source, _ = self.small_store(2, sessions=False)
        lines = self.export_of(source.data_dir).splitlines()
        head = json.loads(lines[0])
        self.assertEqual(head["next_user_id"], 3)
        head["next_user_id"] = 1000  # users up to 999 were there, and were deleted so long ago that nothing is left
        exported = "\n".join([json.dumps(head)] + lines[1:]) + "\n"
        stopped, server = self.home / "stopped", self.server()
        self.ok("import", "--data-dir", stopped, stdin=exported)
        self.assertEqual(json.loads(self.export_of(stopped).splitlines()[0])["next_user_id"], 1000)
        server.start()
        self.ok("import", "--data-dir", server.data_dir, stdin=exported)
        server.stop(signal.SIGKILL)
        for data in (stopped, server.data_dir):
            with self.subTest(data):
                again = self.server(data_dir=str(data))
                again.start()
                self.assertEqual(Client(again.url).sign_up("new@example.com").json["id"], 1000)
                again.stop()

    def test_an_export_whose_next_id_is_beyond_all_ids_is_refused_before_a_change(self):
        head = '{"pawl_export":1,"store":"","lsn":0,"time":"2026-11-22T00:00:00.000Z","next_user_id":%d}\n'
        rest = '{"user":{"id":1,"email":"a@example.com"}}\n{"end":{"users":1,"families":0}}\n'
        for number in (2**53 - 1, 2**53, 2**64 - 1):
            error = self.refused(1, "import", "--data-dir", self.home / "data", stdin=head % number + rest)
            self.assertIn("next_user_id", error)
            self.assertEqual(self.left_over(), [])
        self.ok("import", "--data-dir", self.home / "data", stdin=head % (2**53 - 2) + rest)

    def test_conflicts_and_bad_lines_are_listed_line_by_line(self):
        head = '{"pawl_export":1,"store":"","lsn":0,"time":"2026-11-22T00:00:00.000Z"}'
        user = '{"user":{"id":%d,"email":"%s","username":"%s"}}'
        lines = [head, user % (1, "a@example.com", "ann"), user % (1, "b@example.com", "bob"), user % (2, "A@example.com", "al"),
                 user % (3, "c@example.com", "ANN"), user % (4, "d@example.com", "dan"), user % (4, "d@example.com", "dan"),
                 '{"user":{"id":5,"email":"e@example.com","colour":"red"}}', '{"user":{"id":6,"email":"f"}}',
                 '{"user":{"id":7,"email":"g@example.com","password_hash":"$6$x$y"}}', "nonsense",
                 '{"user":{"id":8,"id":9,"email":"h@example.com"}}', '{"end":{"users":11,"families":0}}']
        data = self.home / "data"
        text = "\n".join(lines).replace("nonsense", '{"user":{"email":7}}') + "\n"
        done = ctl("import", "--on-conflict", "skip", "--json", "--data-dir", data, stdin=text)
        self.assertEqual(done.returncode, 1, done.stderr)
        *problems, total = lines_of(done.stdout)
        self.assertEqual([(p["line"], p["outcome"]) for p in problems],
                         [(3, "id_taken"), (4, "email_taken"), (5, "username_taken"), (8, "refused"), (9, "refused"),
                          (10, "refused"), (11, "refused"), (12, "refused")])
        self.assertIn("colour", problems[3]["why"])
        self.assertNotIn("$6$x$y", done.stdout)
        self.assertEqual((total["added"], total["same"], total["conflicts"], total["refused"]), (2, 1, 3, 5))
        error = self.refused(1, "import", "--data-dir", self.home / "other", stdin=text)
        self.assertIn("line 3: user 1: its id is here already", error)
        self.assertEqual(len(content(self.export_of(self.home / "other"))), 2)
        for broken, why in ((text.rsplit('{"end"', 1)[0], "cut short"), (text[text.index("\n") + 1:], "line 1"), ("", "line 1"),
                            (text.replace('"users":11', '"users":12'), "has others")):
            done = ctl("import", "--on-conflict", "skip", "--data-dir", data, stdin=broken)
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)

    def test_tables_of_other_systems_log_in_with_their_passwords(self):
        from passlib.hash import bcrypt, django_pbkdf2_sha256, pbkdf2_sha256, sha512_crypt  # pylint: disable=import-error
        django = self.home / "auth_user.csv"
        django.write_text('\ufeffid,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined\r\n'
                          '1,%s,,t,dora,Dora,"Q, Jr.",dora@example.com,t,t,2024-05-01 10:11:12.345678+00\r\n'
                          '2,%s,,f,dan,Dan,D,dan@example.com,f,f,2024-05-01 10:11:12+00:00\r\n'
                          '3,!unusable,,f,dave,,,dave@example.com,f,t,2024-05-01 10:11:12\r\n'
                          % (django_pbkdf2_sha256.using(rounds=1000).hash("dora secret"),
                             django_pbkdf2_sha256.using(rounds=1000).hash("dan secret")))
        fastapi = self.home / "users.json"
        fastapi.write_text(json.dumps([
            {"email": "fay@example.com", "hashed_password": bcrypt.using(rounds=4).hash("fay secret"), "is_active": True,
             "is_superuser": True, "full_name": "Fay Anne Fisher"},
            {"email": "old@example.com", "hashed_password": sha512_crypt.using(rounds=1000).hash("old secret"), "is_active": True,
             "is_superuser": False, "full_name": None}]))
        own = self.home / "own.csv"
        own.write_text("mail;x,who,pw\npam@example.com,pam,%s\n" % pbkdf2_sha256.using(rounds=1000).hash("pam secret"))
        data = self.home / "data"
        self.ok("import", django, "--from", "csv", "--preset", "django", "--data-dir", data)
        done = ctl("import", fastapi, "--from", "json", "--preset", "fastapi", "--on-conflict", "skip", "--data-dir", data)
        self.assertEqual(done.returncode, 1)
        self.assertIn("hashes of a kind that is not known: $6$, 1", done.stdout)
        self.ok("import", own, "--from", "csv", "--map", "email=mail;x,username=who,hash=pw", "--data-dir", data)
        again = self.ok("import", own, "--from", "csv", "--map", "email=mail;x,username=who,hash=pw", "--data-dir", data, "--json")
        self.assertEqual(json.loads(again.stdout)["same"], 1)
        self.refused(2, "import", own, "--from", "csv", "--data-dir", data)
        self.refused(2, "import", own, "--from", "csv", "--map", "email=nowhere", "--data-dir", data)
        self.refused(2, "import", own, "--from", "csv", "--map", "colour=pw", "--data-dir", data)
        self.refused(1, "import", "-", "--from", "csv", "--map", "email=a", "--data-dir", data, stdin='a,b\n"x"y,z\n')
        server = self.server(data_dir=str(data))
        server.start()
        client = Client(server.url)
        for email, password in (("dora@example.com", "dora secret"), ("fay@example.com", "fay secret"),
                                ("pam@example.com", "pam secret")):
            login = client.login(email, password)
            self.assertEqual(login.status, 200, email)
            self.assertEqual(client.login(email, password + "x").status, 401)
        dora = client.me(client.login("dora@example.com", "dora secret").json["access_token"]).json
        self.assertEqual((dora["username"], dora["surname"], dora["is_superuser"], dora["created_at"]),
                         ("dora", "Q, Jr.", True, "2024-05-01T10:11:12Z"))
        fay = client.me(client.login("fay@example.com", "fay secret").json["access_token"]).json
        self.assertEqual((fay["first_name"], fay["surname"]), ("Fay Anne", "Fisher"))
        for email, password in (("dan@example.com", "dan secret"), ("dave@example.com", "!unusable"),
                                ("dave@example.com", ""), ("old@example.com", "old secret")):
            self.assertEqual(client.login(email, password).status, 401, email)


if __name__ == "__main__":
    case.main()
