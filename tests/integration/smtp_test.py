"""Mails of a real server on their way to a relay: what arrives, what a relay says and does wrong, TLS, and that after kill -9
each mail arrives at least once, with one id. With aiosmtpd, Debian's Exim and Mailpit, where they are."""
import email
import email.policy
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from support.case import PASSWORD, eventually, fresh_email, main
from support.http import Client
from support.packages import go_tool
from support.pawld import Pawld, refused_start
from support.ports import free_port
from support.relay import CONTENT, GREETING, HANG_UP, Relay

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
except ImportError:
    Controller = AuthResult = None

FROM = "noreply@example.org"
EXIM = next((path for path in ("/usr/sbin/exim4", "/usr/sbin/exim") if os.path.exists(path)), None)
MAILPIT = ("github.com/axllent/mailpit", "v1.33.1")
WISHED = "a third wagon 5 goat"


def read(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def link_in(content):
    text = read(content).get_body(("plain",)).get_content()
    return next(word for word in text.split() if "/l/pml_" in word)


class RelayCase(unittest.TestCase):
    def relay(self, port=0):
        relay = Relay(port)
        self.addCleanup(relay.close)
        return relay

    def server(self, *options):
        server = Pawld("--mail-from", FROM, *options)
        self.addCleanup(server.close)
        server.start()
        self.client = Client(server.url)
        return server

    def plain(self, relay):
        return self.server("--smtp", relay.url, "--smtp-plain")

    def asked(self):
        """A user who asked for a new password: its address."""
        address = fresh_email()
        self.assertEqual(self.client.sign_up(address).status, 201)
        self.assertEqual(self.client.post("/password/forgot", {"email": address}).status, 202)
        return address

    def listed(self, address=None):
        operator = fresh_email()
        body = {"email": operator, "password": PASSWORD, "is_superuser": True}
        self.assertEqual(self.client.post("/dev/users", body).status, 201)
        access = self.client.login(operator).json["access_token"]
        told = self.client.get("/admin/mail", bearer=access).json
        return [m for m in told["mails"] if m["to"] == address] if address else told

    def becomes(self, address, status):
        eventually(lambda: [m["status"] for m in self.listed(address)] == [status])


class Sent(RelayCase):
    def test_a_mail_arrives_and_its_link_does_what_it_says(self):
        relay = self.relay()
        self.plain(relay)
        address = self.asked()
        taken = relay.next()
        self.assertEqual((taken.sender, taken.to), (b"MAIL FROM:<%s>\r\n" % FROM.encode(), b"RCPT TO:<%s>\r\n" % address.encode()))
        parsed = read(taken.content)
        self.assertEqual(parsed.defects, [])
        self.assertEqual(parsed["From"].addresses[0].addr_spec, FROM)
        self.assertEqual([one.addr_spec for one in parsed["To"].addresses], [address])
        capsule = link_in(taken.content).rsplit("/", 1)[1]
        self.assertEqual(self.client.get("/l/" + capsule).status, 200)
        self.assertEqual(self.client.post("/password/reset", {"capsule": capsule, "new_password": WISHED}).status, 204)
        self.assertEqual(self.client.login(address, WISHED).status, 200)
        eventually(lambda: {m["status"] for m in self.listed(address)} == {"sent"})

    def test_one_that_is_put_off_is_tried_again_and_one_that_is_refused_is_not(self):
        relay = self.relay()
        self.plain(relay)
        relay.answers("RCPT", b"451 4.7.1 later\r\n", b"550 5.1.1 no such user\r\n")
        late, never = self.asked(), None
        eventually(lambda: [m["attempts"] for m in self.listed(late)] == [1])
        never = self.asked()
        self.becomes(never, "refused")
        self.client.advance(30)
        self.assertIn(late.encode(), relay.next().to)
        self.client.advance(7200)
        self.assertTrue(relay.taken.empty())

    def test_while_the_relay_is_away_all_wait_and_none_is_lost(self):
        relay = Relay()
        port = relay.port
        relay.close()
        self.plain(relay)
        addresses = [self.asked() for _ in range(3)]
        eventually(lambda: self.listed()["relay_failing"])
        self.assertEqual({(m["status"], m["attempts"]) for m in self.listed()["mails"]}, {("waiting", 0)})
        back = self.relay(port)
        self.client.advance(300)  # it is tried at least so often; the links live for half an hour
        found = {back.next().to for _ in addresses}
        self.assertEqual(len(found), len(addresses))
        eventually(lambda: not self.listed()["relay_failing"])

    def test_a_relay_that_lies_costs_its_one_exchange(self):
        relay = self.relay()
        server = self.plain(relay)
        lies = [(GREETING, b"x" * 5_000_000), (GREETING, HANG_UP), (GREETING, b"220 a\r\n220 b\r\n354 c\r\n250 d\r\n"),
                ("EHLO", b"250-" + b"a" * 70_000 + b"\r\n250 b\r\n"), ("EHLO", b"\x00\xff\r\n"), ("MAIL", b"99999 what\r\n"),
                ("RCPT", b"354 go on\r\n"), ("DATA", b"250 taken\r\n"), (CONTENT, HANG_UP), (CONTENT, b"421 shutting down\r\n")]
        address = self.asked()
        first = relay.next()
        for verb, answer in lies:
            with self.subTest(verb=verb, answer=answer and answer[:30]):
                relay.answers(verb, answer)
                address = self.asked()

                def arrived():
                    self.client.advance(300)
                    return not relay.taken.empty() or None
                # A reply that only one mail was hurt by may have cost that mail its link's time.
                eventually(lambda: arrived() or [m["status"] for m in self.listed(address)][:1] in (["expired"], ["refused"]))
                while not relay.taken.empty():
                    relay.taken.get()
        self.assertIsNone(server.process.poll())
        self.assertTrue(first.content)

    def test_a_mail_that_the_relay_took_while_the_server_was_killed_comes_again_with_its_id(self):
        relay = self.relay()
        server = self.plain(relay)

        def kill():
            server.process.send_signal(signal.SIGKILL)
            return b"250 2.0.0 taken\r\n"
        relay.answers(CONTENT, kill)
        address = fresh_email()
        self.assertEqual(self.client.sign_up(address).status, 201)
        try:
            self.client.post("/password/forgot", {"email": address})
        except OSError:
            pass  # killed before it answered, but the mail was durable before it left
        first = relay.next()
        server.stop()
        server.start()
        self.client = Client(server.url)
        again = relay.next()
        self.assertEqual(read(again.content)["Message-ID"], read(first.content)["Message-ID"])
        self.assertEqual(link_in(again.content).rsplit("/", 1)[1][:4], "pml_")
        self.assertIn(address.encode(), again.to)

    def test_a_factor_that_was_answered_for_and_its_notice_outlive_a_kill(self):
        relay = Relay()
        port = relay.port
        relay.close()
        server = self.plain(relay)
        address = fresh_email()
        body = {"email": address, "password": PASSWORD, "email_verified": True}
        self.assertEqual(self.client.post("/dev/users", body).status, 201)
        access = self.client.login(address).json["access_token"]
        self.assertEqual(self.client.post("/users/me/factors/recovery", bearer=access).status, 201)
        server.kill()
        back = self.relay(port)
        server.start()
        self.client = Client(server.url)
        self.assertIn(address.encode(), back.next().to)
        self.assertEqual(len(self.client.get("/users/me/factors", bearer=self.client.login(address).json["access_token"])
                             .json["factors"]), 1)


class OverTls(RelayCase):
    """aiosmtpd: a relay that we did not write."""

    def setUp(self):
        if Controller is None:
            self.skipTest("aiosmtpd is not installed")
        self.folder = tempfile.mkdtemp(prefix="pawl-smtp-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.ca, certificate, key = self.made_certificate()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.taken = []
        self.password_file = os.path.join(self.folder, "password")
        descriptor = os.open(self.password_file, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, b"a relay's password\n")
        os.close(descriptor)

    def made_certificate(self):
        def run(*arguments):
            subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out",
            "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        return [os.path.join(self.folder, file) for file in ("cert.pem", "cert.pem", "key.pem")]

    def aiosmtpd(self):
        case = self

        class Handler:
            async def handle_DATA(self, _server, _session, envelope):
                case.taken.append(envelope)
                return "250 2.0.0 taken"

        def sign_in(_server, _session, _envelope, _mechanism, data):
            return AuthResult(success=(data.login, data.password) == (b"pawl", b"a relay's password"))
        controller = Controller(Handler(), hostname="127.0.0.1", port=free_port(), tls_context=self.context, require_starttls=True,
                                authenticator=sign_in, auth_required=True)
        controller.start()
        self.addCleanup(controller.stop)
        return controller.port

    def started(self, user="pawl", *more):
        return self.server("--smtp", "smtp://%s@localhost:%d" % (user, self.aiosmtpd()), "--smtp-password-file",
                           self.password_file, *more)

    def test_a_mail_goes_over_tls_once_signed_in(self):
        server = self.started("pawl", "--smtp-ca", self.ca)
        address = self.asked()
        eventually(lambda: self.taken)
        self.assertEqual((self.taken[0].mail_from, self.taken[0].rcpt_tos), (FROM, [address]))
        self.assertNotIn("a relay's password", server.log())

    def test_without_the_right_authority_nothing_is_said(self):
        self.started()
        self.asked()
        eventually(lambda: self.listed()["relay_failing"])
        self.assertEqual(self.taken, [])

    def test_a_wrong_name_pauses_the_queue(self):
        self.started("somebody", "--smtp-ca", self.ca)
        self.asked()
        eventually(lambda: self.listed()["relay_failing"])
        self.assertEqual(self.taken, [])


class Exim(RelayCase):
    def test_exim_takes_and_delivers_a_mail(self):
        if EXIM is None:
            self.skipTest("exim4 is not installed: tools/install relay")
        if os.geteuid() != 0:
            self.skipTest("Exim's daemon serves for root alone")
        folder = tempfile.mkdtemp(prefix="pawl-exim-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o777)
        port = free_port()
        box = os.path.join(folder, "box")
        settings = pathlib.Path(folder, "exim.conf")
        settings.write_text("""primary_hostname = relay.example
spool_directory = {0}/spool
log_file_path = {0}/%slog
pid_file_path = {0}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {1}
acl_smtp_rcpt = accept
acl_smtp_data = accept
never_users =
begin acl
accept:
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = {2}
  user = Debian-exim
  no_mode_fail_narrower
""".format(folder, port, box), encoding="ascii")
        os.chmod(settings, 0o644)
        daemon = subprocess.Popen([EXIM, "-bdf", "-q1h", "-C", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        eventually(lambda: os.path.exists(os.path.join(folder, "pid")))
        self.server("--smtp", "smtp://127.0.0.1:%d" % port, "--smtp-plain")
        address = self.asked()
        self.becomes(address, "sent")
        eventually(lambda: "Completed" in pathlib.Path(folder, "mainlog").read_text(encoding="utf-8"))
        envelope, delivered = pathlib.Path(box).read_bytes().split(b"\n", 1)
        self.assertTrue(envelope.startswith(b"From %s " % FROM.encode()), envelope)
        parsed = read(delivered)
        self.assertEqual(parsed.defects, [])
        self.assertEqual([one.addr_spec for one in parsed["To"].addresses], [address])
        capsule = link_in(delivered).rsplit("/", 1)[1]
        self.assertEqual(self.client.post("/password/reset", {"capsule": capsule, "new_password": WISHED}).status, 204)


class Mailpit(RelayCase):
    """Where people who develop look at mails: what it understood of them."""

    def started(self):
        program, smtp, self.port = go_tool(*MAILPIT), free_port(), free_port()
        folder = tempfile.mkdtemp(prefix="pawl-mailpit-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        serving = subprocess.Popen([program, "--smtp", "127.0.0.1:%d" % smtp, "--listen", "127.0.0.1:%d" % self.port, "--database",
                                    os.path.join(folder, "mails"), "--disable-version-check", "--quiet"], stdin=subprocess.DEVNULL)
        self.addCleanup(serving.wait)
        self.addCleanup(serving.kill)
        eventually(lambda: self.shown("info"))
        return smtp

    def shown(self, what):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/api/v1/%s" % (self.port, what), timeout=10) as answer:
                return json.load(answer)
        except urllib.error.URLError:
            return None

    def test_it_shows_mails_of_both_languages_as_they_are_meant(self):
        smtp = self.started()
        self.server("--smtp", "smtp://127.0.0.1:%d" % smtp, "--smtp-plain")
        operator = fresh_email()
        self.client.post("/dev/users", {"email": operator, "password": PASSWORD, "is_superuser": True})
        access = self.client.login(operator).json["access_token"]
        for language, subject, greeting in (("en", "Choose a new password", "Hello"),
                                            ("de", "W\u00e4hlen Sie ein neues Passwort", "Guten Tag")):
            with self.subTest(language):
                address = fresh_email()
                user = {"email": address, "locale": language, "password_hash": "", "first_name": "J\u00fcrgen \U0001f600"}
                self.assertEqual(self.client.post("/admin/import", {"user": user}, bearer=access).status, 200)
                self.assertEqual(self.client.post("/password/forgot", {"email": address}).status, 202)
                self.becomes(address, "sent")
                found, = (one for one in self.shown("messages")["messages"] if one["To"][0]["Address"] == address)
                mail = self.shown("message/" + found["ID"])
                self.assertEqual((mail["Subject"], mail["From"]["Address"], mail["ReturnPath"]), (subject, FROM, FROM))
                link = next(word for word in mail["Text"].split() if "/l/pml_" in word)
                self.assertIn(link, mail["HTML"])
                self.assertIn('lang="%s"' % language, mail["HTML"])
                self.assertIn(greeting, mail["Text"])
                self.assertEqual((mail["Attachments"], mail["Inline"]), ([], []))
                capsule = link.rsplit("/", 1)[1]
                self.assertEqual(self.client.post("/password/reset", {"capsule": capsule, "new_password": WISHED}).status, 204)
                self.assertEqual(self.client.login(address, WISHED).status, 200)


class Refused(unittest.TestCase):
    def test_options_that_do_not_fit_are_refused_at_the_start(self):
        for options in (["--smtp", "smtp://relay.example"], ["--mail-from", FROM],
                        ["--smtp", "http://relay.example", "--mail-from", FROM],
                        ["--smtp", "smtp://u:p@relay.example", "--mail-from", FROM],
                        ["--smtp", "smtp://u@relay.example", "--mail-from", FROM],
                        ["--smtp", "smtp://relay.example", "--smtp-plain", "--mail-from", FROM],
                        ["--smtp", "smtp://relay.example", "--mail-from", "a\nb@example.org"]):
            with self.subTest(options):
                status, said = refused_start(*options)
                self.assertEqual(status, 2, said)


if __name__ == "__main__":
    main()
