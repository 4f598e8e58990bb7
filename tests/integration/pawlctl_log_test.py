"""pawlctl's reading half on real directories: beside a running server, stopped, damaged in each way of the recovery table.

Nothing it does changes a byte of the directory: every test compares all files before and after.
"""
import contextlib
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from support import case
from support.http import Client
from support.pawld import ROOT, DidNotStart, Pawld

PAWLCTL = os.environ.get("PAWLCTL", str(ROOT / "build" / "bin" / "pawlctl"))
SECONDS_MAX = 300
SEGMENT, FRAMES_AT, PAD = "wal-0000000000000001.log", 4096, 4096


def make_crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


CRC_TABLE = make_crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def hashes(directory):
    """Of every file: what must not change."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(pathlib.Path(directory).iterdir()) if path.is_file()}


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("PAWL") and k != "SECRET_KEY"}


class Segment:
    """The first segment of a directory, its frames, and edits that make the checksums right again."""

    def __init__(self, directory):
        self.path = pathlib.Path(directory, SEGMENT)
        self.bytes = bytearray(self.path.read_bytes())
        self.uuid = bytes(self.bytes[16:32])
        self.frames = []
        self.with_records = []  # a COMMIT, which has none, is anywhere where the server was idle for a moment
        at = FRAMES_AT
        while self.bytes[at:at + 4] == b"PWL1":
            length = struct.unpack_from("<I", self.bytes, at + 28)[0]
            self.frames.append(at)
            if self.bytes[at + 4] == 1:
                self.with_records.append(at)
            at += (64 + length + 4 + PAD - 1) // PAD * PAD
        self.end = at

    def seal_frame(self, at):
        """CRCs and trailer of the frame at `at` made right for what it now holds."""
        length = struct.unpack_from("<I", self.bytes, at + 28)[0]
        if length <= 1 << 20:
            struct.pack_into("<I", self.bytes, at + 40, crc32c(self.bytes[at + 64:at + 64 + length]))
        struct.pack_into("<I", self.bytes, at + 44, crc32c(self.uuid + bytes(self.bytes[at:at + 44])))
        payload, header = struct.unpack_from("<II", self.bytes, at + 40)
        trailer = (payload ^ header ^ crc32c(self.bytes[at + 48:at + 64])) | 0x81000000
        if length <= 1 << 20:
            struct.pack_into("<I", self.bytes, at + 64 + length, trailer)

    def seal_header(self):
        struct.pack_into("<I", self.bytes, 4092, crc32c(self.bytes[:4092]))

    def write(self):
        self.path.write_bytes(self.bytes)


class LogCase(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="pawl-test-")
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)

    def pawlctl(self, *arguments, data=None, stdin=None, status=0):
        """Runs it; what it prints. Every file of `data` must be as before where no server runs there."""
        command = [PAWLCTL, *(["--data-dir", str(data)] if data else []), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=SECONDS_MAX,
                              env=environment(), cwd=self.home, check=False)
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        if status and "--json" not in arguments and not done.stdout:
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.errors = done.stderr
        return done.stdout

    def lines(self, *arguments, **more):
        return [json.loads(line) for line in self.pawlctl("--json", *arguments, **more).splitlines()]

    @contextlib.contextmanager
    def unchanged(self, directory):
        before = hashes(directory)
        yield
        self.assertEqual(hashes(directory), before)

    def lived(self, *options, how=15):
        """A server that three users were at, stopped; its home, the directory and what clients were told."""
        server = Pawld(*options)
        self.addCleanup(server.close)
        server.start()
        known = live(Client(server.url))
        if how == 9:  # the COMMIT that proves the last batch
            case.eventually(lambda: self.lines("log", "dump", "--frames", data=server.data_dir)[-1].get("frame") == "COMMIT")
        server.stop(how)
        return server, known


def live(client):
    """Three users; sessions that rotate, end and are stolen. What each token is."""
    known = {}
    for name in ("ann", "ben", "cas"):
        assert client.sign_up(name + "@example.com").status == 201
    first = client.login("ann@example.com").json["refresh_token"]
    second = client.refresh(first).json["refresh_token"]
    known["stolen"] = client.refresh(second).json["refresh_token"]
    assert client.refresh(first).code == "refresh_token_reused"
    known["live"] = client.refresh(client.login("ann@example.com").json["refresh_token"]).json["refresh_token"]
    ben = client.login("ben@example.com").json
    known["shut"] = client.login("ben@example.com").json["refresh_token"]
    assert client.post("/users/me/password", {"current_password": case.PASSWORD, "new_password": case.PASSWORD + "!"},
                       bearer=ben["access_token"]).status == 204
    assert client.logout(ben["refresh_token"]).status == 204
    known["out"] = ben["refresh_token"]
    cas = client.login("cas@example.com").json
    known["removed"] = cas["refresh_token"]
    assert client.delete("/users/me", cas["access_token"], {"current_password": case.PASSWORD}).status == 204
    return known


CAUSES = {"stolen": "reuse", "live": "alive", "shut": "password_change", "out": "logout", "removed": "deleted"}


class Reading(LogCase):
    def check_all(self, data, known):
        """Every command, on a directory that three users lived in."""
        segments = self.lines("log", "ls", data=data)
        self.assertEqual(segments[0]["kept_for"], "recovery")
        for command in (("log", "ls"), ("log", "dump"), ("log", "verify"), ("snapshot", "ls"), ("stats",), ("log", "dump", "--help")):
            self.assertNotIn("lsn", self.pawlctl(*command, data=data).lower(), "a record's number has one name")
        self.assertIn("%d (1..%d)" % (segments[0]["records"], segments[0]["last_lsn"]), self.pawlctl("log", "ls", data=data))
        records = self.lines("log", "dump", data=data)
        self.assertEqual([r["lsn"] for r in records], list(range(1, len(records) + 1)))
        self.assertEqual(segments[0]["records"], len(records))
        self.assertNotIn("$argon2", json.dumps(records))
        self.assertEqual({r["user"]["password"] for r in records if r["type"] == "user"}, {"argon2id", "none"})
        verified = self.lines("log", "verify", data=data)[0]
        self.assertTrue(verified["good"])
        self.assertEqual((verified["records"], verified["findings"]), (len(records), []))
        self.assertFalse(self.lines("log", "verify", "--without-keys", data=data)[0]["with_keys"])
        self.assertEqual(self.lines("log", "tail", "-n", "3", data=data), records[-3:])
        for name, cause in CAUSES.items():
            told = self.lines("explain", stdin=known[name] + "\n", data=data)[0]
            self.assertEqual((name, told["cause"], told["alive"]), (name, cause, name == "live"))
            self.assertEqual(told["moments"][0]["kind"], "created")
        state = self.lines("state", data=data)
        self.assertEqual((state[0]["users"], state[0]["users_removed"], state[0]["alive"]), (2, 1, 1))
        self.assertEqual(self.lines("stats", data=data)[0]["users"], {"enabled": 2, "removed": 1})
        self.assertEqual(self.lines("replay", data=data)[0]["alive"], 1)
        self.assertEqual(self.lines("diff", "now", "now", data=data), [])
        return records

    def test_beside_a_running_server_and_after_it(self):
        with Pawld() as server:
            known = live(Client(server.url))
            running = self.check_all(server.data_dir, known)
            self.assertTrue(self.lines("log", "verify", data=server.data_dir)[0]["live"])
            server.stop()
            with self.unchanged(server.data_dir):
                self.assertEqual(self.check_all(server.data_dir, known), running)
                self.assertTrue(self.lines("log", "verify", data=server.data_dir)[0]["clean"])

    def test_a_session_is_explained_by_its_token_its_access_token_and_its_id(self):
        server, known = self.lived()
        data = server.data_dir
        with self.unchanged(data):
            told = self.lines("explain", known["stolen"], data=data)[0]
            self.assertEqual([m["kind"] for m in told["moments"]],
                             ["created", "rotated", "rotated", "ended", "reuse_found"])
            self.assertEqual(told["moments"][-1]["evidence"]["generation_presented"], 0)
            self.assertEqual(self.lines("explain", told["family"], data=data)[0]["why"], told["why"])
            self.assertIn(told["why"], self.pawlctl("explain", told["family"], data=data))
            self.pawlctl("explain", "0" * 31 + "1", data=data, status=1)
            self.assertIn("Nothing is known", self.errors)
            self.pawlctl("explain", "no such thing", data=data, status=2)

    def test_what_an_operator_did_is_told(self):
        with Pawld() as server:
            client = Client(server.url)
            client.sign_up("ann@example.com")
            token = client.login("ann@example.com").json["refresh_token"]
            self.pawlctl("user", "disable", "ann@example.com", data=server.data_dir)
            told = self.lines("explain", token, data=server.data_dir)[0]
            self.assertEqual(told["cause"], "disabled")
            self.assertIn("(by an operator", told["why"])
            self.assertEqual([m["kind"] for m in told["moments"]], ["created", "gate_closed", "revoke_asked", "revoke_asked"])
            self.assertEqual((told["moments"][2]["by"], told["moments"][2]["about"]), (0, "disabled"))

    def test_by_url_the_server_tells_the_same(self):
        with Pawld() as server:
            client = Client(server.url)
            known = live(client)
            self.pawlctl("user", "add", "root@example.com", "--superuser", "--password-stdin", stdin=case.PASSWORD + "\n",
                         data=server.data_dir)
            token = pathlib.Path(self.home, "token")
            token.write_text(client.login("root@example.com").json["access_token"])
            for name, cause in CAUSES.items():
                asked = self.lines("--url", server.url, "--token-file", str(token), "explain", known[name])[0]
                read = self.lines("explain", known[name], data=server.data_dir)[0]
                self.assertEqual((asked["cause"], asked["moments"]), (cause, read["moments"]))
            self.pawlctl("--url", server.url, "--token-file", str(token), "explain", "0" * 31 + "1", status=1)

    def test_a_token_of_another_server_is_no_token_here(self):
        server, _ = self.lived()
        with Pawld() as other:
            foreign = Client(other.url).sign_up("eve@example.com") and Client(other.url).login("eve@example.com").json
        for token in (foreign["refresh_token"], foreign["access_token"]):
            self.pawlctl("explain", token, data=server.data_dir, status=1)
            self.assertIn("another server", self.errors)
            self.assertNotIn(token, self.errors)

    def test_filters_and_points_in_time(self):
        server, _ = self.lived()
        data = server.data_dir
        with self.unchanged(data):
            records = self.lines("log", "dump", data=data)
            users = self.lines("log", "dump", "--type", "user", "--user", "2", data=data)
            self.assertEqual([r["user"]["version"] for r in users], [1, 2])
            of_ben = self.lines("log", "dump", "--user", "2", data=data)
            self.assertEqual({r["type"] for r in of_ben}, {"user", "family_created", "family_word", "event"})
            family = next(r["family"] for r in records if r["type"] == "family_created")
            self.assertEqual({r["family"] for r in self.lines("log", "dump", "--family", family, data=data)}, {family})
            self.assertEqual(self.lines("log", "dump", "--lsn", "3..5", data=data), records[2:5])
            self.assertEqual(self.lines("log", "dump", "--since", "-1h", data=data), records)
            self.assertEqual(self.lines("log", "dump", "--until", "-1h", data=data), [])
            self.assertEqual(self.lines("log", "dump", "--since", records[4]["time"], data=data)[0]["time"],
                             records[4]["time"])
            self.assertEqual(self.lines("state", "--at", "3", data=data)[0]["users"], 2)
            self.assertEqual(self.lines("state", "--at", "-1h", data=data)[0]["users"], 0)
            self.assertEqual(len(self.lines("state", "--user", "ann@example.com", data=data)), 3)
            self.assertEqual([d["change"] for d in self.lines("diff", "1", "3", data=data)], ["added"])
            for wrong in (("--lsn", "x"), ("--user", "ann"), ("--family", "1"), ("--type", "token"), ("--since", "soon")):
                self.pawlctl("log", "dump", *wrong, data=data, status=2)

    def test_tail_follows_a_server_that_writes_on(self):
        with Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB") as server:
            client = Client(server.url)
            client.sign_up("ann@example.com")
            with subprocess.Popen([PAWLCTL, "--data-dir", server.data_dir, "log", "tail", "-f"], stdout=subprocess.PIPE,
                                  env=environment(), text=True) as tail:
                try:
                    def user_and_event(lsn, user):
                        record, event = (json.loads(tail.stdout.readline()) for _ in range(2))
                        self.assertEqual((record["lsn"], record["user"]["id"]), (lsn, user))
                        self.assertEqual((event["lsn"], event["kind"], event["user"]), (lsn + 1, "signed_up", user))

                    user_and_event(1, 1)
                    for number in range(40):
                        client.sign_up("user%d@example.com" % number)
                        user_and_event(2 * number + 3, number + 2)
                    # And on into the next segment.
                    case.eventually(lambda: list(pathlib.Path(server.data_dir).glob("snap-*.dat")))
                    client.sign_up("last@example.com")
                    user_and_event(83, 42)
                finally:
                    tail.kill()

    def test_readers_see_only_what_is_whole_while_a_server_writes_and_deletes(self):
        with Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB", "--log-retention", "0") as server:
            client = Client(server.url, keep=True)
            self.addCleanup(client.close)
            client.sign_up("ann@example.com")
            token = client.login("ann@example.com").json["refresh_token"]
            for _ in range(6):
                for _ in range(60):
                    token = client.refresh(token).json["refresh_token"]
                self.assertTrue(self.lines("log", "verify", data=server.data_dir)[0]["good"])
                self.assertEqual(self.lines("explain", token, data=server.data_dir)[0]["cause"], "alive")
                self.assertEqual(self.lines("replay", data=server.data_dir)[0]["alive"], 1)

    def test_replay_drives_a_server_as_the_log_says(self):
        server, _ = self.lived()
        with Pawld() as target, self.unchanged(server.data_dir):
            report = self.lines("replay", "--to", target.url, "--speed", "0", data=server.data_dir)[0]
            done = {name: step["done"] for name, step in report["steps"].items() if step["done"]}
            self.assertEqual(done, {"sign_up": 3, "log_in": 5, "refresh": 3, "reuse": 1, "log_out": 1,
                                    "change_password": 1, "remove_account": 1})
            self.assertEqual((report["mismatches"], report["steps"]["not_repeatable"]["skipped"]), (0, 0))
            self.assertEqual(self.lines("state", data=target.data_dir)[0]["alive"], 1)
            self.assertEqual(self.lines("replay", "--to", target.url, "--speed", "100", data=server.data_dir)[0]["mismatches"], 0)
        self.pawlctl("replay", "--to", target.url, data=server.data_dir, status=76)
        self.pawlctl("replay", "--to", "ftp://x", data=server.data_dir, status=2)

    def test_golden_directories_are_read(self):
        for golden in sorted((ROOT / "snapshots" / "golden").iterdir()):
            with self.subTest(golden.name):
                data = pathlib.Path(self.home, golden.name)
                data.mkdir(mode=0o700)
                for path in golden.glob("*.gz"):
                    file = data / path.name[:-3]
                    file.write_bytes(gzip.decompress(path.read_bytes()))
                    file.chmod(0o600)
                known = json.loads((golden / "contents.json").read_text())
                with self.unchanged(data):
                    snapshots = self.lines("snapshot", "ls", data=data)
                    self.assertEqual({s["state"] for s in snapshots}, {"good"})
                    self.assertIn("users", self.pawlctl("snapshot", "inspect", data=data))
                    self.assertIn("every tag", self.pawlctl("snapshot", "verify", data=data))
                    name = snapshots[0]["name"]
                    self.assertTrue(self.lines("diff", name, "now", data=data))
                    state = self.lines("state", data=data)
                    emails = {s["user"]["email"] for s in state if "user" in s}
                    self.assertLessEqual({e for e, u in known["users"].items() if u["state"] != "deleted"}, emails)
                    causes = {"live": "alive", "reply lost": "alive", "logged out": "logout", "reuse": "reuse", "deleted": "deleted"}
                    for user in known["users"].values():
                        told = self.lines("explain", user["old"], data=data)[0]
                        # Live ones may have expired since they were made.
                        self.assertIn(told["cause"], {causes[user["state"]]} |
                                      ({"idle_expiry", "absolute_expiry"} if causes[user["state"]] == "alive" else set()))

    def test_what_is_no_directory_of_ours_is_said_and_nothing_is_made(self):
        nowhere = pathlib.Path(self.home, "nowhere")
        self.pawlctl("log", "verify", data=nowhere, status=2)
        self.assertFalse(nowhere.exists())
        empty = pathlib.Path(self.home, "empty")
        empty.mkdir(mode=0o700)
        for command in (("log", "ls"), ("state",), ("stats",), ("snapshot", "ls"), ("explain", "0" * 32)):
            self.pawlctl(*command, data=empty, status=2)
        self.assertEqual(list(empty.iterdir()), [])


class Damage(LogCase):
    """One edit each; verify says file and offset and exits as the server does, and changes nothing."""

    @classmethod
    def setUpClass(cls):
        cls.made = LogCase("setUp")
        cls.made.setUp()
        cls.addClassCleanup(cls.made.doCleanups)
        cls.clean = cls.made.lived()[0].data_dir
        cls.killed = cls.made.lived(how=9)[0].data_dir

    def copy(self, source):
        target = pathlib.Path(self.home, "data")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.sock"))  # left by a kill
        return target

    def check(self, data, status, name, row=None, offset=None, starts=False):
        """What verify says, and that the server comes to the same."""
        with self.unchanged(data):
            report = self.lines("log", "verify", data=data, status=status)[0]
            text = self.pawlctl("log", "verify", data=data, status=status)
        finding = report["findings"][0]
        self.assertEqual((pathlib.Path(finding["file"]).name, finding["exit_code"], finding["server_starts"]),
                         (name, status, starts), report)
        if row is not None:
            self.assertEqual(finding["row"], row, report)
        if offset is not None:
            self.assertEqual(finding["offset"], offset, report)
        self.assertIn("%s: offset %d" % (finding["file"], finding["offset"]), text)
        server = Pawld(data_dir=str(data))
        self.addCleanup(server.close)
        if starts:
            server.start()
            server.stop()
            return
        with self.assertRaises(DidNotStart) as refused:
            server.start()
        self.assertEqual(refused.exception.status, status, refused.exception.stderr)
        self.assertIn("%s: offset %d" % (finding["file"], finding["offset"]), refused.exception.stderr)

    def edited(self, source, edit):
        data = self.copy(source)
        segment = Segment(data)
        edit(segment)
        segment.write()
        return data, segment

    def flip(self, at):
        def edit(segment):
            segment.bytes[at(segment)] ^= 1
        return edit

    def test_row_2_a_lost_tail(self):
        def edit(segment):
            segment.bytes[segment.frames[-2]:] = bytes(len(segment.bytes) - segment.frames[-2])
        data, segment = self.edited(self.clean, edit)
        self.check(data, 65, SEGMENT, 2, segment.frames[-2])

    def test_row_3_rot_in_the_middle_is_seen_by_every_reader(self):
        data, segment = self.edited(self.clean, self.flip(lambda s: s.with_records[3] + 80))
        for command in (("log", "dump"), ("log", "ls"), ("log", "tail"), ("state",), ("replay",), ("stats",),
                        ("explain", "1" * 32)):
            with self.unchanged(data):
                out = self.pawlctl("--json", *command, data=data, status=65)
            self.assertIn("offset %d" % segment.with_records[3], self.errors + out)
        self.check(data, 65, SEGMENT, 3, segment.with_records[3])

    def test_row_4_a_segment_that_is_missing_or_holds_what_it_should_not(self):
        spare = "wal-0000000000000002.log"
        data = self.copy(self.killed)
        bytes_of = bytearray((data / spare).read_bytes())
        bytes_of[8192] = 1
        (data / spare).write_bytes(bytes_of)
        self.check(data, 65, SEGMENT, 4)
        data = self.copy(self.clean)
        (data / SEGMENT).unlink()
        self.check(data, 65, SEGMENT, 4)

    def test_row_5_rot_that_no_torn_write_explains(self):
        data, segment = self.edited(self.killed, self.flip(lambda s: s.frames[-1] + 9))
        self.check(data, 65, SEGMENT, 5, segment.frames[-1])

    def test_row_6_a_torn_batch_is_no_damage(self):
        def edit(segment):
            segment.bytes[segment.end:segment.end + 40] = segment.bytes[segment.frames[-1]:segment.frames[-1] + 40]
        data, segment = self.edited(self.killed, edit)
        with self.unchanged(data):
            report = self.lines("log", "verify", data=data)[0]
        self.assertTrue(report["good"] and report["torn"])
        self.assertIn("offset %d" % segment.end, self.pawlctl("log", "verify", data=data))

    def test_row_7_sizes_and_names(self):
        data = self.copy(self.clean)
        with open(data / SEGMENT, "ab") as file:
            file.write(bytes(4096))
        self.check(data, 65, SEGMENT, 7)

    def test_row_8_another_hand(self):
        def edit(segment):
            letter = segment.bytes.index(b"ben@example.com")
            segment.bytes[letter] ^= 1
            edited.append(max(at for at in segment.frames if at < letter))
            segment.seal_frame(edited[0])
        edited = []
        data, _ = self.edited(self.clean, edit)
        with self.unchanged(data):
            self.assertEqual(self.lines("log", "verify", "--without-keys", data=data)[0]["findings"], [])
        self.check(data, 66, SEGMENT, 8, edited[0])

    def test_row_10_a_newer_format(self):
        def edit(segment):
            segment.bytes[8] = 2
            segment.seal_header()
        data, _ = self.edited(self.clean, edit)
        self.check(data, 68, SEGMENT, 10, 0)

    def test_row_11_the_key_of_another_server(self):
        other, _ = self.lived()
        data = self.copy(self.clean)
        shutil.copy(pathlib.Path(other.data_dir, "keys.json"), data / "keys.json")
        with self.unchanged(data):
            self.pawlctl("log", "verify", data=data, status=67)
            self.assertIn("key", self.errors)
            self.assertTrue(self.lines("log", "verify", "--without-keys", data=data)[0]["good"])
        (data / "keys.json").unlink()
        with self.unchanged(data):
            for command in (("log", "verify"), ("state",), ("explain", "1" * 32)):
                self.pawlctl(*command, data=data, status=67)
            self.assertTrue(self.lines("log", "dump", "--without-keys", data=data))

    def test_row_12_a_frame_longer_than_may_be(self):
        def edit(segment):
            struct.pack_into("<I", segment.bytes, segment.frames[2] + 28, 1 << 24)
            segment.seal_frame(segment.frames[2])
        data, segment = self.edited(self.clean, edit)
        self.check(data, 65, SEGMENT, 12, segment.frames[2])

    def test_one_copy_of_the_manifest_is_enough_and_two_bad_ones_are_not(self):
        data = self.copy(self.clean)
        for name in ("MANIFEST.a", "MANIFEST.b"):
            text = bytearray((data / name).read_bytes())
            text[20] ^= 1
            (data / name).write_bytes(text)
            if name == "MANIFEST.a":
                shutil.copytree(data, self.home + "/one")
                self.check(pathlib.Path(self.home, "one"), 65, name, starts=True)
        with self.unchanged(data):
            self.pawlctl("log", "verify", data=data, status=65)
            self.assertIn("MANIFEST.a is damaged", self.errors)

    def test_a_bad_snapshot_is_named_and_the_log_behind_it_is_enough(self):
        server = Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB")
        self.addCleanup(server.close)
        server.start()
        live(Client(server.url))
        case.eventually(lambda: list(pathlib.Path(server.data_dir).glob("snap-*.dat")))
        server.stop()
        name = self.lines("snapshot", "ls", data=server.data_dir)[0]["name"]
        path = pathlib.Path(server.data_dir, name)
        text = bytearray(path.read_bytes())
        text[4096 + 100] ^= 1
        path.write_bytes(text)
        with self.unchanged(server.data_dir):
            self.assertEqual(self.lines("snapshot", "ls", data=server.data_dir, status=65)[0]["state"], "damaged")
            self.pawlctl("snapshot", "verify", data=server.data_dir, status=65)
            self.assertIn(name + ": offset 4096", self.errors)
        self.check(pathlib.Path(server.data_dir), 65, name, offset=4096, starts=True)


if __name__ == "__main__":
    case.main()
