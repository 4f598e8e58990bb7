"""Data directories of every released format are still read: snapshots/golden/*, with what they contain.

`golden_test.py --make v1-serving` writes a new one with the binary at hand: once per format and per kind of record that
came since, never over an old one. `--make-entities v1.1` writes one with clients, APIs, scopes, revoked tokens and consents,
`--make-families v1-families` one with the sessions of clients, `--make-factors v1-factors` one with second factors and
addresses that were given up, `--make-mails v1-mails` one with mails in every state.
"""
import base64
import gzip
import hashlib
import json
import pathlib
import signal
import sys
import unittest
from urllib.parse import urlencode

from support import case
from support.http import Client
from support.move import ctl, lines_of
from support.pawld import ROOT, Pawld

GOLDEN = ROOT / "snapshots" / "golden"
PASSWORD = "correct horse battery"


def make(name):
    """A store with a snapshot and a log after it: users, sessions in every state, a deleted account, a rotation whose
    reply was lost, and a crash since then."""
    target = GOLDEN / name
    assert not target.exists(), "%s is there already; a format is frozen once" % target
    server = Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB")
    try:
        server.start()
        client = Client(server.url)
        known = {"password": PASSWORD, "users": {}}
        for email in ("alice@example.com", "bob@example.com", "carol@example.com", "dave@example.com"):
            user = client.sign_up(email, first_name=email.split("@")[0].title(), surname="Müller").json
            old = client.login(email).json
            mid = client.refresh(old["refresh_token"]).json
            new = client.refresh(mid["refresh_token"]).json
            known["users"][email] = {"user": user, "old": old["refresh_token"], "current": new["refresh_token"], "state": "live"}
        client.logout(known["users"]["bob@example.com"]["current"])
        known["users"]["bob@example.com"]["state"] = "logged out"
        client.refresh(known["users"]["carol@example.com"]["old"])
        known["users"]["carol@example.com"]["state"] = "reuse"
        erin = client.sign_up("erin@example.com", first_name="Erin", surname="Müller").json
        lost = client.login("erin@example.com").json["refresh_token"]
        known["users"]["erin@example.com"] = {"user": erin, "old": lost, "state": "reply lost",
                                              "current": client.refresh(lost).json["refresh_token"]}
        snapshots = lambda: set(pathlib.Path(server.data_dir).glob("snap-*.dat"))
        server.restart(how=signal.SIGKILL)
        client, found = Client(server.url), snapshots()
        case.eventually(lambda: snapshots() - found)
        access = client.login("dave@example.com").json["access_token"]
        assert client.delete("/users/me", access, {"current_password": PASSWORD}).status == 204
        known["users"]["dave@example.com"]["state"] = "deleted"
        alice = known["users"]["alice@example.com"]
        alice["current"] = client.refresh(alice["current"]).json["refresh_token"]
        known["now"] = client.get("/dev/clock").json["now"]
        assert server.stop() == 0
        keep(target, server, known)
    finally:
        server.close()


def keep(target, server, known):
    target.mkdir(parents=True)
    for path in sorted(pathlib.Path(server.data_dir).iterdir()):
        if not path.is_file():
            continue  # the admin socket of one that was killed
        content = path.read_bytes()
        if path.name == "LOCK" or (path.name.startswith("wal-") and not any(content[4096:])):
            continue  # a spare holds nothing
        (target / (path.name + ".gz")).write_bytes(gzip.compress(content, 9, mtime=0))
    (target / "contents.json").write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n")


