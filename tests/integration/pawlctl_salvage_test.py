"""pawlctl salvage: each row of the recovery table as damage to a copy; what is left, and what is said to be lost."""
import json
import pathlib
import shutil
import struct

from support import case
from support.http import Client
from support.move import MoveCase, ctl, lines_of, tree
from support.segment import USER, Segment
from support.sse import Refused, Stream


class Salvage(MoveCase):
    USERS = 12

    def setUp(self):
        super().setUp()
        self.original, _ = self.small_store(self.USERS, sessions=False)
        self.keys = ("--key-file", self.original.data_dir + "/keys.json")
        self.emails = ["u%d@example.com" % i for i in range(self.USERS)]
        self.log = Segment(self.original.data_dir + "/wal-0000000000000001.log")
        self.user_frames = [f for f in self.log.frames() if f.type == 1 and USER in f.kinds()]
        self.assertEqual(len(self.user_frames), self.USERS)

    def salvaged(self, change, expected_exit=0, start_exit=65):
        """Damages a copy, has the server refuse it, salvages it: the report, and the emails that are left."""
        number = len(list(self.home.iterdir()))
        damaged, fresh = self.home / ("damaged%d" % number), self.home / ("fresh%d" % number)
        shutil.copytree(self.original.data_dir, damaged)
        change(damaged)
        before = tree(damaged)
        if start_exit:
            self.refused(start_exit, "export", "--data-dir", damaged)
        done = ctl("salvage", "--accept-loss", "--json", damaged, fresh, *self.keys)
        self.assertEqual(done.returncode, expected_exit, done.stderr + done.stdout)
        self.assertEqual(tree(damaged), before, "the damaged directory was changed")
        if expected_exit or not fresh.exists():
            return (json.loads(done.stdout) if done.stdout else None), None
        shutil.copy(self.original.data_dir + "/keys.json", fresh / "keys.json")
        users = [r["user"] for r in lines_of(self.export_of(fresh)) if "user" in r]
        self.assertTrue(all(u["gate"]["reason"] == "restored" for u in users))
        return json.loads(done.stdout), [u["email"] for u in users]

    def with_segment(self, change):
        def damage(folder):
            segment = Segment(folder / "wal-0000000000000001.log")
            change(segment)
            segment.save()
        return damage

    def without(self, *numbers):
        return [email for i, email in enumerate(self.emails) if i not in numbers]

    def expect_frame_lost(self, report, frame):
        lost = [l for l in report["lost"] if l["costs_state"]]
        self.assertEqual(len(lost), 1, report)
        self.assertEqual((lost[0]["file"], lost[0]["offset"]), ("wal-0000000000000001.log", frame.offset))
        self.assertEqual((lost[0]["batch_from"], lost[0]["batch_to"]), (frame.batch, frame.batch))
        self.assertEqual((lost[0]["lsn_from"], lost[0]["lsn_to"]), (frame.lsn, frame.lsn + frame.records - 1))
        self.assertTrue(lost[0]["maybe_acknowledged"])
        self.assertLessEqual(lost[0]["from"], lost[0]["to"])

    def test_a_healthy_directory_is_left_alone(self):
        report, users = self.salvaged(lambda folder: None, start_exit=None)
        self.assertEqual((report, users), ({"salvaged": None, "healthy": True}, None))
        self.assertIn("--accept-loss", self.refused(2, "salvage", self.original.data_dir, self.home / "x"))
        self.assertEqual([name for name in self.left_over() if name.startswith("x")], [])

    def test_a_damaged_frame_costs_its_records_and_no_others(self):  # rows 3, 5, 12
        frame = self.user_frames[5]

        def flip_payload(segment):
            segment.data[frame.offset + 100] ^= 4

        def zero(segment):
            segment.data[frame.offset:frame.offset + frame.padded] = bytes(frame.padded)

        def flip_header(segment):
            segment.data[frame.offset + 9] ^= 1

        def too_long(segment):
            struct.pack_into("<I", segment.data, frame.offset + 28, 1 << 24)
            segment.seal_header(frame)

        for change in (flip_payload, zero, flip_header, too_long):
            with self.subTest(change.__name__):
                report, users = self.salvaged(self.with_segment(change))
                self.assertEqual(users, self.without(5))
                self.expect_frame_lost(report, frame)
                self.assertEqual(report["unproven_frames"], 1)
                self.assertTrue(any("chain to them is broken" in note for note in report["notes"]))

    def test_a_lost_end_is_known_from_the_manifest(self):  # row 2
        frame = self.user_frames[-2]

        def cut(segment):
            segment.data[frame.offset:] = bytes(len(segment.data) - frame.offset)

        report, users = self.salvaged(self.with_segment(cut))
        self.assertEqual(users, self.without(self.USERS - 2, self.USERS - 1))
        lost = [l for l in report["lost"] if l["costs_state"]]
        self.assertEqual([(l["batch_from"], l["batch_to"], l["lsn_from"]) for l in lost],
                         [(frame.batch, self.log.frames()[-1].batch, frame.lsn)])
        self.assertTrue(report["maybe_acknowledged"])

    def test_ids_of_what_is_lost_are_not_given_again(self):
        frame = self.user_frames[4]

        def cut(segment):
            segment.data[frame.offset:] = bytes(len(segment.data) - frame.offset)

        report, users = self.salvaged(self.with_segment(cut))
        self.assertEqual(len(users), 4)
        self.assertRegex(report["restore_mark"], "^[0-9a-f]{16}$")
        self.assertGreater(report["next_user_id"], self.USERS + 1)
        server = self.server(data_dir=report["salvaged"])
        server.start()
        with Stream(server.url, unix=server.data_dir + "/admin.sock") as stream:
            self.assertEqual(Client(server.url).sign_up("new@example.com").json["id"], report["next_user_id"])
            self.assertTrue(stream.next().id.startswith(report["restore_mark"] + "-"))
        with self.assertRaises(Refused) as refusal:  # the damaged store gave this one
            Stream(server.url, unix=server.data_dir + "/admin.sock", last_id=1)
        self.assertEqual((refusal.exception.status, refusal.exception.code), (410, "events_of_another_history"))

    def test_a_frame_changed_by_another_hand_is_not_used(self):  # row 8
        frame = self.user_frames[3]

        def forge(segment):
            at = segment.data.index(b"u3@example.com", frame.offset)
            segment.data[at:at + 2] = b"xx"
            segment.seal_header(frame)

        report, users = self.salvaged(self.with_segment(forge), start_exit=66)
        self.assertEqual(users, self.without(3))
        self.expect_frame_lost(report, frame)
        self.assertIn("another hand", report["lost"][0]["what"])
        self.assertEqual(report["unproven_frames"], 0)

    def test_a_file_cut_short_or_with_another_header_gives_its_frames(self):  # row 7
        frame = self.user_frames[8]

        def shorten(folder):
            path = folder / "wal-0000000000000001.log"
            path.write_bytes(path.read_bytes()[:frame.offset])

        report, users = self.salvaged(shorten)
        self.assertEqual(users, self.emails[:8])
        self.assertTrue(report["maybe_acknowledged"])

        def header(segment):
            segment.data[50] ^= 1

        report, users = self.salvaged(self.with_segment(header))
        self.assertEqual(users, self.emails)
        self.assertFalse(report["maybe_acknowledged"])

    def test_both_manifests_gone_or_damaged_cost_nothing(self):
        def damage(folder):
            (folder / "MANIFEST.a").write_bytes(b"x" * 300)
            (folder / "MANIFEST.b").unlink()

        report, users = self.salvaged(damage)
        self.assertEqual(users, self.emails)
        self.assertFalse(report["maybe_acknowledged"])

    def test_another_key_and_a_newer_format_are_refused(self):  # rows 10, 11
        def newer(segment):
            struct.pack_into("<H", segment.data, 8, 2)
            segment.seal_segment_header()

        self.assertEqual(self.salvaged(self.with_segment(newer), expected_exit=68, start_exit=68), (None, None))
        other, _ = self.small_store(1)
        self.refused(67, "salvage", "--accept-loss", self.original.data_dir, self.home / "x", "--key-file",
                     other.data_dir + "/keys.json")

    def test_a_segment_with_a_far_number_is_no_work_without_end(self):
        def far(folder):
            (folder / "wal-ffffffffffffffff.log").write_bytes(b"x" * 5000)
        report, users = self.salvaged(far)
        self.assertEqual(sorted(users), sorted(self.emails))
        self.assertIn("wal-ffffffffffffffff.log", {l["file"] for l in report["lost"]})

    def test_a_new_store_within_the_damaged_directory_is_refused(self):
        before = tree(pathlib.Path(self.original.data_dir))
        message = self.refused(2, "salvage", "--accept-loss", self.original.data_dir, self.original.data_dir + "/new",
                               *self.keys)
        self.assertIn("lies within", message)
        self.assertEqual(tree(pathlib.Path(self.original.data_dir)), before)

    def test_a_directory_in_use_is_refused(self):
        self.original.start()
        self.assertIn("in use by process", self.refused(75, "salvage", "--accept-loss", self.original.data_dir, self.home / "x"))

    def test_snapshots_bridge_a_hole_and_a_missing_segment_is_named(self):  # row 4
        server = self.server("--snapshot-interval", "1s", "--snapshot-min-bytes", "1")
        server.start()
        client, known = Client(server.url), []
        for round_ in range(3):
            if round_ == 2:  # these shall be in no snapshot
                server.stop()
                server.options = []
                client = Client(server.start().url)
            for i in range(4):
                known.append("r%d-%d@example.com" % (round_, i))
                self.assertEqual(client.sign_up(known[-1]).status, 201)
            if round_ < 2:
                done = len(list(pathlib.Path(server.data_dir).glob("snap-*.dat")))
                case.eventually(lambda seen=done: len(list(pathlib.Path(server.data_dir).glob("snap-*.dat"))) > seen, 60)
        server.stop()
        self.original, self.keys = server, ("--key-file", server.data_dir + "/keys.json")
        snapshots = sorted(path.name for path in pathlib.Path(server.data_dir).glob("snap-*.dat"))
        segments = [path.name for path in sorted(pathlib.Path(server.data_dir).glob("wal-*.log"))
                    if any(path.read_bytes()[4096:])]

        def rot(*names):
            def damage(folder):
                for name in names:
                    data = bytearray((folder / name).read_bytes())
                    data[20] ^= 1  # of the header
                    (folder / name).write_bytes(data)
            return damage

        # Both snapshots: the whole log is kept, so nothing of the state is lost; without a snapshot the start refuses.
        report, users = self.salvaged(rot(*snapshots))
        self.assertEqual(sorted(users), sorted(known))
        self.assertFalse(report["maybe_acknowledged"])

        # The last segment in use: what is in no snapshot is lost, and said so.
        def remove(folder):
            (folder / segments[-1]).unlink()

        report, users = self.salvaged(remove)
        self.assertTrue(report["snapshot"])
        self.assertLess(len(users), len(known))
        self.assertEqual(users, known[:len(users)])
        self.assertTrue(report["maybe_acknowledged"])
        self.assertTrue(any(l["costs_state"] and l.get("lsn_from") for l in report["lost"]))


if __name__ == "__main__":
    case.main()
