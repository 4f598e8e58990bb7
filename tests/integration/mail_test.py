"""Mails at the real server: they are in the box before the reply, they read well to another program, what a relay does wrong
leads where docs/mail.md says, and after kill -9 each comes at least once."""
import email
import email.policy
import os
import tempfile
import unittest

from support import case
from support.case import ServerCase, fresh_email
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import Pawld

HALF_MINUTE = 30
EVIL_NAMES = ["Ada\u2028Bcc: x@example.org", "=?UTF-8?Q?x?=", "Ada <b>\"quoted\"</b>", "Gr\u00fc\u00dfe \u20ac", "." * 200]


class Box:
    """What the server caught."""

    def __init__(self, client):
        self.client = client

    def all(self, to=None, kind=None):
        query = "&".join("%s=%s" % pair for pair in (("to", to), ("kind", kind)) if pair[1])
        return self.client.get("/dev/mail" + ("?" + query if query else "")).json

    def only(self, to, kind):
        found = self.all(to, kind)
        if len(found) != 1:
            raise AssertionError("%d mails of kind %s to %s" % (len(found), kind, to))
        return found[0]

    def parsed(self, mail):
        reply = self.client.get("/dev/mail/%s/raw" % mail["id"])
        return email.message_from_bytes(reply.body, policy=email.policy.default)


class MailCase(ServerCase):
    KEYWORDS = {"data_dir": ":memory:"}

    def setUp(self):
        super().setUp()
        self.expect(self.client.post("/dev/reset"), 204)
        self.box = Box(self.client)

    def asked(self, **more):
        """A user who asked for a new password: its address."""
        address = self.signed_up(**more)
        self.expect(self.client.post("/password/forgot", {"email": address}), 202)
        return address

    def fault(self, code, count=1):
        self.expect(self.client.post("/dev/faults", {"fault": "mail", "code": code, "count": count}), 201)

    def listed(self):
        return self.client.get("/admin/mail", bearer=self.operator()).json["mails"]

    def operator(self):
        address = fresh_email()
        self.expect(self.client.post("/dev/users", {"email": address, "password": case.PASSWORD, "is_superuser": True}), 201)
        return self.client.login(address).json["access_token"]