def entities(serial):
    """Lines of an export: one of each kind, in every choice that a record has."""
    n = str(serial)
    made = {"serial": 1, "what": "made", "key_id": 0, "proof": "0123456789abcdef" * 2 + "00" * 16,
            "created_at": "2026-01-02T03:04:05Z", "expires_at": "1970-01-01T00:00:00Z"}
    given = {**made, "serial": 4, "what": "given", "proof": "fedcba9876543210" * 4, "expires_at": "2099-01-02T03:04:05Z"}
    return [
        {"api": {"number": serial, "version": 2, "identifier": "https://api%s.example" % n, "name": "Bestellungen ü" + n,
                 "token_format": ("jwt", "opaque")[serial % 2], "access_token_ttl": 60 * serial,
                 "created_at": "2026-01-02T03:04:05Z"}},
        {"api": {"number": 10 + serial, "identifier": "gone" + n, "removed": True}},
        {"scope": {"number": 15 + serial, "version": 3, "name": "orders:" + n, "text_en": "Orders", "text_de": "Bestellungen",
                   "api": "https://api%s.example" % n, "roles": ["clerk", "chef"], "created_at": "2026-01-02T03:04:05Z"}},
        {"client": {"number": 15 + serial, "version": 9, "client_id": "shop" + n, "name": "Der Läden " + n,
                    "preset": ("web", "agent")[serial % 2], "confidential": True, "enabled": serial % 2 == 0,
                    "authorization_code": True, "refresh_token": True, "client_credentials": True,
                    "auth_method": ("client_secret_post", "client_secret_basic")[serial % 2], "secrets": [made, given],
                    "last_serial": 4, "jwks": "{\"keys\":[]}", "redirect_uris": ["https://shop%s.example/back" % n],
                    "post_logout_redirect_uris": ["https://shop%s.example/" % n], "scopes": ["openid", "orders:" + n],
                    "default_scopes": ["openid"], "apis": ["https://api%s.example" % n], "consent": "never",
                    "pkce": "optional", "bind": "session", "code_reuse": "deny", "token_format": "opaque",
                    "access_token_ttl": 601, "refresh_idle_ttl": 602, "refresh_absolute_ttl": 603, "reuse_window": 4,
                    "lost_response_window": 5, "attributes": "{\"team\":\"sales\"}", "epoch": 7,
                    "epoch_raised_at": "2026-02-02T03:04:05Z", "origin": "import", "created_at": "2026-01-02T03:04:05Z"}},
        {"client": {"number": 30 + serial, "version": 2, "client_id": "gone" + n, "removed": True, "enabled": False}},
        {"client": {"number": 45 + serial, "version": 4, "client_id": "forward:app%s.example" % n, "enabled": True,
                    "scopes": ["openid", "orders:" + n], "default_scopes": ["openid", "orders:" + n], "consent": "never",
                    "forward_hosts": ["app%s.example" % n, "app%s.example:8443" % n], "forward_roles": ["clerk", "chef"],
                    "forward_scopes": ["orders:" + n], "created_at": "2026-01-02T03:04:05Z"}},
        {"revoked_token": {"id": "%032x" % serial, "client": 15 + serial, "expires_at": "2099-01-01T00:00:00Z"}},
        {"user": {"id": 902 - serial, "email": "asked%s@example.com" % n, "created_at": "2026-01-02T03:04:05Z"}},
        {"consent": {"user": 902 - serial, "client": 15 + serial, "version": 5, "era": 2, "scopes": "0 2 %d" % (15 + serial),
                     "granted_at": "2026-03-02T03:04:05Z", "withdrawn_at": "2026-02-02T03:04:05Z"}},
        {"user": {"id": 910 - serial, "email": "withdrew%s@example.com" % n, "created_at": "2026-01-02T03:04:05Z"}},
        {"consent": {"user": 910 - serial, "client": 15 + serial, "version": 2, "era": 2, "scopes": "",
                     "granted_at": "2026-01-02T03:04:05Z", "withdrawn_at": "2026-02-02T03:04:05Z"}},
    ]


