"""docs/migrate: the commands of each page, run as they stand on users of the other system; then each of them logs in."""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import bcrypt  # Debian's python3-bcrypt, and
from passlib import hash as passlib_hash  # python3-passlib: what the tutorials hash with

from support import case, packages
from support.pawlctl import BINARY as PAWLCTL, environment
from support.pawld import ROOT
from support.postgres import Postgres, programs

PAGES = ROOT / "docs" / "migrate"
FIXTURES = ROOT / "tests" / "integration" / "migrate"
PASSWORD = "Grüße, Ünïcode"  # nothing that a blocklist knows
COMMAND_SECONDS_MAX = 120
# The cheapest of each kind: hashing gives way to all else, and a busy machine has much else.
BCRYPT, BCRYPT_SHA256 = passlib_hash.bcrypt.using(rounds=4), passlib_hash.bcrypt_sha256.using(rounds=4)
PBKDF2 = passlib_hash.pbkdf2_sha256.using(rounds=100)


def commands(page):
    """The blocks of a page that are marked to be run."""
    found = re.findall(r"^<!-- run -->\n```sh\n(.*?)^```", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE)
    assert found, page
    return found


def made_elsewhere(code):
    """What a line of Python prints in an environment with fastapi-users, and so pwdlib and argon2-cffi."""
    python = packages.python_with(FIXTURES / "requirements.txt")
    return subprocess.run([python, "-c", code, PASSWORD], capture_output=True, text=True, check=True).stdout.strip()


class Page(case.ServerCase):
    """Commands run where pawlctl finds a running server by PAWL_DATA_DIR, in a folder with the other system's export."""

    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-migrate-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        (self.home / "bin").mkdir()
        (self.home / "bin" / "pawlctl").symlink_to(pathlib.Path(PAWLCTL).absolute())
        (self.home / "docs").symlink_to(ROOT / "docs")

    def run_page(self, page, more="", **variables):
        """What the page's commands print, on both channels; all of them are to succeed."""
        path = "%s:%s" % (self.home / "bin", os.environ["PATH"])
        said = ""
        for block in commands(page):
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", block.rstrip() + more], cwd=self.home, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX, check=False, env=environment({
                                      "PATH": path, "PAWL_DATA_DIR": self.server.data_dir, **variables}))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            said += done.stdout + done.stderr
        return said

    def expect_login(self, email):
        """Twice: the first replaces the hash. Another password is refused before and after."""
        for _ in range(2):
            self.expect(self.client.login(email, "another password"), 401)
            token = self.expect(self.client.login(email, PASSWORD), 200).json["access_token"]
        return self.expect(self.client.me(token), 200).json


