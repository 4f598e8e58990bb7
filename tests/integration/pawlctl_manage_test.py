"""pawlctl's managing half: the same command on a running and on a stopped server gives the same answer."""
import crypt
import json
import os
import re
import subprocess
import tempfile
import unittest

from support import case
from support.case import PASSWORD
from support.http import Client
from support.pawld import Pawld
from support.pawlctl import BINARY, environment, pawlctl

ISSUER = "http://auth.example"
# What the servers are told, told to pawlctl where there is none.
SETTINGS = {"PAWL_ISSUER": ISSUER, "PAWL_DEV": "true", "PAWL_ARGON2": "m=64,t=1,p=1", "PAWL_PASSWORD_MIN_LENGTH": "8"}
BCRYPT = crypt.crypt(PASSWORD, "$2b$04$abcdefghijklmnopqrstuu")


def masked(text):
    """What differs from run to run and place to place."""
    text = re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "JWT", text)
    text = re.sub(r"prt_[\w-]+", "REFRESH", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "FAMILY", text)
    text = re.sub(r"(?<![\w-])[\w-]{43}(?![\w-])", "KID", text)
    text = re.sub(r'"jti":"[\w-]+"', r'"jti":"ID"', text)
    text = re.sub(r'"(iat|exp|lsn|bytes|ms|pid|uptime_s)":\d+', r'"\1":N', text)
    text = re.sub(r'"user_agent":"[^"]*"', '"user_agent":"AGENT"', text)
    return text


class Place:
    """A data directory and how pawlctl finds it."""

    def __init__(self, test, running):
        self.server = Pawld("--issuer", ISSUER, "--password-min-length", "8")
        test.addCleanup(self.server.close)
        self.server.start()
        self.data_dir = self.server.data_dir
        if not running:
            self.server.stop()

    def run(self, *arguments, stdin="", **keywords):
        return pawlctl(*arguments, data_dir=self.data_dir, stdin=stdin, env=SETTINGS, **keywords)