def factors(serial):
    """Lines of an export: users with factors in every choice that there is, and the words of those."""
    n = str(serial)
    totp = {"number": 2, "kind": "totp", "key_id": 0, "created_at": "2026-01-02T03:04:05Z", "name": "Händi " + n,
            "salt": "0123456789abcdef" * 2,
            "digits": 6 + 2 * (serial % 2), "period": 30, "algorithm": ("SHA1", "SHA512")[serial % 2], "proven_step": 58000000 + serial}
    codes = {"number": 5, "kind": "recovery", "key_id": 0, "created_at": "2026-01-03T03:04:05Z", "name": "",
             "salt": "fedcba9876543210" * 2, "count": 10}
    return [
        {"user": {"id": 902 - serial, "email": "two%s@example.com" % n, "created_at": "2026-01-02T03:04:05Z", "factor_epoch": 3 + serial,
                  "password_changed_at": "2026-01-04T03:04:05Z", "email_verified_at": "2026-01-05T03:04:05Z",
                  "undo_floor": "2026-01-06T03:04:05Z", "locale": "de-CH", "must_change_password": True, "pending_approval": True,
                  "no_notices": True, "next_factor": 7, "factors": [totp, codes],
                  "former_addresses": [{"email": "was%s@example.com" % n, "until": "2099-01-06T03:04:05Z"}]}},
        {"factor_word": {"user": 902 - serial, "factor": 2, "kind": "totp", "word": 58000009 * 65536 + 4,
                         "used_at": "2026-02-02T03:04:05Z", "used_from": "192.0.2.7"}},
        {"factor_word": {"user": 902 - serial, "factor": 5, "kind": "recovery", "word": 1770000000 * 16777216 + 0b1010010101,
                         "used_at": "2026-02-03T03:04:05Z", "used_from": "2001:db8::7"}},
    ]


def put_entities(server, lines):
    counts = {}
    for line in lines:
        for kind in line:
            counts[kind + "s"] = counts.get(kind + "s", 0) + 1
    text = "\n".join(json.dumps(one) for one in [
        {"pawl_export": 2, "next_user_id": 1, **counts}, *lines, {"end": {"users": 0, "families": 0, **counts}}]) + "\n"
    done = ctl("import", "-", "--data-dir", server.data_dir, stdin=text)
    assert done.returncode == 0, done.stderr


def make_with_entities(name, lines=entities):
    """Half of them in a snapshot, half in the log after it, beside users and a session."""
    target = GOLDEN / name
    assert not target.exists(), "%s is there already; a format is frozen once" % target
    server = Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB")
    try:
        put_entities(server, lines(1))
        server.start()
        client = Client(server.url)
        for i in range(30):  # enough for a snapshot
            assert client.sign_up("u%d@example.com" % i, first_name="U").status == 201
        case.eventually(lambda: list(pathlib.Path(server.data_dir).glob("snap-*.dat")))
        alice = client.sign_up("alice@example.com", first_name="Alice", surname="Müller").json
        old = client.login("alice@example.com").json["refresh_token"]
        current = client.refresh(client.refresh(old).json["refresh_token"]).json["refresh_token"]
        known = {"password": PASSWORD, "users": {"alice@example.com": {"user": alice, "old": old, "current": current,
                                                                       "state": "live"}},
                 "now": client.get("/dev/clock").json["now"], "entities": [*lines(1), *lines(2)]}
        assert server.stop() == 0
        server.options = ["--snapshot-interval", "30d"]
        put_entities(server, lines(2))
        keep(target, server, known)
    finally:
        server.close()


STATUSES = ("live", "logout", "reuse", "admin", "evicted", "exhausted", "ahead", "superseded", "denied", "code_reuse",
            "signed_out", "client", "consent", "revoked")
