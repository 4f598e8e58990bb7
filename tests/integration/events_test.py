"""GET /admin/events: what is told, in which order, from where on, to whom, and how it ends."""
import json
import os
import signal
import socket
import ssl
import unittest

from support.case import PASSWORD, ServerCase, eventually, fresh_email, main
from support.http import Client, unpack_refresh
from support.pawlctl import BINARY as PAWLCTL, pawlctl
from support.pawld import Pawld
from support.sse import Refused, Stream

STALL_MS = 60_000  # as long as there may be


class EventCase(ServerCase):
    def admin_socket(self):
        return os.path.join(self.server.data_dir, "admin.sock")

    def watch(self, path="/admin/events", **more):
        stream = Stream(self.server.url, path, unix=self.admin_socket(), **more)
        self.addCleanup(stream.close)
        return stream

    def superuser(self):
        """(email, access token) of a new one."""
        email = fresh_email()
        with_socket = UnixClient(self.admin_socket())
        self.expect(with_socket.post("/admin/users", {"email": email, "password": PASSWORD, "is_superuser": True}), 201)
        return email, self.logged_in(email)["access_token"]

    def metric(self, name):
        for line in self.client.get("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise AssertionError("no " + name)


class UnixClient(Client):
    def __init__(self, path):
        super().__init__("http://anything.example")
        self.path = path

    def connected(self):
        connection = super().connected()
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        connection.sock.connect(self.path)
        return connection


class Told(EventCase):
    def test_a_session_from_its_login_to_its_end(self):
        stream = self.watch()
        email = self.signed_up()
        first = self.logged_in(email)
        second = self.rotated(first["refresh_token"])
        self.rotated(first["refresh_token"], "replayed")
        self.rotated(second["refresh_token"])
        self.expect(self.client.refresh(first["refresh_token"]), 401, "refresh_token_reused")
        events = stream.until("reuse_detected")
        self.assertEqual([e.kind for e in events],
                         ["signed_up", "family_created", "family_rotated", "token_replayed", "family_rotated",
                          "family_ended", "reuse_detected"])
        family = unpack_refresh(first["refresh_token"])[2]
        user = events[0].data["user"]
        for event in events[1:]:
            self.assertEqual(event.data["family"], family)
            self.assertEqual(event.data["user"], user)
        for event in events:
            self.assertEqual(event.data["lsn"], event.id)
            self.assertEqual(event.data["kind"], event.kind)
        self.assertEqual(events[3].data["generation_presented"], 0)
        self.assertEqual(events[5].data["status"], "reuse")
        self.assertIn("last", events[6].data)
        self.assertNotIn("last", events[0].data)  # nothing was rotated
        self.assertEqual([e.id for e in events], sorted(e.id for e in events))

    def test_passwords_logins_and_operators(self):
        stream = self.watch()
        email = self.signed_up()
        access = self.logged_in(email)["access_token"]
        self.expect(self.client.login(email, "not this one at all"), 401)
        change = {"current_password": PASSWORD, "new_password": "another horse battery"}
        self.expect(self.client.post("/users/me/password", change, access), 204)
        user = self.client.me(access).json["id"]
        admin = UnixClient(self.admin_socket())
        self.expect(admin.post("/admin/logout", {"user_id": user}), 204)
        kinds = [e.kind for e in stream.until("user_logged_out")]
        self.assertEqual(kinds, ["signed_up", "family_created", "login_failed", "password_changed", "sessions_revoked",
                                 "sessions_revoked", "user_logged_out"])

    def test_a_change_of_a_username_and_who_made_it(self):
        stream = self.watch("/admin/events?type=username_changed")
        access = self.logged_in()["access_token"]
        user = self.client.me(access).json["id"]
        self.expect(self.client.send("PATCH", "/users/me", {"surname": "Smith"}, access), 200)
        self.expect(self.client.send("PATCH", "/users/me", {"username": "own-%d" % user}, access), 200)
        admin = UnixClient(self.admin_socket())
        self.expect(admin.send("PATCH", "/admin/users/%d" % user, {"username": "given-%d" % user}), 200)
        events = stream.take(2)
        self.assertEqual([(e.data["user"], e.data["by"]) for e in events], [(user, user), (user, 0)])

    @unittest.skipUnless(os.path.exists(PAWLCTL), "pawlctl is not built")
    def test_it_says_what_the_log_says(self):
        stream = self.watch()
        self.logged_in()
        events = stream.until("family_created")
        done = pawlctl("--json", "log", "dump", "--lsn", "%d..%d" % (events[0].id, events[-1].id),
                       data_dir=self.server.data_dir)
        dumped = {line["lsn"]: line for line in done.lines}
        for event in events:
            self.assertLessEqual(dumped[event.id].items(), event.data.items())

    def test_filters(self):
        email = self.signed_up()
        user = self.client.me(self.logged_in(email)["access_token"]).json["id"]
        by_user, by_type = self.watch("/admin/events?user=%d" % user), self.watch("/admin/events?type=family_created")
        both = self.watch("/admin/events?type=family_created,family_rotated&user=%d" % user)
        self.logged_in()  # somebody else
        mine = self.logged_in(email)
        self.rotated(mine["refresh_token"])
        self.assertEqual([e.data["user"] for e in by_user.until("family_rotated")], [user, user])
        self.assertEqual([e.kind for e in by_type.take(2)], ["family_created"] * 2)
        self.assertEqual([e.kind for e in both.take(2)], ["family_created", "family_rotated"])

    def test_what_is_asked_for_is_checked(self):
        for query in ("type=nothing_of_the_kind", "type=", "type=family_created,", "user=0", "user=x", "since=-1", "since=01"):
            with self.assertRaises(Refused, msg=query) as refusal:
                self.watch("/admin/events?" + query)
            self.assertEqual((refusal.exception.status, refusal.exception.code), (422, "validation_failed"))
        with self.assertRaises(Refused) as refusal:
            self.watch(last_id="seven")
        self.assertEqual(refusal.exception.status, 422)

    def test_a_head_request_has_no_stream(self):
        admin = UnixClient(self.admin_socket())
        reply = admin.request("HEAD", "/admin/events")
        self.assertEqual((reply.status, reply.headers["Content-Type"]), (200, "text/event-stream"))
        eventually(lambda: self.metric("pawl_event_streams") == 0)


class NotYet(EventCase):
    def test_nothing_is_told_before_it_is_durable(self):
        email = self.signed_up()
        stream = self.watch()
        self.expect(self.client.post("/dev/faults", {"fault": "stall_sync", "ms": STALL_MS, "route": "login"}), 201)
        waiting = Client(self.server.url).connected()
        waiting.request("POST", "/login", json.dumps({"email": email, "password": PASSWORD}),
                        {"Content-Type": "application/json"})
        # It is in memory by now, and waits for its record.
        eventually(lambda: self.metric("pawl_store_waiting") > 0)
        stream.socket.setblocking(False)
        try:
            told = stream.socket.recv(65536)  # a heartbeat at most
        except BlockingIOError:
            told = b""
        self.assertNotIn(b"data:", told)
        waiting.close()
        self.server.restart(how=signal.SIGKILL)  # sooner than the stall ends


class Resumed(EventCase):
    def test_a_reader_that_was_away_misses_nothing(self):
        stream = self.watch()
        self.logged_in()
        first = stream.until("family_created")
        stream.close()
        tokens = self.logged_in()
        missed = self.rotated(tokens["refresh_token"])
        again = self.watch(last_id=stream.last_id)
        self.rotated(missed["refresh_token"])
        kinds = [e.kind for e in again.take(4)]
        self.assertEqual(kinds, ["signed_up", "family_created", "family_rotated", "family_rotated"])
        self.assertGreater(int(again.last_id), first[-1].id)

    def test_also_across_a_crash(self):
        stream = self.watch()
        self.logged_in()
        before = stream.until("family_created")
        self.server.restart(how=signal.SIGKILL)
        self.client = Client(self.server.url)
        self.logged_in()
        again = self.watch(last_id=stream.last_id).until("family_created")
        self.assertEqual([e.kind for e in again], ["signed_up", "family_created"])
        told = self.watch("/admin/events?since=%d" % (before[0].id - 1)).take(len(before))
        self.assertEqual([e.text for e in told], [e.text for e in before])

    def test_the_header_goes_before_the_query(self):
        self.logged_in()
        everything = self.watch("/admin/events?since=0").until("family_created")
        again = self.watch("/admin/events?since=0", last_id=everything[0].id)
        self.assertGreater(again.next().id, everything[0].id)

    def test_a_place_that_never_was_is_gone(self):
        with self.assertRaises(Refused) as refusal:
            self.watch(last_id=10**12)
        self.assertEqual((refusal.exception.status, refusal.exception.code), (410, "events_gone"))


class Slow(EventCase):
    def test_a_reader_that_stands_still_is_cut_off_and_misses_nothing(self):
        stream = self.watch()
        tokens = self.logged_in()
        token, rotations = tokens["refresh_token"], 0
        kept = Client(self.server.url, keep=True)
        self.addCleanup(kept.close)
        # More than fits into the socket; then the server waits, as long as for any answer.
        while rotations < 2000:
            token = self.expect(kept.refresh(token), 200).json["refresh_token"]
            rotations += 1
        eventually(lambda: self.metric("pawl_event_streams") == 0, seconds=120)
        told = stream.rest()
        again = self.watch(last_id=stream.last_id)
        told += again.take(2 + rotations - len(told))
        self.assertEqual([e.kind for e in told], ["signed_up", "family_created"] + ["family_rotated"] * rotations)
        self.assertEqual([e.data["generation"] for e in told[2:]], list(range(1, rotations + 1)))


class Compacted(EventCase):
    OPTIONS = ("--log-retention", "0", "--snapshot-min-bytes", "0")

    def test_what_retention_took_is_said_to_be_gone(self):
        self.logged_in()
        admin = UnixClient(self.admin_socket())
        for _ in range(4):  # two snapshots are kept; the log before them is not
            self.logged_in()
            self.expect(admin.post("/admin/snapshot"), 200)
        with self.assertRaises(Refused) as refusal:
            self.watch("/admin/events?since=0")
        self.assertEqual((refusal.exception.status, refusal.exception.code), (410, "events_gone"))
        self.logged_in()


class Ended(EventCase):
    def test_by_a_stop_at_once(self):
        streams = [self.watch() for _ in range(3)]
        self.assertEqual(self.server.stop(), 0)
        for stream in streams:
            self.assertEqual(stream.rest(), [])
        self.assertNotIn("server.cut_off", self.server.log())
        self.server.start()

    def test_when_its_operator_is_one_no_more(self):
        email, access = self.superuser()
        stream = Stream(self.server.url, bearer=access)
        self.addCleanup(stream.close)
        self.signed_up()
        self.assertEqual(stream.next().kind, "signed_up")
        admin = UnixClient(self.admin_socket())
        user = admin.get("/admin/users?login=" + email).json["users"][0]["id"]
        self.expect(admin.send("PATCH", "/admin/users/%d" % user, {"is_superuser": False}, None), 200)
        self.assertEqual([e.kind for e in stream.rest()], [])
        with self.assertRaises(Refused) as refusal:
            Stream(self.server.url, bearer=access)
        self.assertEqual(refusal.exception.code, "not_admin")

    def test_when_its_session_ends(self):
        _, access = self.superuser()
        stream = Stream(self.server.url, bearer=access)
        self.addCleanup(stream.close)
        self.expect(self.client.post("/logout/all", None, access), 204)
        self.assertEqual([e.kind for e in stream.rest()], [])

    def test_only_operators_watch(self):
        access = self.logged_in()["access_token"]
        for bearer, status, code in ((None, 401, "missing_access_token"), (access, 403, "not_admin")):
            with self.assertRaises(Refused) as refusal:
                Stream(self.server.url, bearer=bearer)
            self.assertEqual((refusal.exception.status, refusal.exception.code), (status, code))

    def test_a_client_that_goes_away_gives_its_place_back(self):
        streams = [self.watch() for _ in range(5)]
        self.assertEqual(self.metric("pawl_event_streams"), 5)
        for stream in streams:
            stream.close()
        eventually(lambda: self.metric("pawl_event_streams") == 0)

    def test_there_is_a_limit(self):
        streams = [self.watch() for _ in range(32)]
        with self.assertRaises(Refused) as refusal:
            self.watch()
        self.assertEqual((refusal.exception.status, refusal.exception.code), (503, "operations_busy"))
        streams[0].close()
        eventually(lambda: self.metric("pawl_event_streams") == 31)
        self.watch()
        for stream in streams:
            stream.close()
        eventually(lambda: self.metric("pawl_event_streams") <= 1)


class InMemory(EventCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Pawld(data_dir=":memory:")
        cls.server.options += ["--admin-socket", os.path.join(cls.server.home, "admin.sock")]
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def admin_socket(self):
        return os.path.join(self.server.home, "admin.sock")

    def test_it_tells_and_has_no_past(self):
        stream = self.watch()
        self.logged_in()
        self.assertEqual([e.kind for e in stream.take(2)], ["signed_up", "family_created"])
        with self.assertRaises(Refused) as refusal:
            self.watch(last_id=stream.last_id)
        self.assertEqual((refusal.exception.status, refusal.exception.code), (409, "not_on_disk"))

    def test_a_reset_ends_it(self):
        stream = self.watch()
        self.assertEqual(self.client.post("/dev/reset").status, 204)
        self.assertEqual(stream.rest(), [])
        self.watch()

    def test_worlds_are_told_apart(self):
        here = self.watch()
        there = self.watch("/t/other/admin/events")
        self.expect(Client(self.server.url).request(
            "POST", "/t/other/signup", json.dumps({"email": "a@example.com", "password": PASSWORD}),
            {"Content-Type": "application/json"}), 201)
        self.logged_in()
        self.assertEqual([e.kind for e in there.take(1)], ["signed_up"])
        self.assertEqual([e.kind for e in here.take(2)], ["signed_up", "family_created"])


class OverTls(EventCase):
    OPTIONS = ("--tls-self-signed",)

    def setUp(self):
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        self.tls = unchecked
        self.client = Client(self.server.url, tls=self.tls)

    def watch_over_tls(self, bearer, **more):
        stream = Stream(self.server.url, bearer=bearer, tls=self.tls, **more)
        self.addCleanup(stream.close)
        return stream

    def test_a_stream_and_where_it_goes_on(self):
        _, access = self.superuser()
        stream = self.watch_over_tls(access)
        first = self.logged_in()
        self.assertEqual([e.kind for e in stream.take(2)], ["signed_up", "family_created"])
        stream.close()
        tokens = [first]
        for _ in range(300):  # more than one record of TLS, and from the disk
            tokens.append(self.rotated(tokens[-1]["refresh_token"]))
        again = self.watch_over_tls(access, last_id=stream.last_id)
        told = again.take(300)
        self.assertEqual([(e.kind, e.data["generation"]) for e in told], [("family_rotated", n) for n in range(1, 301)])
        self.expect(self.client.post("/logout/all", None, access), 204)
        self.assertEqual([e.kind for e in again.rest()], [])


class Secrets(EventCase):
    def test_no_secret_is_in_any_event(self):
        stream = self.watch()
        password = "canary of a password 731"
        email = fresh_email()
        self.expect(self.client.sign_up(email, password), 201)
        tokens = self.expect(self.client.login(email, password), 200).json
        again = self.rotated(tokens["refresh_token"])
        self.expect(self.client.login(email, "canary of a wrong one 732"), 401)
        change = {"current_password": password, "new_password": "canary of a new one 733"}
        self.expect(self.client.post("/users/me/password", change, again["access_token"]), 204)
        stream.until("sessions_revoked")
        text = stream.raw.decode()
        for secret in (password, "canary", tokens["refresh_token"][4:40], again["refresh_token"][4:40],
                       tokens["access_token"][-40:], "argon2"):
            self.assertNotIn(secret, text)


if __name__ == "__main__":
    main()