class FromPostgres(Page):
    """A server a test: they have users in common."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres = None

    def setUp(self):
        super().setUp()
        programs()  # or a skip
        cls = type(self)
        if cls.postgres is None:
            cls.postgres = Postgres()
            cls.addClassCleanup(cls.postgres.close)
            cls.postgres.start()


class OwnTable(FromPostgres):
    def test_everybody_keeps_password_and_number(self):
        url = self.postgres.database("blog", FIXTURES / "own_table.sql", bcrypt=BCRYPT.hash(PASSWORD),
                                     pbkdf2=PBKDF2.hash(PASSWORD), bcrypt_sha256=BCRYPT_SHA256.hash(PASSWORD))
        self.assertIn("4 added, 0 were there already, 0 conflicts, 0 refused", self.run_page("own-table.md", DATABASE_URL=url))
        self.assertIn("0 added, 4 were there already", self.run_page("own-table.md", DATABASE_URL=url))  # it may be repeated
        alice = self.expect_login("alice@example.com")
        self.assertEqual((alice["id"], alice["username"], alice["created_at"]), (1, "alice", "2023-04-05T06:07:08Z"))
        self.assertEqual(self.expect_login("bob@example.com")["created_at"], "2024-01-02T01:04:05Z")
        self.assertEqual(self.expect_login("carol@example.com")["id"], 5)
        self.assertEqual(self.client.login("dave@example.com", PASSWORD).status, 401)  # is_active was false
        self.expect(self.client.form("/token", {"username": "alice", "password": PASSWORD}), 200)
        self.assertGreater(self.client.sign_up("new@example.com").json["id"], 7)


class FastApiUsers(FromPostgres):
    def test_everybody_keeps_the_password(self):
        code = ("import sys; from fastapi_users.password import PasswordHelper; from pwdlib import PasswordHash; "
                "from pwdlib.hashers.argon2 import Argon2Hasher; cheap = Argon2Hasher(1, 64, 1); "
                "print(PasswordHelper(PasswordHash((cheap,))).hash(sys.argv[1]))")
        argon2 = made_elsewhere(code)
        self.assertTrue(argon2.startswith("$argon2id$"), argon2[:12])
        url = self.postgres.database("app", FIXTURES / "fastapi_users.sql", argon2=argon2, bcrypt=BCRYPT.hash(PASSWORD))
        self.assertIn("3 added, 0 were there already, 0 conflicts, 0 refused", self.run_page("fastapi-users.md", DATABASE_URL=url))
        alice, bob = self.expect_login("alice@example.com"), self.expect_login("bob@example.com")
        self.assertEqual((alice["email_verified"], alice["is_superuser"]), (True, False))
        self.assertEqual((bob["email_verified"], bob["is_superuser"]), (False, True))
        self.assertEqual(self.client.login("dave@example.com", PASSWORD).status, 401)


class GoTrue(FromPostgres):
    def test_users_with_an_email_keep_the_password(self):
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, prefix=b"2a")).decode()
        url = self.postgres.database("supabase", FIXTURES / "gotrue.sql", bcrypt=hashed)
        self.assertIn("4 added, 0 were there already, 0 conflicts, 0 refused", self.run_page("gotrue.md", DATABASE_URL=url))
        alice, bob = self.expect_login("alice@example.com"), self.expect_login("bob@example.com")
        self.assertEqual((alice["email_verified"], alice["created_at"], bob["email_verified"]), (True, "2023-01-02T03:04:00Z", False))
        for name in ("dave", "linked", "gone", "sso"):
            self.assertEqual(self.client.login(name + "@example.com", PASSWORD).status, 401, name)
        self.assertEqual(self.client.sign_up("gone@example.com").status, 201)  # was deleted there, so is not here


def keycloak_pbkdf2(algorithm, rounds):
    salt = bytes.fromhex("fbefbe" * 5) + os.urandom(1)  # in base64 almost all +, which passlib writes otherwise
    value = hashlib.pbkdf2_hmac(algorithm.split("-")[1], PASSWORD.encode(), salt, rounds, 64)
    return keycloak_password(salt, value, {"hashIterations": rounds, "algorithm": algorithm, "additionalParameters": {}})


def keycloak_password(salt, value, data):
    secret = {"value": base64.b64encode(value).decode(), "salt": base64.b64encode(salt).decode(), "additionalParameters": {}}
    return {"id": "c", "type": "password", "createdDate": 1, "secretData": json.dumps(secret), "credentialData": json.dumps(data)}


class Keycloak(Page):
    def realm(self, *users):
        """realm.json with these users: (name, credentials, what else)."""
        people = [{"id": "00000000-0000-4000-8000-%012d" % number, "username": name, "email": name + "@example.com",
                   "emailVerified": True, "enabled": True, "createdTimestamp": 1700000000123, "firstName": "Änne",
                   "lastName": "Burda", "totp": False,
                   "credentials": credentials, "disableableCredentialTypes": [], "requiredActions": [], "notBefore": 0, "groups": [],
                   "realmRoles": ["default-roles-shop", "editor", "offline_access"], **more}
                  for number, (name, credentials, more) in enumerate(users)]
        (self.home / "realm.json").write_text(json.dumps({"id": "shop", "realm": "shop", "enabled": True, "users": people}))

    def test_users_of_a_realm_keep_password_names_and_roles(self):
        self.realm(("alice", [keycloak_pbkdf2("pbkdf2-sha256", 275)], {}), ("bob", [keycloak_pbkdf2("pbkdf2-sha512", 210)], {}),
                   ("dave", [keycloak_pbkdf2("pbkdf2-sha256", 275)], {"enabled": False}),
                   ("old", [keycloak_pbkdf2("pbkdf2-sha1", 2000)], {}),
                   ("federated", [], {}),
                   ("nameless", [], {"email": ""}), ("service", [], {"serviceAccountClientId": "shop-backend"}))
        said = self.run_page("keycloak.md")
        self.assertIn("5 added, 0 were there already, 0 conflicts, 0 refused", said)
        self.assertIn("left out, for there is no email: nameless", said)
        for name in ("old", "federated"):
            self.assertIn("comes without a password: " + name, said)
            self.assertEqual(self.client.login(name + "@example.com", PASSWORD).status, 401)
        alice = self.expect_login("alice@example.com")
        self.assertEqual((alice["first_name"], alice["surname"], alice["roles"], alice["email_verified"], alice["created_at"]),
                         ("Änne", "Burda", ["editor"], True, "2023-11-14T22:13:20Z"))
        self.expect_login("bob@example.com")
        self.assertEqual(self.client.login("dave@example.com", PASSWORD).status, 401)

    def test_the_default_since_version_25_is_taken(self):
        salt = os.urandom(16)
        raw = made_elsewhere("import sys; from argon2.low_level import *; sys.stdout.write(hash_secret_raw("
                             "sys.argv[1].encode(), bytes.fromhex('%s'), 1, 64, 1, 32, Type.ID).hex())" % salt.hex())
        more = {"hashLength": ["32"], "memory": ["64"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}
        self.realm(("erin", [keycloak_password(salt, bytes.fromhex(raw), {"hashIterations": 1, "algorithm": "argon2",
                                                                          "additionalParameters": more})], {}))
        self.assertIn("1 added", self.run_page("keycloak.md"))
        self.expect_login("erin@example.com")


class Auth0(Page):
    def test_users_of_the_export_keep_the_password(self):
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        lines = [{"_id": {"$oid": "60425dc43519d90068f8297%d" % number}, "email_verified": number == 1,
                  "email": name + "@example.com", "passwordHash": hashed,
                  "password_set_date": {"$date": "2021-03-05T16:35:16.775Z"}, "tenant": "shop",
                  "connection": "Username-Password-Authentication", "_tmp_is_unique": True}
                 for number, name in enumerate(("alice", "bob"))]
        export = self.home / "auth0.json"
        export.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
        self.assertIn("2 added, 0 were there already, 0 conflicts, 0 refused", self.run_page("auth0.md"))
        self.assertIs(self.expect_login("alice@example.com")["email_verified"], False)
        self.assertIs(self.expect_login("bob@example.com")["email_verified"], True)

    def test_an_export_of_one_user_is_an_array_as_well(self):
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (self.home / "auth0.json").write_text('{"email":"only@example.com","email_verified":true,"passwordHash":"%s"}\n' % hashed)
        self.assertIn("1 added", self.run_page("auth0.md"))
        self.expect_login("only@example.com")


class Repeated(Page):
    def test_who_has_logged_in_since_is_a_conflict_that_can_be_skipped(self):
        line = '{"email":"%s@example.com","email_verified":true,"passwordHash":"%s"}\n'
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        export = self.home / "auth0.json"
        export.write_text(line % ("first", hashed))
        self.assertIn("1 added", self.run_page("auth0.md"))
        self.expect_login("first@example.com")
        export.write_text(line % ("first", hashed) + line % ("second", hashed))
        with self.assertRaisesRegex(AssertionError, "email"):
            self.run_page("auth0.md")
        self.assertIn("1 added, 0 were there already, 1 conflicts, 0 refused", self.run_page("auth0.md", more=" --on-conflict skip"))
        self.expect_login("first@example.com")
        self.expect_login("second@example.com")


class Pages(unittest.TestCase):
    def test_every_page_is_listed(self):
        listed = set(re.findall(r"^\| \[[^]]+\]\(([a-z0-9-]+\.md)\)", (PAGES / "README.md").read_text(), re.MULTILINE))
        self.assertEqual(listed, {path.name for path in PAGES.glob("*.md")} - {"README.md"})


if __name__ == "__main__":
    case.main()