CALLBACK = "https://page.example/cb"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def families(half, user, client):
    """Lines of an export: sessions of a client in every state, with and without what each may have and hang on."""
    lines = []
    for i, status in enumerate(STATUSES):
        line = {"id": "%02x%030x" % (half, i + 1), "user": user, "client": client, "created_at": "2026-11-01T03:04:05Z",
                "idle_ttl": 86400 * 300, "absolute_ttl": 86400 * 400, "generation": i, "status": status,
                "rotated_at": "2026-11-02T03:04:05Z" if i else "2026-11-01T03:04:05Z",
                "ended_after": 100000 + i if i else 0}
        granted = {"scopes": "0 1 16" if i % 2 else "", "apis": "1" if i % 3 else "", "claims": i * 65537, "acr": i % 2,
                   "amr": i % 2}
        line.update({name: value for name, value in granted.items() if value})  # as an export leaves out the others
        if i % 4 == 1:
            line.update(parent="%02x%030x" % (half, 1), auth_time="2026-11-01T03:04:00Z")
        if i % 3 == 2:
            line.update(consent_era=i)
        if i % 4 == 2:
            line.update(bound_to="proof_key", thumbprint="A" * 42 + "E")
        lines.append({"family": line})
    return lines


def put_families(server, lines):
    text = "\n".join(json.dumps(one) for one in [
        {"pawl_export": 1, "next_user_id": 1, "users": 0, "families": len(lines)}, *lines,
        {"end": {"users": 0, "families": len(lines)}}]) + "\n"
    done = ctl("import", "-", "--data-dir", server.data_dir, stdin=text)
    assert done.returncode == 0, done.stdout + done.stderr


class Page:
    """The public client `page` at a server."""
    def __init__(self, client):
        self.client = client

    def code(self, email, scope="offline_access"):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        made = self.client.post("/dev/code", {"user": email, "client_id": "page", "scope": scope, "redirect_uri": CALLBACK,
                                              "code_challenge": challenge})
        assert made.status == 201, made
        return made.json["code"]

    def token(self, **fields):
        return self.client.request("POST", "/token", urlencode({"client_id": "page", **fields}),
                                   {"Content-Type": "application/x-www-form-urlencoded"})

    def exchange(self, code):
        return self.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER)

    def refresh(self, token):
        return self.token(grant_type="refresh_token", refresh_token=token)

    def grant(self, email, state):
        """A code, its session in the third generation, and what became of it."""
        code = self.code(email)
        old = self.exchange(code).json["refresh_token"]
        current = self.refresh(self.refresh(old).json["refresh_token"]).json["refresh_token"]
        if state == "code_reuse":
            assert self.exchange(code).status == 400
        return {"code": code, "old": old, "current": current, "state": state}


def make_with_families(name):
    """Sessions of clients in a snapshot and in the log after it: some that codes made, and one of each sort."""
    target = GOLDEN / name
    assert not target.exists(), "%s is there already; a format is frozen once" % target
    server = Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB")
    try:
        server.start()
        client = Client(server.url)
        client.post("/dev/users", {"email": "root@example.com", "password": PASSWORD, "is_superuser": True})
        root = client.login("root@example.com").json["access_token"]
        for path, document in (("/admin/apis", {"identifier": "https://api.example", "name": "Orders"}),
                               ("/admin/scopes", {"name": "orders:read", "api": "https://api.example"}),
                               ("/admin/clients", {"client_id": "page", "name": "Page", "preset": "spa", "consent": "never",
                                                   "redirect_uris": [CALLBACK], "apis": ["https://api.example"],
                                                   "scopes": ["openid", "profile", "offline_access", "orders:read"]})):
            assert client.post(path, document, bearer=root).status == 201, path
        alice = client.sign_up("alice@example.com", first_name="Alice", surname="Müller").json
        grants = [Page(client).grant("alice@example.com", state) for state in ("live", "code_reuse")]
        assert server.stop() == 0
        server.options = ["--snapshot-interval", "30d"]
        put_families(server, families(1, alice["id"], 16))
        server.options = ["--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB"]
        server.start()
        client = Client(server.url)
        snapshots = lambda: set(pathlib.Path(server.data_dir).glob("snap-*.dat"))
        found = snapshots()
        for i in range(30):  # enough for a snapshot
            assert client.sign_up("u%d@example.com" % i, first_name="U").status == 201
        case.eventually(lambda: snapshots() - found)
        grants += [Page(client).grant("alice@example.com", state) for state in ("live", "code_reuse")]
        old = client.login("alice@example.com").json["refresh_token"]
        current = client.refresh(client.refresh(old).json["refresh_token"]).json["refresh_token"]
        known = {"password": PASSWORD, "users": {"alice@example.com": {"user": alice, "old": old, "current": current,
                                                                       "state": "live"}},
                 "grants": grants, "now": client.get("/dev/clock").json["now"],
                 "entities": [*families(1, alice["id"], 16), *families(2, alice["id"], 16)]}
        assert server.stop() == 0
        put_families(server, families(2, alice["id"], 16))
        keep(target, server, known)
    finally:
        server.close()


