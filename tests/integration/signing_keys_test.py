"""Several algorithms at once: access tokens by one, ID tokens by those that clients want. Their keys come with the first
client that needs them, rotate together, and stay over /dev/reset."""
import base64
import hashlib
import json
import os
import tempfile

import jwt  # Debian's python3-jwt

from support import case
from support.http import Client
from support.pawld import Pawld
from support.sse import Stream

from admin_test import SocketClient

CALLBACK = "https://shop.example/cb"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SHOP = {"client_id": "shop", "preset": "spa", "redirect_uris": [CALLBACK], "scopes": ["openid", "offline_access"],
        "consent": "never"}


def header(token):
    text = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class SigningKeysCase(case.ServerCase):
    @classmethod
    def setUpClass(cls):
        pass  # each test has a server of its own

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.client = self.admin = None

    def tearDown(self):
        pass

    def meet(self, server):
        self.client = Client(server.url)
        self.admin = SocketClient(os.path.join(server.data_dir, "admin.sock"))

    def add_user(self):
        self.expect(self.client.post("/dev/users", {"email": "ada@example.com", "password": case.PASSWORD}), 201)

    def sign_in(self):
        wish = {"user": "ada@example.com", "client_id": "shop", "scope": "openid offline_access",
                "redirect_uri": CALLBACK, "code_challenge": CHALLENGE}
        code = self.expect(self.client.post("/dev/code", wish), 201).json["code"]
        form = {"grant_type": "authorization_code", "client_id": "shop", "code": code, "redirect_uri": CALLBACK,
                "code_verifier": VERIFIER}
        return self.expect(self.client.form("/token", form), 200).json

    def keys(self, listed=None):
        """(status, kid) of the signing keys by algorithm, in their order."""
        found = {}
        for key in (listed or self.expect(self.admin.get("/admin/keys"), 200).json)["signing"]:
            found.setdefault(key["alg"], []).append((key["status"], key["kid"]))
        return found

    def jwks(self):
        return {key["kid"]: key for key in self.expect(self.client.get("/.well-known/jwks.json"), 200).json["keys"]}

    def kids(self, tokens):
        return header(tokens["access_token"])["kid"], header(tokens["id_token"])["kid"]


class Rotation(SigningKeysCase):
    def test_both_algorithms_rotate_and_the_tokens_before_stay_good(self):
        with Pawld() as server:
            self.meet(server)
            self.add_user()
            made = self.expect(self.admin.post("/admin/clients", SHOP), 201)
            self.assertEqual(made.json["id_token_alg"], "RS256")
            before = self.keys()
            self.assertEqual({alg: [status for status, _ in keys] for alg, keys in before.items()},
                             {"ES256": ["signing"], "RS256": ["signing"]})
            old = self.sign_in()
            self.assertEqual(self.kids(old), (before["ES256"][0][1], before["RS256"][0][1]))

            # Published: nothing else signs yet, and the set has both.
            listed = self.keys(self.expect(self.admin.post("/admin/keys/rotate", {"kind": "signing"}), 200).json)
            self.assertEqual({alg: [status for status, _ in keys] for alg, keys in listed.items()},
                             {"ES256": ["signing", "next"], "RS256": ["signing", "next"]})
            self.assertLessEqual({kid for keys in listed.values() for _, kid in keys}, set(self.jwks()))
            self.assertEqual(self.kids(self.sign_in()), self.kids(old))

            # At once: both new ones sign, also after a restart.
            listed = self.expect(self.admin.post("/admin/keys/rotate", {"kind": "signing", "now": True}), 200).json
            now = {alg: kid for alg, keys in self.keys(listed).items() for status, kid in keys if status == "signing"}
            self.assertEqual(set(now), {"ES256", "RS256"})
            self.assertNotIn("next", [key["status"] for key in listed["signing"]])
            new = self.sign_in()
            self.assertEqual(self.kids(new), (now["ES256"], now["RS256"]))
            self.assertNotEqual(set(self.kids(new)) & set(self.kids(old)), set(self.kids(old)))
            for tokens in (old, new):  # before a restart on another port, which makes another issuer
                self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 200)
            server.restart()
            self.meet(server)
            self.assertEqual(self.kids(self.sign_in()), self.kids(new))
            for tokens in (old, new):
                for token in (tokens["access_token"], tokens["id_token"]):
                    key = jwt.PyJWK(self.jwks()[header(token)["kid"]]).key
                    jwt.decode(token, key, algorithms=["ES256", "RS256"], options={"verify_aud": False})

            # One alone, by name; what signs is never retired, what it followed is.
            self.expect(self.admin.post("/admin/keys/rotate", {"kind": "signing", "now": True, "alg": "RS256"}), 200)
            third = self.kids(self.sign_in())
            self.assertEqual(third[0], now["ES256"])
            self.assertNotEqual(third[1], now["RS256"])
            self.expect(self.admin.post("/admin/keys/retire", {"kid": third[1]}), 409, "key_active")
            self.expect(self.admin.post("/admin/keys/retire", {"kid": now["RS256"]}), 200)
            self.assertNotIn(now["RS256"], self.jwks())
            refused = self.expect(self.admin.post("/admin/keys/rotate", {"kind": "signing", "alg": "EdDSA"}), 422).json
            self.assertIn("ES256, RS256", refused["errors"][0]["message"])

    def test_each_key_is_an_event(self):
        with Pawld() as server:
            self.meet(server)
            self.expect(self.admin.post("/admin/clients", SHOP), 201)
            self.expect(self.admin.post("/admin/keys/rotate", {"kind": "signing", "now": True}), 200)
            listed = self.keys()
            wanted = ["signing " + kid for _, kid in listed["RS256"][:1] + listed["ES256"][1:] + listed["RS256"][1:]]
            stream = Stream(server.url, "/admin/events?type=key_added&since=0",
                            unix=os.path.join(server.data_dir, "admin.sock"))
            self.addCleanup(stream.close)
            self.assertEqual([event.data["about"] for event in stream.take(len(wanted))], wanted)