class OnlineAndOffline(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.places = [Place(self, running=True), Place(self, running=False)]

    def both(self, *arguments, status=0, stdin="", each=None):
        """Runs it in both places: both end with `status` and say the same. `each` adds arguments of one place's own."""
        done = []
        for place in self.places:
            more = each(place) if each else ()
            done.append(place.run(*arguments, *more, stdin=stdin))
        self.assertEqual([d.status for d in done], [status, status], done)
        # Sessions used in the same second come in the order of their ids, which are random.
        shown = [sorted(masked(d.out).splitlines()) if "session" in arguments else masked(d.out) for d in done]
        self.assertEqual(shown[0], shown[1])
        self.assertEqual(masked(done[0].err), masked(done[1].err))
        return done

    def add(self, email, *more):
        return self.both("--json", "user", "add", email, "--password-stdin", *more, stdin=PASSWORD + "\n")

    def test_attributes_of_users(self):
        added, _ = self.add("ann@example.com", "--attributes", '{"nickname": "Annie", "team": {"a": 1}}')
        self.assertEqual(added.json["attributes"], {"nickname": "Annie", "team": {"a": 1}})
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"locale": "de"}')
            file.flush()
            edited, _ = self.both("--json", "user", "edit", "1", "--attributes", "@" + file.name)
        self.assertEqual(edited.json["attributes"], {"locale": "de"})
        shown, _ = self.both("--json", "user", "show", "ann@example.com")
        self.assertEqual(shown.json["attributes"], {"locale": "de"})
        self.assertIn("locale", self.both("user", "show", "1")[0].out)
        emptied, _ = self.both("--json", "user", "edit", "1", "--attributes", "{}")
        self.assertEqual(emptied.json["attributes"], {})
        for wrong in ("[]", "text", "{", "@/nowhere.json", ""):
            self.both("user", "edit", "1", "--attributes", wrong, status=2)
        self.both("user", "edit", "1", "--attributes", json.dumps({"a": "x" * 4096}), status=1)

    def test_users(self):
        added, _ = self.add("ann@example.com", "--superuser", "--role", "editor", "--role", "author", "--first-name", "Ann")
        self.assertEqual(added.json["id"], 1)
        self.assertTrue(added.json["is_superuser"])
        self.assertEqual(added.json["roles"], ["editor", "author"])
        self.both("user", "add", "bob@example.com", "--username", "bob", "--hash-stdin", stdin=BCRYPT + "\n")
        self.both("user", "ls")
        listed, _ = self.both("--json", "user", "ls")
        self.assertEqual([u["email"] for u in listed.lines], ["ann@example.com", "bob@example.com"])
        self.assertEqual(listed.lines[1]["hash"], "bcrypt 4")
        page, _ = self.both("--json", "user", "ls", "--limit", "1")
        self.assertEqual(len(page.lines), 1)
        self.assertIn("--after 1", page.err)
        for name in ("2", "bob", "BOB@example.com"):
            shown, _ = self.both("--json", "user", "show", name)
            self.assertEqual(shown.json["username"], "bob")
        self.both("user", "show", "bob")
        edited, _ = self.both("--json", "user", "edit", "bob", "--email", "robert@example.com", "--superuser", "--no-roles")
        self.assertEqual((edited.json["email"], edited.json["is_superuser"]), ("robert@example.com", True))
        edited, _ = self.both("--json", "user", "edit", "2", "--no-superuser", "--verified", "--role", "reader")
        self.assertEqual((edited.json["is_superuser"], edited.json["email_verified"], edited.json["roles"]),
                         (False, True, ["reader"]))
        self.assertEqual(edited.json["email"], "robert@example.com")  # what was not named stays
        disabled, _ = self.both("--json", "user", "disable", "bob")
        self.assertFalse(disabled.json["enabled"])
        enabled, _ = self.both("--json", "user", "enable", "bob")
        self.assertTrue(enabled.json["enabled"])
        self.both("user", "rm", "bob", status=2)
        self.both("user", "show", "bob")
        self.both("user", "rm", "bob", "--yes")
        gone, _ = self.both("user", "show", "bob", status=1)
        self.assertIn("user_not_found", gone.err)

    def test_digits_are_an_id_and_nothing_else(self):
        self.add("ann@example.com")
        self.add("eve@example.com", "--username", "1")  # would be Ann by her id
        self.add("joe@example.com", "--username", "77")
        for arguments in (("user", "show"), ("session", "ls"), ("token", "mint"), ("user", "disable")):
            refused, _ = self.both(*arguments, "77", status=1)
            self.assertIn("name:77", refused.err)
        self.both("user", "show", "9" * 40, status=1)
        for given, email in (("1", "ann"), ("name:1", "eve"), ("name:77", "joe"), ("name:ann@example.com", "ann")):
            shown, _ = self.both("--json", "user", "show", given)
            self.assertEqual(shown.json["email"], email + "@example.com")
        self.both("user", "show", "name:", status=1)
        for place in self.places:
            place.server.stop()
            self.assertIn("eve", place.run("state", "--user", "name:1").out)
            self.assertNotIn("eve", place.run("state", "--user", "1").out)
            self.assertEqual(place.run("state", "--user", "77").status, 1)

    def test_ended_sessions_are_not_passed_over_in_silence(self):
        self.add("ann@example.com")
        self.both("token", "mint", "1")
        shown, _ = self.both("session", "ls", "1")
        self.assertEqual(shown.err, "")
        self.both("user", "logout", "1", "--yes")
        shown, _ = self.both("session", "ls", "1")
        self.assertIn("1 that has ended is not shown: --all", shown.err)
        shown, _ = self.both("session", "ls", "1", "--all")
        self.assertIn("logout_all", shown.out)
        self.assertEqual(shown.err, "")

    def test_what_is_no_token_is_said_to_be_none(self):
        for text in ("abc", "a.b.c", "prt_abc"):
            for flag in ((), ("--offline",)):
                said, _ = self.both("token", "verify", *flag, text, status=1)
                self.assertIn("this is no token", said.err)
                self.assertEqual(said.out, "")

    def test_removed_users_are_not_counted_and_the_future_is_named(self):
        self.add("ann@example.com")
        self.add("bob@example.com")
        self.both("user", "rm", "2", "--yes")
        for place in self.places:
            self.assertIn("\n1 users, ", place.run("state").out)
            self.assertEqual(place.run("state").err, "")
            for point in ("2099-01-01T00:00:00Z", "1000000"):
                self.assertIn("is in the future", place.run("state", "--at", point).err)

    def test_a_command_that_is_not_there_is_named(self):
        said, _ = self.both("user", "lss", status=2)
        self.assertIn('there is no command "user lss"; the nearest is "user ls"', said.err)
        said, _ = self.both("--json", "rotate", status=2)
        self.assertIn('the nearest is \\"key rotate\\"', said.err)

    def test_who_stops_reading_hears_no_complaint(self):
        self.add("ann@example.com")
        for place in self.places:
            for command in (("log", "dump"), ("user", "ls"), ("--json", "user", "ls"), ("export",), ("man", "--table")):
                ours, theirs = os.pipe()
                os.close(ours)  # gone before the first line
                child = subprocess.run([BINARY, "--data-dir", place.data_dir, *command], stdout=theirs,
                                       stderr=subprocess.PIPE, env=environment(SETTINGS), check=False, timeout=60)
                os.close(theirs)
                self.assertEqual((child.returncode, child.stderr), (141, b""), command)
            with open("/dev/full", "wb") as full:
                child = subprocess.run([BINARY, "--data-dir", place.data_dir, "user", "ls"], stdout=full,
                                       stderr=subprocess.PIPE, env=environment(SETTINGS), check=False, timeout=60)
            self.assertEqual(child.returncode, 70)

    def test_what_the_server_refuses_is_one_line_and_exit_1(self):
        self.add("ann@example.com")
        for arguments, word in ((("user", "add", "ann@example.com"), "email_taken"),
                                (("user", "add", "no email"), "validation_failed"),
                                (("user", "add", "x@example.com", "--role", "r" * 200), "validation_failed")):
            refused, _ = self.both(*arguments, "--password-stdin", stdin=PASSWORD + "\n", status=1)
            self.assertEqual(refused.err.count("\n"), 1, refused)
            self.assertIn("(%s)" % word, refused.err)
            self.assertEqual(refused.out, "")
        short, _ = self.both("user", "add", "x@example.com", "--password-stdin", stdin="x\n", status=1)
        self.assertIn("password", short.err)
        self.both("user", "add", "x@example.com", "--hash-stdin", stdin="md5:no\n", status=1)
        self.both("user", "add", "x@example.com", "--password-stdin", stdin="", status=2)
        problem, _ = self.both("--json", "user", "show", "nobody@example.com", status=1)
        self.assertEqual(json.loads(problem.err)["code"], "user_not_found")
        problem, _ = self.both("--json", "user", "add", "ann@example.com", "--password-stdin", stdin=PASSWORD, status=1)
        self.assertEqual(json.loads(problem.err)["status"], 409)
        self.both("session", "end", "f" * 32, status=1)
        self.both("session", "end", "../x", status=1)
        self.both("user", "edit", "ann@example.com", status=2)
        listed, _ = self.both("--json", "user", "ls")
        self.assertEqual(len(listed.lines), 1)

    def test_sessions_and_tokens(self):
        self.add("ann@example.com")
        minted = self.both("--json", "token", "mint", "ann@example.com")
        tokens = dict(zip((p.data_dir for p in self.places), (m.json for m in minted)))
        for kind in ("access_token", "refresh_token"):
            good, _ = self.both("--json", "token", "verify", each=lambda place: [tokens[place.data_dir][kind]])
            self.assertTrue(good.json["genuine"])
            self.assertTrue(good.json["alive"])
            self.both("--json", "token", "verify", "--offline", each=lambda place: [tokens[place.data_dir][kind]])
            # Of the other server: genuine there, not here.
            other = {self.places[0].data_dir: self.places[1].data_dir, self.places[1].data_dir: self.places[0].data_dir}
            for flag in ([], ["--offline"]):
                foreign, _ = self.both("--json", "token", "verify", *flag, status=1,
                                       each=lambda place: [tokens[other[place.data_dir]][kind]])
                self.assertFalse(foreign.json["genuine"])
        only, _ = self.both("token", "mint", "1", "--only", "refresh")
        self.assertRegex(only.out, r"\Aprt_[\w-]{72}\n\Z")
        listed, _ = self.both("--json", "session", "ls", "1")
        self.assertEqual(len(listed.lines), 2)
        self.both("session", "ls", "1")
        first = {p.data_dir: p.run("token", "decode", "--json", tokens[p.data_dir]["refresh_token"]).json["family"]
                 for p in self.places}
        self.both("session", "end", each=lambda place: [first[place.data_dir]])
        dead, _ = self.both("--json", "token", "verify", status=1, each=lambda p: [tokens[p.data_dir]["refresh_token"]])
        self.assertTrue(dead.json["genuine"])
        self.assertFalse(dead.json["alive"])
        self.assertEqual(len(self.both("--json", "session", "ls", "1")[0].lines), 1)
        self.assertEqual(len(self.both("--json", "session", "ls", "1", "--all")[0].lines), 2)
        self.both("user", "logout", "1", status=2)
        self.both("user", "logout", "1", "--yes")
        self.assertEqual(self.both("--json", "session", "ls", "1")[0].out, "")

    def test_a_new_password_ends_sessions_and_logs_in(self):
        self.add("ann@example.com")
        self.both("--json", "token", "mint", "1")
        self.both("--json", "user", "passwd", "1", "--password-stdin", stdin="another horse battery\n")
        self.assertEqual(self.both("--json", "session", "ls", "1")[0].out, "")
        self.places[1].server.start()
        for place in self.places:
            client = Client(place.server.url)
            self.assertEqual(client.login("ann@example.com").status, 401)
            self.assertEqual(client.login("ann@example.com", "another horse battery").status, 200)

    def next_of(self, place):
        return [k["kid"] for k in place.run("--json", "key", "ls").json["signing"] if k["status"] == "next"][0]

    def test_keys(self):
        self.add("ann@example.com")
        token = {p.data_dir: p.run("token", "mint", "1", "--only", "access").out.strip() for p in self.places}
        listed, _ = self.both("--json", "key", "ls")
        self.assertEqual([k["status"] for k in listed.json["signing"]], ["signing"])
        self.both("key", "ls")
        published, _ = self.both("--json", "key", "rotate")
        self.assertEqual([k["status"] for k in published.json["signing"]], ["signing", "next"])
        self.assertIn("will sign", self.both("key", "ls")[0].out)
        self.both("key", "retire", "--yes", each=lambda p: ["--", self.next_of(p)])
        self.both("key", "rotate", "signing", "--alg", "RS256", status=1)
        self.both("key", "rotate", "refresh", "--now", status=1)
        rotated = self.both("--json", "key", "rotate", "signing", "--now", "--alg", "ES256")
        self.assertEqual(sorted(k["status"] for k in rotated[0].json["signing"]), ["signing", "verifying"])
        self.both("--json", "token", "verify", each=lambda p: [token[p.data_dir]])
        kids = {p.data_dir: {k["status"]: k["kid"] for k in r.json["signing"]} for p, r in zip(self.places, rotated)}
        self.both("key", "retire", "--yes", status=1, each=lambda p: ["--", kids[p.data_dir]["signing"]])
        self.both("key", "retire", status=2, each=lambda p: ["--", kids[p.data_dir]["verifying"]])
        self.both("--json", "key", "retire", "--yes", each=lambda p: ["--", kids[p.data_dir]["verifying"]])
        self.both("--json", "token", "verify", status=1, each=lambda p: [token[p.data_dir]])
        self.both("--json", "key", "rotate", "refresh")
        self.both("key", "retire", "--refresh", "2", "--yes", status=1)  # the one that mints
        self.both("key", "retire", "--refresh", "1", "--yes", status=1)  # its tokens may still come
        self.both("--json", "key", "retire", "--refresh", "1", "--force", "--yes")
        self.both("--json", "key", "rotate", "capsule")
        self.assertIn("seals", self.both("key", "ls")[0].out)
        self.both("key", "rotate", "capsule", "--now", status=1)
        self.both("key", "retire", "--capsule", "1", "--yes", status=1)  # the one that seals
        self.both("--json", "key", "rotate", "capsule")
        self.both("--json", "key", "retire", "--capsule", "1", "--yes")
        self.both("key", "retire", "--capsule", "0", "--yes", status=1)  # the log key makes it
        self.both("key", "retire", "--capsule", "1", "--refresh", "1", "--yes", status=2)
        self.both("key", "retire", "--yes", status=2)
        for arguments, word in ((("nope",), "key_not_found"), (("--refresh", "200"), "key_not_found"),
                                (("--refresh", "2"), "key_active")):
            self.assertIn(word, self.both("key", "retire", *arguments, status=1)[0].err)  # before anything is asked
        self.both("key", "rotate", "everything", status=2)
        for place in self.places:
            for secret in (r'"d":', r'"key":', r'"k":'):
                self.assertNotRegex(place.run("--json", "key", "ls").out, secret)

    def test_a_snapshot_and_info(self):
        self.add("ann@example.com")
        self.both("--json", "snapshot", "now")
        for place in self.places:
            self.assertTrue(any(name.startswith("snapshot") or name.startswith("snap-")
                                for name in os.listdir(place.data_dir)), os.listdir(place.data_dir))
            facts = place.run("--json", "info").json
            self.assertEqual((facts["name"], facts["issuer"]), ("pawl", ISSUER))
            self.assertIn("pawl", place.run("info").out)

    def test_what_was_done_offline_is_there_online_and_the_other_way_round(self):
        self.add("ann@example.com")
        self.places[0].server.stop()
        self.places[1].server.start()
        self.add("bob@example.com")
        self.places[0].server.start()
        self.places[1].server.stop()
        listed, _ = self.both("--json", "user", "ls")
        self.assertEqual([u["id"] for u in listed.lines], [1, 2])


class Many(unittest.TestCase):
    def test_more_users_than_one_answer_holds_are_all_listed(self):
        count = 1001  # one more than the server gives at once
        with Pawld() as server:
            client = Client(server.url, keep=True)
            for i in range(count):
                self.assertEqual(client.sign_up("user%d@example.com" % i).status, 201)
            client.close()
            listed = pawlctl("--json", "user", "ls", data_dir=server.data_dir)
            self.assertEqual([user["id"] for user in listed.lines], list(range(1, count + 1)))
            self.assertEqual(pawlctl("user", "ls", data_dir=server.data_dir).out.count("\n"), count + 1)
            page = pawlctl("--json", "user", "ls", "--after", "999", "--limit", "1", data_dir=server.data_dir)
            self.assertEqual([user["id"] for user in page.lines], [1000])


if __name__ == "__main__":
    case.main()