class Mails(MailCase):
    def test_a_mail_is_in_the_box_before_the_reply_and_reads_well_to_another_program(self):
        for language, word in (("en", "Choose a new password"), ("de", "W\u00e4hlen Sie ein neues Passwort")):
            for name in EVIL_NAMES:
                with self.subTest(language=language, name=name):
                    self.expect(self.client.delete("/dev/mail"), 204)
                    address = self.signed_up()
                    self.expect(self.client.post("/password/forgot", {"email": address}, headers={"Accept-Language": language}), 202)
                    caught = self.box.only(address, "reset_password")
                    read = self.box.parsed(caught)
                    self.assertEqual(read.defects, [])
                    self.assertEqual(read["To"].addresses[0].addr_spec, address)
                    self.assertEqual(len(read["To"].addresses), 1)
                    self.assertEqual(read["Subject"], caught["subject"])
                    self.assertEqual(read["Auto-Submitted"], "auto-generated")
                    self.assertTrue(read["Message-ID"].startswith("<%s@" % caught["id"]))
                    self.assertIsNone(read["Bcc"])
                    self.assertEqual([part.get_content_type() for part in read.iter_parts()], ["text/plain", "text/html"])
                    text, html = (part.get_content() for part in read.iter_parts())
                    self.assertEqual(text.replace("\r\n", "\n").rstrip("\n"), caught["text"].rstrip("\n"))
                    self.assertIn(caught["link"], text)
                    self.assertIn(caught["link"], html)
                    self.assertTrue(caught["subject"])
                    if caught["subject"] == word:
                        self.assertEqual(read["Content-Language"], language)

    def test_raw_mails_have_short_lines_and_no_bare_ends(self):
        address = self.asked()
        caught = self.box.only(address, "reset_password")
        raw = self.client.get("/dev/mail/%s/raw" % caught["id"]).body
        self.assertEqual(raw.count(b"\r"), raw.count(b"\n"))
        self.assertEqual(raw.count(b"\r\n"), raw.count(b"\n"))
        self.assertLessEqual(max(len(line) for line in raw.split(b"\r\n")), 998)
        self.assertTrue(raw.isascii())

    def test_one_that_is_put_off_comes_when_the_clock_says_so(self):
        self.fault("451")
        address = self.asked()
        self.assertEqual(self.box.all(address), [])
        self.client.advance(HALF_MINUTE - 1)
        self.assertEqual(self.box.all(address), [])
        self.client.advance(1)
        self.assertEqual(self.box.only(address, "reset_password")["to"], address)

    def test_one_that_is_refused_never_comes_and_may_be_sent_anew(self):
        self.fault("550")
        address = self.asked()
        self.client.advance(7200)
        self.assertEqual(self.box.all(address), [])
        operator = self.operator()
        refused = [m for m in self.client.get("/admin/mail", bearer=operator).json["mails"] if m["to"] == address]
        self.assertEqual([m["status"] for m in refused], ["refused"])
        again = self.client.post("/admin/mail/%s/retry" % refused[0]["id"], bearer=operator)
        self.expect(again, 202)
        self.assertNotEqual(again.json["id"], refused[0]["id"])
        self.assertEqual(self.box.only(address, "reset_password")["id"], again.json["id"])
        self.expect(self.client.post("/admin/mail/%s/retry" % ("0" * 32), bearer=operator), 404, "mail_not_found")

    def test_a_relay_that_is_away_for_an_hour_costs_no_attempt(self):
        for code in ("535", "connect"):
            with self.subTest(code):
                self.expect(self.client.post("/dev/reset"), 204)
                self.fault(code, count=0)
                addresses = [self.signed_up() for _ in range(3)]
                for address in addresses:
                    self.expect(self.client.post("/password/forgot", {"email": address}), 202)
                for _ in range(6):
                    self.client.advance(240)  # the link lives for half an hour
                    self.assertEqual(self.box.all(), [])
                operator = self.operator()
                page = self.client.get("/admin/mail", bearer=operator).json
                self.assertTrue(page["relay_failing"])
                self.assertEqual({(m["status"], m["attempts"]) for m in page["mails"]}, {("waiting", 0)})
                self.expect(self.client.delete("/dev/faults"), 204)
                self.client.advance(300)
                self.client.get("/healthz")  # after the one that was tried alone
                for address in addresses:
                    self.assertEqual(len(self.box.all(address, "reset_password")), 1)
                self.client.advance(3600)

    def test_one_whose_link_is_too_old_is_not_sent(self):
        self.fault("connect", count=0)
        address = self.asked()
        self.client.advance(3600)
        self.expect(self.client.delete("/dev/faults"), 204)
        self.client.advance(300)
        self.assertEqual(self.box.all(address), [])
        self.assertEqual([m["status"] for m in self.listed() if m["to"] == address], ["expired"])

    def test_a_connection_that_is_lost_after_the_content_makes_it_come_twice_with_one_id(self):
        self.fault("after_250")
        address = self.asked()
        self.client.advance(2)
        found = self.box.all(address, "reset_password")
        self.assertEqual(len(found), 2)
        self.assertEqual(found[0]["id"], found[1]["id"])

    def test_an_operator_drops_one_that_waits(self):
        self.fault("451")
        address = self.asked()
        operator = self.operator()
        waiting = [m for m in self.client.get("/admin/mail", bearer=operator).json["mails"] if m["to"] == address]
        self.expect(self.client.delete("/admin/mail/" + waiting[0]["id"], bearer=operator), 204)
        self.client.advance(3600)
        self.assertEqual(self.box.all(address), [])
        self.expect(self.client.get("/admin/mail", bearer=self.client.login(self.signed_up()).json["access_token"]), 403, "not_admin")

    def test_a_test_mail_says_what_the_relay_says(self):
        operator = self.operator()
        sent = self.client.post("/admin/mail/test", {"to": "ada@example.org"}, bearer=operator)
        self.expect(sent, 200)
        self.assertEqual(sent.json["outcome"], "sent")
        self.assertEqual(self.box.only("ada@example.org", "test")["subject"], "Test mail")
        self.fault("535")
        failed = self.client.post("/admin/mail/test", {"to": "ada@example.org"}, bearer=operator)
        self.assertEqual(failed.json, {"outcome": "relay_fault", "relay_said": "535 5.7.8 authentication failed"})
        for to in ("", "a\r\nBcc: b@example.org", "a b@example.org", "Ada <ada@example.org>"):
            self.expect(self.client.post("/admin/mail/test", {"to": to}, bearer=operator), 422, "validation_failed")

    def test_a_reset_empties_the_box_and_a_restore_brings_it_back(self):
        address = self.asked()
        self.expect(self.client.post("/dev/snapshot", {"name": "with-mail"}), 201)
        self.expect(self.client.delete("/dev/mail"), 204)
        self.assertEqual(self.box.all(), [])
        self.expect(self.client.post("/dev/restore", {"name": "with-mail"}), 204)
        self.assertEqual(len(self.box.all(address)), 1)
        self.expect(self.client.post("/dev/reset"), 204)
        self.assertEqual(self.box.all(), [])

    def test_the_box_tells_one_mail_and_forgets_it(self):
        address = self.asked()
        caught = self.box.only(address, "reset_password")
        whole = self.client.get("/dev/mail/" + caught["id"]).json
        self.assertIn("<!doctype html>", whole["html"])
        self.expect(self.client.delete("/dev/mail/" + caught["id"]), 204)
        for path in ("/dev/mail/" + caught["id"], "/dev/mail/x", "/dev/mail/%s/raw" % caught["id"]):
            self.expect(self.client.get(path), 404, "not_found")
        self.expect(self.client.get("/dev/mail?kind=postcard"), 422, "validation_failed")