class FirstClient(SigningKeysCase):
    def test_a_refused_client_leaves_no_key(self):
        with Pawld() as server:
            self.meet(server)
            before = self.keys()
            self.expect(self.admin.post("/admin/clients", {**SHOP, "redirect_uris": ["no URI"]}), 422)
            self.expect(self.admin.send("PATCH", "/admin/clients/shop", {"id_token_alg": "RS256"}), 404)
            self.assertEqual(self.keys(), before)

    def test_a_key_file_that_can_not_be_written_refuses_the_client_and_nothing_else(self):
        with Pawld() as server:
            self.meet(server)
            server.stop()
            credentials = os.path.join(server.home, "credentials")
            os.mkdir(credentials)
            os.rename(os.path.join(server.data_dir, "keys.json"), os.path.join(credentials, "keys.json"))
            server.env["CREDENTIALS_DIRECTORY"] = credentials
            server.start()
            self.meet(server)
            self.expect(self.admin.post("/admin/clients", SHOP), 409, "key_file_read_only")
            self.expect(self.admin.get("/admin/clients/shop"), 404, "client_not_found")
            self.expect(self.admin.post("/admin/clients", {**SHOP, "id_token_alg": "ES256"}), 201)
            self.expect(self.admin.send("PATCH", "/admin/clients/shop", {"id_token_alg": "RS256"}), 409, "key_file_read_only")
            self.assertEqual(self.admin.get("/admin/clients/shop").json["id_token_alg"], "ES256")
            self.expect(self.admin.send("PATCH", "/admin/clients/shop", {"name": "Shop"}), 200)
            self.expect(self.admin.post("/admin/keys/rotate", {"kind": "signing"}), 409, "key_file_read_only")
            self.add_user()
            self.assertEqual(len(set(self.kids(self.sign_in()))), 1)

    def test_an_import_makes_the_key_too(self):
        record = {"number": 16, "version": 1, "client_id": "shop", "name": "Shop", "removed": False, "preset": "spa",
                  "confidential": False, "enabled": True, "authorization_code": True, "refresh_token": True,
                  "client_credentials": False, "auth_method": "none", "secrets": [], "last_serial": 0, "jwks": "",
                  "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [], "scopes": ["openid"],
                  "default_scopes": [], "apis": [], "consent": "never", "pkce": "required", "bind": "none",
                  "code_reuse": "end", "token_format": "of_api", "id_token_alg": "RS256", "access_token_ttl": 0,
                  "refresh_idle_ttl": 0, "refresh_absolute_ttl": 0, "reuse_window": 0, "lost_response_window": 0,
                  "attributes": "", "epoch": 0, "epoch_raised_at": "1970-01-01T00:00:00Z", "origin": "admin",
                  "created_at": "2026-01-02T03:04:05Z"}
        with Pawld() as server:
            self.meet(server)
            self.assertNotIn("RS256", self.keys())
            done = self.expect(self.admin.post("/admin/import", {"client": record}), 200).json
            self.assertEqual(done["outcome"], "added", done)
            self.assertEqual([status for status, _ in self.keys()["RS256"]], ["signing"])
            kept = self.keys()
            self.expect(self.admin.post("/admin/import", {"client": record}), 200)
            self.assertEqual(self.keys(), kept)


class Worlds(SigningKeysCase):
    def test_a_realm_keeps_its_keys_over_reset_and_restore(self):
        seed = {"pawl_seed": 1, "users": [{"email": "ada@example.com", "password": case.PASSWORD}],
                "clients": [{**SHOP, "name": "Shop"}, {**SHOP, "client_id": "page", "name": "Page"}]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(seed, file)
            file.flush()
            with Pawld("--seed", file.name, data_dir=":memory:") as server:
                self.client = Client(server.url)
                first = self.jwks()
                self.assertEqual(sorted(key["kty"] for key in first.values()), ["EC", "RSA"])  # one for both clients
                kids = self.kids(self.sign_in())
                self.expect(self.client.post("/dev/snapshot", {"name": "kept"}), 201)
                for path, body in (("/dev/reset", None), ("/dev/restore", {"name": "kept"}), ("/dev/reset", None)):
                    self.expect(self.client.post(path, body), 204)
                    self.assertEqual(self.jwks(), first)
                    self.assertEqual(self.kids(self.sign_in()), kids)
                other = self.expect(self.client.get("/t/other/.well-known/jwks.json"), 200).json["keys"]
                self.assertEqual({key["kid"] for key in other} & set(first), set())  # a realm's own

    def test_a_key_of_a_client_that_a_reset_took_comes_again(self):
        with Pawld(data_dir=":memory:") as server:
            self.client = Client(server.url)
            self.add_user()
            self.expect(self.client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD,
                                                        "is_superuser": True}), 201)
            root = self.expect(self.client.login("root@example.com"), 200).json["access_token"]
            self.expect(self.client.post("/admin/clients", SHOP, bearer=root), 201)
            kids = self.kids(self.sign_in())
            self.expect(self.client.post("/dev/reset"), 204)
            self.assertEqual(len(self.jwks()), 1)
            self.add_user()
            self.expect(self.client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD,
                                                        "is_superuser": True}), 201)
            root = self.expect(self.client.login("root@example.com"), 200).json["access_token"]
            self.expect(self.client.post("/admin/clients", SHOP, bearer=root), 201)
            self.assertEqual(self.kids(self.sign_in()), kids)


if __name__ == "__main__":
    case.main()
