"""Clients, APIs, scopes, revoked tokens and consents through pawlctl: import, export, backup, restore, salvage, log and diff; and
which minor version of the format a directory says."""
import base64
import json
import shutil

from support import case
from support.http import Client
from support.move import MoveCase, content, ctl, lines_of
from support.segment import Segment

PROOF = "0123456789abcdef" * 4
LINES = [
    {"api": {"number": 1, "identifier": "https://api.shop.example", "name": "Orders", "token_format": "opaque"}},
    {"scope": {"number": 16, "name": "orders:read", "text_en": "Read orders", "text_de": "Bestellungen lesen",
               "api": "https://api.shop.example"}},
    {"client": {"number": 16, "version": 3, "client_id": "shop", "name": "Der Laden", "preset": "service",
                "client_credentials": True, "scopes": ["orders:read"], "apis": ["https://api.shop.example"],
                "secrets": [{"serial": 1, "what": "given", "key_id": 0, "proof": PROOF,
                             "created_at": "2026-01-02T03:04:05Z", "expires_at": "1970-01-01T00:00:00Z"}],
                "last_serial": 1, "created_at": "2026-01-02T03:04:05Z"}},
    {"client": {"number": 17, "version": 2, "client_id": "gone", "removed": True, "enabled": False}},
    {"revoked_token": {"id": "00112233445566778899aabbccddeeff", "client": 16, "expires_at": "2099-01-01T00:00:00Z"}},
    {"user": {"id": 7, "email": "asked@example.com", "created_at": "2026-01-02T03:04:05Z"}},
    {"consent": {"user": 7, "client": 16, "version": 5, "era": 2, "scopes": "0 16", "granted_at": "2026-03-02T03:04:05Z",
                 "withdrawn_at": "2026-02-02T03:04:05Z"}},
]
COUNTS = {"apis": 1, "scopes": 1, "clients": 2, "revoked_tokens": 1, "users": 1, "consents": 1}


def as_file(lines, counts):
    head = {"pawl_export": 2, "next_user_id": 1, **counts}
    end = {"end": {"users": 0, "families": 0, **counts}}
    return "\n".join(json.dumps(one) for one in [head, *lines, end]) + "\n"


def without_users(exported):
    return [line for line in content(exported) if not line.startswith(('{"user"', '{"end"'))]


def minor_of(folder):
    return json.loads((folder / "MANIFEST.a").read_text().splitlines()[0])["minor"]