class Crashes(unittest.TestCase):
    def test_after_a_kill_every_mail_that_was_answered_for_comes_at_least_once(self):
        with tempfile.TemporaryDirectory() as directory, Pawld(data_dir=os.path.join(directory, "data")) as server:
            client = Client(server.url)
            addresses = [fresh_email() for _ in range(6)]
            for address in addresses:
                self.assertEqual(client.sign_up(address).status, 201)
            for address in addresses:
                # Not taken, so that it waits over the kill.
                self.assertEqual(client.post("/dev/faults", {"fault": "mail", "code": "connect", "count": 0}).status, 201)
                self.assertEqual(client.post("/password/forgot", {"email": address}).status, 202)
                server.kill()
                server.start()
                client = Client(server.url)
                self.assertGreaterEqual(len(Box(client).all(address, "reset_password")), 1)

    def test_pawlctl_lists_what_waits(self):
        with tempfile.TemporaryDirectory() as directory, Pawld(data_dir=os.path.join(directory, "data")) as server:
            client = Client(server.url)
            address = fresh_email()
            client.sign_up(address)
            client.post("/dev/faults", {"fault": "mail", "code": "451", "count": 0})
            self.assertEqual(client.post("/password/forgot", {"email": address}).status, 202)
            listed = pawlctl("mail", "list", data_dir=server.data_dir)
            self.assertEqual(listed.status, 0, listed.err)
            self.assertIn(address, listed.out)
            tried = pawlctl("mail", "test", "ada@example.org", data_dir=server.data_dir)
            self.assertEqual(tried.status, 1, tried.out)
            self.assertIn("451", tried.out)


if __name__ == "__main__":
    case.main()