def mails_of(client, operator):
    """What /admin/mail tells, of what does not change by waiting."""
    access = client.login(operator).json["access_token"]
    return [{name: m[name] for name in ("id", "kind", "to", "status")}
            for m in client.get("/admin/mail?limit=100", bearer=access).json["mails"]]


def make_with_mails(name):
    """Mails in every state but `overtaken`, in a snapshot and in the log after it."""
    target = GOLDEN / name
    assert not target.exists(), "%s is there already; a format is frozen once" % target
    server = Pawld("--snapshot-interval", "1s", "--snapshot-min-bytes", "4KiB")
    root = "root@example.com"
    try:
        server.start()
        client = Client(server.url)
        alice = client.sign_up("alice@example.com", first_name="Alice", surname="Müller").json
        client.post("/dev/users", {"email": root, "password": PASSWORD, "is_superuser": True})

        def asked(email, code=None, count=0):
            client.delete("/dev/faults")
            if code:
                assert client.post("/dev/faults", {"fault": "mail", "code": code, "count": count}).status == 201
            client.sign_up(email)
            assert client.post("/password/forgot", {"email": email}).status == 202

        asked("never@example.com", "550")
        asked("got@example.com")
        case.eventually(lambda: {m["status"] for m in mails_of(client, root)} == {"refused", "sent"})
        asked("dropped@example.com", "451")
        dropped = next(m for m in mails_of(client, root) if m["to"] == "dropped@example.com")
        bearer = client.login(root).json["access_token"]
        assert client.delete("/admin/mail/" + dropped["id"], bearer).status == 204
        asked("waits@example.com", "connect")
        snapshots = lambda: set(pathlib.Path(server.data_dir).glob("snap-*.dat"))
        found = snapshots()
        for i in range(30):  # enough for a snapshot
            assert client.sign_up("u%d@example.com" % i, first_name="U").status == 201
        case.eventually(lambda: snapshots() - found)
        server.options = ["--snapshot-interval", "30d"]
        asked("later@example.com", "connect")
        assert client.post("/admin/invitations", {"email": "new@example.com", "days": 30}, bearer=bearer).status == 201
        old = client.login("alice@example.com").json["refresh_token"]
        current = client.refresh(client.refresh(old).json["refresh_token"]).json["refresh_token"]
        known = {"password": PASSWORD, "users": {"alice@example.com": {"user": alice, "old": old, "current": current,
                                                                       "state": "live"}},
                 "now": client.get("/dev/clock").json["now"], "mails": mails_of(client, root)}
        server.kill()
        keep(target, server, known)
    finally:
        server.close()