class Entities(MoveCase):
    def imported(self, name="data"):
        data = self.home / name
        done = self.ok("import", "-", "--json", "--data-dir", data, stdin=as_file(LINES, COUNTS))
        told = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((told["added"], told["conflicts"], told["refused"]), (len(LINES), 0, 0), done.stdout)
        return data

    def test_consents_are_shown_and_withdrawn(self):
        data = self.imported()
        shown = lines_of(self.ok("consent", "ls", "asked@example.com", "--json", "--data-dir", data).stdout)
        self.assertEqual([(one["client_id"], one["name"], one["scopes"]) for one in shown],
                         [("shop", "Der Laden", ["openid", "orders:read"])])
        table = self.ok("consent", "ls", "7", "--data-dir", data).stdout
        self.assertIn("openid, orders:read", table)
        gone = self.ok("consent", "withdraw", "7", "shop", "--yes", "--json", "--data-dir", data).stdout
        self.assertEqual(json.loads(gone), {"withdrawn": "shop", "user_id": 7})
        self.assertEqual(lines_of(self.ok("consent", "ls", "7", "--json", "--data-dir", data).stdout), [])
        for arguments, code in ((("consent", "withdraw", "7", "shop", "--yes"), "consent_not_found"),
                                (("consent", "withdraw", "7", "unknown", "--yes"), "consent_not_found"),
                                (("consent", "ls", "name:unknown"), "user_not_found")):
            done = ctl(*arguments, "--data-dir", data)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(code, done.stderr)

    def test_what_was_imported_is_exported_again_also_after_a_server_and_a_snapshot(self):
        data = self.imported()
        exported = self.export_of(data)
        self.assertEqual(lines_of(exported)[0]["pawl_export"], 2)
        for line in LINES:
            kind, wanted = next(iter(line.items()))
            found = [r[kind] for r in lines_of(exported) if kind in r]
            self.assertTrue(any(wanted.items() <= one.items() for one in found), (wanted, found))
        again = self.ok("import", "-", "--json", "--data-dir", data, stdin=exported)
        self.assertEqual(json.loads(again.stdout.splitlines()[-1])["added"], 0)
        server = self.server("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB", data_dir=str(data))
        server.start()
        client = Client(server.url)
        for i in range(30):
            self.assertEqual(client.sign_up("u%d@example.com" % i).status, 201)
        case.eventually(lambda: list(data.glob("snap-*.dat")))
        self.assertEqual(server.stop(), 0)
        self.assertEqual(without_users(self.export_of(data)), without_users(exported))
        users_only = self.export_of(data, "--users-only")
        self.assertEqual({next(iter(r)) for r in lines_of(users_only)[1:-1]}, {"user"})
        self.assertEqual(lines_of(users_only)[0]["pawl_export"], 1)

    def test_a_backup_restored_and_a_damaged_store_salvaged_have_them(self):
        data = self.imported()
        entities = without_users(self.export_of(data))
        server = self.server("--snapshot-interval", "30d", data_dir=str(data))
        server.start()
        for i in range(3):
            Client(server.url).sign_up("u%d@example.com" % i)
        self.assertEqual(server.stop(), 0)
        backup, target = self.home / "backup", self.home / "target"
        self.ok("backup", backup, "--data-dir", data)
        self.ok("restore", backup, "--data-dir", target, "--key-file", data / "keys.json")
        shutil.copy(data / "keys.json", target / "keys.json")
        self.assertEqual(without_users(self.export_of(target)), entities)

        segment = Segment(str(data / "wal-0000000000000001.log"))
        last = [f for f in segment.frames() if f.type == 1][-2]
        segment.data[last.offset + 70] ^= 1
        segment.save()
        fresh = self.home / "fresh"
        self.assertEqual(ctl("salvage", "--accept-loss", data, fresh, "--key-file", data / "keys.json").returncode, 0)
        shutil.copy(data / "keys.json", fresh / "keys.json")
        self.assertEqual(without_users(self.export_of(fresh)), entities)

    def test_dumps_and_comparisons_tell_of_them_and_never_what_proves_a_secret(self):
        data = self.imported()
        for more in ((), ("--json",)):
            dumped = self.ok("log", "dump", "--data-dir", data, *more).stdout
            self.assertIn("shop", dumped)
            self.assertNotIn(PROOF, dumped)
            compared = self.ok("diff", "1", "5", "--data-dir", data, *more)
            self.assertIn("client", compared.stdout)
            self.assertNotIn(PROOF, compared.stdout)

    def test_a_directory_says_minor_version_1_once_it_has_one_of_them_and_not_before(self):
        plain, _ = self.small_store(1, sessions=False)
        folder = self.home / "plain"
        shutil.copytree(plain.data_dir, folder)
        self.assertEqual(minor_of(folder), 0)
        self.ok("import", "-", "--data-dir", folder, stdin=as_file(LINES, COUNTS))
        self.assertEqual(minor_of(folder), 1)

    def test_a_session_that_ended_as_0_1_knows_no_sessions_to_end_needs_minor_version_1(self):
        plain, _ = self.small_store(1, sessions=False)
        folder = self.home / "newer"
        shutil.copytree(plain.data_dir, folder)
        family = {"id": "00112233445566778899aabbccddeeff", "user": 9, "created_at": "2026-01-02T03:04:05Z",
                  "rotated_at": "2026-01-02T03:04:05Z", "generation": 0, "idle_ttl": 60, "absolute_ttl": 60,
                  "ended_after": 1}
        user = {"user": {"id": 9, "email": "nine@example.com"}}
        for status, minor in (("logout", 0), ("superseded", 1)):
            with self.subTest(status):
                lines = [user, {"family": {**family, "id": status.encode().hex().ljust(32, "0"), "status": status}}]
                head = {"pawl_export": 1, "next_user_id": 10, "users": 1, "families": 1}
                text = "\n".join(json.dumps(one) for one in [head, *lines, {"end": {"users": 1, "families": 1}}]) + "\n"
                self.ok("import", "-", "--data-dir", folder, stdin=text)
                self.assertEqual(minor_of(folder), minor)

    def test_a_file_with_another_number_of_them_than_it_says_is_refused(self):
        text = as_file(LINES, {**COUNTS, "clients": 3})
        self.assertIn("another number of clients", self.refused(1, "import", "-", "--data-dir", self.home / "x",
                                                               stdin=text))
        wrong = as_file([{"client": {"client_id": "pawl"}}], {"clients": 1})
        done = ctl("import", "-", "--data-dir", self.home / "y", stdin=wrong)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("client_id", done.stdout + done.stderr)

    def test_reset_and_restore_of_a_world_in_memory_bring_back_its_clients(self):
        seed = self.home / "seed.json"
        seed.write_text(json.dumps({
            "pawl_seed": 1,
            "users": [{"email": "root@example.com", "password": "correct horse battery", "is_superuser": True}],
            "apis": [{"identifier": "https://api.shop.example", "scopes": ["orders:read"]}],
            "clients": [{"client_id": "seeded", "preset": "service", "client_secret": "for tests alone",
                         "scopes": ["orders:read"], "apis": ["https://api.shop.example"]}]}))
        server = self.server("--seed", str(seed), data_dir=":memory:")
        server.start()
        client = Client(server.url)

        def names():
            access = client.login("root@example.com").json["access_token"]
            answer = client.get("/admin/clients", access)
            self.assertEqual(answer.status, 200, repr(answer))
            return sorted(c["client_id"] for c in answer.json["clients"]), access

        found, access = names()
        self.assertEqual(found, ["seeded"])
        made = client.post("/admin/clients", {"client_id": "made", "preset": "service"}, access)
        self.assertEqual(made.status, 201, repr(made))
        self.assertEqual(client.post("/dev/snapshot", {"name": "with"}).status, 201)
        self.assertEqual(client.delete("/admin/clients/made", access).status, 204)
        self.assertEqual(client.delete("/admin/clients/seeded", access).status, 204)
        self.assertEqual(names()[0], [])
        self.assertEqual(client.post("/dev/restore", {"name": "with"}).status, 204)
        self.assertEqual(names()[0], ["made", "seeded"])
        self.assertEqual(client.post("/dev/reset").status, 204)
        self.assertEqual(names()[0], ["seeded"])
        basic = client.form("/token", {"grant_type": "client_credentials"}, {
            "Authorization": "Basic " + base64.b64encode(b"seeded:for+tests+alone").decode()})
        self.assertEqual(basic.status, 200, repr(basic))


if __name__ == "__main__":
    case.main()