class Golden(unittest.TestCase):
    def unpacked(self, golden, server):
        data = pathlib.Path(server.data_dir)
        data.mkdir(mode=0o700)
        for path in golden.glob("*.gz"):
            file = data / path.name[:-3]
            file.write_bytes(gzip.decompress(path.read_bytes()))
            file.chmod(0o600)
        return json.loads((golden / "contents.json").read_text())

    def test_every_released_format_is_still_read(self):
        versions = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
        self.assertTrue(versions)
        for golden in versions:
            with self.subTest(golden.name):
                server = Pawld()
                self.addCleanup(server.close)
                known = self.unpacked(golden, server)
                self.check_entities(server, known.get("entities", []))
                server.start()
                client = Client(server.url)
                self.check_mails(client, known.get("mails", []))
                self.assertEqual(client.post("/dev/clock", {"set": known["now"]}).status, 200)
                for email, user in known["users"].items():
                    self.check(client, email, user, known["password"])
                for grant in known.get("grants", []):
                    self.check_grant(Page(client), grant)
                server.stop()

    def check_entities(self, server, lines):
        exported = lines_of(ctl("export", "--data-dir", server.data_dir).stdout)
        for line in lines:
            kind, wanted = next(iter(line.items()))
            if kind == "factor_word":  # a number when the directory was made, and taken as one still
                wanted = {**wanted, "word": str(wanted["word"])}
            self.assertTrue(any(wanted.items() <= one[kind].items() for one in exported if kind in one), wanted)

    def check_mails(self, client, wanted):
        """All are known; what waited is tried at once, and too old by now."""
        if not wanted:
            return
        client.post("/dev/users", {"email": "reader@example.com", "password": PASSWORD, "is_superuser": True})
        found = {m["id"]: m for m in mails_of(client, "reader@example.com")}
        for mail in wanted:
            told = found.get(mail["id"])
            if told is None:  # what was final is forgotten after a day
                self.assertNotEqual(mail["status"], "waiting", mail)
                continue
            self.assertEqual((told["kind"], told["to"]), (mail["kind"], mail["to"]))
            if mail["status"] != "waiting":
                self.assertEqual(told["status"], mail["status"])

    def check_grant(self, page, grant):
        refresh = page.refresh(grant["current"])
        if grant["state"] == "live":
            self.assertEqual((refresh.status, refresh.headers["Pawl-Refresh"]), (200, "rotated"), repr(refresh))
        again = page.exchange(grant["code"])  # it was used, and goes on to be
        self.assertEqual((again.status, again.json["error"]), (400, "invalid_grant"), repr(again))
        self.assertIn("used before", again.json["error_description"])
        self.assertEqual(page.refresh(grant["current"]).json["error"], "invalid_grant")

    def check(self, client, email, user, password):
        if user["state"] == "reply lost":
            again = client.refresh(user["old"])
            self.assertEqual((again.status, again.headers["Pawl-Refresh"]), (200, "replayed"), repr(again))
            self.assertEqual(again.json["refresh_token"], user["current"])
            return
        login = client.login(email, password)
        refresh = client.refresh(user["current"])
        if user["state"] == "deleted":
            self.assertEqual((login.status, refresh.status), (401, 401))
            return
        self.assertEqual(login.status, 200)
        self.assertEqual(client.me(login.json["access_token"]).json, user["user"])
        if user["state"] == "live":
            self.assertEqual((refresh.status, refresh.headers["Pawl-Refresh"]), (200, "rotated"))
            self.assertEqual(client.refresh(user["old"]).code, "refresh_token_reused")
        else:
            self.assertEqual((refresh.status, refresh.code), (401, "session_revoked"))
            self.assertEqual(client.refresh(user["old"]).code, "session_revoked")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make(sys.argv[2])
    elif sys.argv[1:2] == ["--make-entities"]:
        make_with_entities(sys.argv[2])
    elif sys.argv[1:2] == ["--make-factors"]:
        make_with_entities(sys.argv[2], factors)
    elif sys.argv[1:2] == ["--make-mails"]:
        make_with_mails(sys.argv[2])
    elif sys.argv[1:2] == ["--make-families"]:
        make_with_families(sys.argv[2])
    else:
        case.main()
