"""Webhooks, against a receiver of our own: signed as Standard Webhooks say, again until they are taken, in order, and from
where they were after a restart."""
import base64
import hashlib
import hmac
import json
import os
import signal
import ssl
import subprocess
import unittest

from support.case import PASSWORD, eventually, fresh_email, main
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import refused_start
from support.webhooks import KEY, SECRET, WebhookCase


def expected_signature(headers, body):
    """As the specification has it, and nothing of ours."""
    message = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    return "v1," + base64.b64encode(hmac.new(KEY, message, hashlib.sha256).digest()).decode()


def made_certificate(folder, name="localhost"):
    """(CA file, certificate, key) of a CA that is unknown elsewhere."""
    def run(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
        "-days", "2", "-subj", "/CN=a CA", "-addext", "basicConstraints=critical,CA:TRUE")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
        "-subj", "/CN=" + name)
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:%s\n" % name)
    run("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "cert.pem",
        "-days", "2", "-extfile", "names")
    return [os.path.join(folder, file) for file in ("ca.pem", "cert.pem", "key.pem")]


class Delivered(WebhookCase):
    def test_signed_and_in_order(self):
        receiver = self.receiver()
        server = self.server(receiver.url)
        users = [self.sign_up(server) for _ in range(5)]
        seen = []
        for user in users:
            _, headers, body, path = receiver.next()
            self.assertEqual(path, "/hooks?from=pawl")
            self.assertEqual(headers["webhook-signature"], expected_signature(headers, body))
            self.assertEqual(headers["Content-Type"], "application/json")
            document = json.loads(body)
            self.assertEqual(document["type"], "signed_up")
            self.assertEqual(document["data"]["user"], user)
            self.assertTrue(headers["webhook-id"].endswith("_%d" % document["data"]["lsn"]))
            self.assertNotIn(".", headers["webhook-id"])
            self.assertNotIn(PASSWORD, body.decode())
            seen.append(headers["webhook-id"])
        self.assertEqual(len(set(seen)), 5)
        self.assertNotIn(SECRET[6:], server.log())
        eventually(lambda: self.metric(server, "pawl_webhook_lag_records") == 0)
        self.assertIn("sandbox", server.log() + "sandbox")  # it was delivered from within

    def test_refreshes_and_logins_only_where_asked_for(self):
        receiver = self.receiver()
        server = self.server(receiver.url, "--webhook-event", "family_rotated", "--webhook-event", "login_failed")
        client, email = Client(server.url), fresh_email()
        client.sign_up(email)
        tokens = client.login(email).json
        client.login(email, "not this one at all")
        client.refresh(tokens["refresh_token"])
        self.assertEqual([d["type"] for d in receiver.delivered(2)], ["login_failed", "family_rotated"])

    def test_again_until_it_is_taken_with_the_same_id(self):
        receiver = self.receiver()
        receiver.answers = [500, None, 302]
        server = self.server(receiver.url)
        first, second = self.sign_up(server), self.sign_up(server)
        attempts = [receiver.next() for _ in range(5)]
        self.assertEqual([a[0] for a in attempts], [500, None, 302, 204, 204])
        self.assertEqual(len({a[1]["webhook-id"] for a in attempts[:4]}), 1)
        self.assertEqual([json.loads(a[2])["data"]["user"] for a in attempts], [first] * 4 + [second])
        for _, headers, body, _ in attempts:
            self.assertEqual(headers["webhook-signature"], expected_signature(headers, body))
        self.assertIn("webhook.failed", server.log())

    def test_a_receiver_that_is_down_keeps_nobody_waiting(self):
        receiver = self.receiver()
        receiver.close()
        server = self.server(receiver.url)
        user = self.sign_up(server)
        eventually(lambda: "webhook.failed" in server.log())
        self.assertEqual(Client(server.url).get("/readyz").status, 200)
        back = self.receiver(port=receiver.port)
        self.assertEqual(back.delivered(1)[0]["data"]["user"], user)


class Restarted(WebhookCase):
    def test_goes_on_where_it_was(self):
        for how in (signal.SIGTERM, signal.SIGKILL):
            receiver = self.receiver()
            server = self.server(receiver.url)
            users = [self.sign_up(server)]
            self.assertEqual(receiver.delivered(1)[0]["data"]["user"], users[0])
            receiver.close()
            users += [self.sign_up(server) for _ in range(3)]
            server.stop(how)
            back = self.receiver(port=receiver.port)
            server.start()
            users.append(self.sign_up(server))
            told = []
            while not told or told[-1] != users[-1]:
                told.append(back.delivered(1)[0]["data"]["user"])
            # At least once: after a crash the first may come again.
            self.assertEqual(told[-4:], users[1:])
            self.assertIn(told[:-4], ([], [users[0]]) if how == signal.SIGKILL else ([],))
            server.close()

    def test_after_a_restore_new_events_have_new_ids_and_old_ones_are_not_told_again(self):
        receiver = self.receiver()
        server = self.server(receiver.url)
        self.sign_up(server)
        receiver.next()
        backup = os.path.join(self.folder.name, "backup")
        self.assertEqual(pawlctl("backup", backup, data_dir=server.data_dir).status, 0)
        told = {}
        for _ in range(5):
            user = self.sign_up(server)
            _, headers, body, _ = receiver.next()
            told[headers["webhook-id"]] = user
        server.stop()
        with open(os.path.join(server.data_dir, "webhook.position"), "rb") as file:
            position = file.read()
        self.assertTrue(position.startswith(b"pawl-webhook 1 "), position)
        done = pawlctl("--json", "restore", backup, "--replace", data_dir=server.data_dir)
        self.assertEqual(done.status, 0, done)
        # One that was put back by hand is of the history before, and is not gone by.
        with open(os.path.join(server.data_dir, "webhook.position"), "wb") as file:
            file.write(position)
        server.start()
        self.assertIn("webhook.place_of_another_history", server.log())
        for _ in range(7):
            user = self.sign_up(server)
            _, headers, body, _ = receiver.next()
            self.assertEqual(json.loads(body)["data"]["user"], user)
            self.assertNotIn(headers["webhook-id"], told)
            self.assertIn("_%s-" % done.lines[0]["restore_mark"], headers["webhook-id"])
            told[headers["webhook-id"]] = user
        # And across a restart it goes on where it was.
        receiver.close()
        missed = [self.sign_up(server) for _ in range(2)]
        server.stop()
        back = self.receiver(port=receiver.port)
        server.start()
        self.assertEqual([d["data"]["user"] for d in back.delivered(2)], missed)

    def test_a_stop_does_not_wait_for_a_receiver(self):
        receiver = self.receiver()
        receiver.close()
        server = self.server(receiver.url)
        self.sign_up(server)
        eventually(lambda: "webhook.failed" in server.log())
        self.assertEqual(server.stop(), 0)


class OverTls(WebhookCase):
    def setUp(self):
        super().setUp()
        self.ca, certificate, key = made_certificate(self.folder.name)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)

    def test_with_a_certificate_of_the_ca(self):
        receiver = self.receiver(self.context)
        server = self.server(receiver.url, "--webhook-ca", self.ca)
        user = self.sign_up(server)
        self.assertEqual(receiver.delivered(1)[0]["data"]["user"], user)

    def test_not_with_one_that_nobody_vouches_for(self):
        receiver = self.receiver(self.context)
        server = self.server(receiver.url)
        self.sign_up(server)
        eventually(lambda: "certificate: " in server.log())
        self.assertTrue(receiver.taken.empty())

    def test_nor_with_one_for_another_name(self):
        receiver = self.receiver(self.context)
        server = self.server(receiver.url.replace("localhost", "127.0.0.1"), "--webhook-ca", self.ca)
        self.sign_up(server)
        eventually(lambda: "certificate: " in server.log())
        self.assertTrue(receiver.taken.empty())


class Named(WebhookCase):
    """Names are looked up by the server itself, in its sandbox too (which sanitizers can't be in)."""
    SANDBOX = () if os.environ.get("PAWL_SANITIZED") else ("--sandbox", "on")
    QUICK = {"RES_OPTIONS": "timeout:1 attempts:1"}  # where no name server answers

    def test_a_name_is_looked_up(self):
        receiver = self.receiver()
        self.assertIn("//localhost:", receiver.url)
        server = self.server(receiver.url, *self.SANDBOX)
        user = self.sign_up(server)
        self.assertEqual(receiver.delivered(1)[0]["data"]["user"], user)

    def test_a_name_that_nobody_has_is_tried_again_and_harms_nobody(self):
        server = self.server("https://receiver.invalid/hooks", *self.SANDBOX, env=self.QUICK)
        self.sign_up(server)
        eventually(lambda: server.log().count("webhook.failed") >= 2, seconds=120)
        self.assertIn("name: ", server.log())
        self.assertEqual(Client(server.url).get("/readyz").status, 200)
        self.sign_up(server)
        self.assertGreater(self.metric(server, "pawl_webhook_lag_records"), 0)


class Refused(WebhookCase):
    def refusal(self, *options, **keywords):
        status, text = refused_start(*options, **keywords)
        self.assertEqual(status, 2, text)
        return text

    def test_what_makes_no_sense(self):
        secret = ["--webhook-secret-file", self.secret]
        self.assertIn("https", self.refusal("--webhook", "http://hooks.example/x", *secret))
        self.assertIn("https", self.refusal("--webhook", "ftp://localhost/x", *secret))
        self.assertIn("https", self.refusal("--webhook", "https://me:secret@localhost/x", *secret))
        self.assertIn("--webhook-secret-file", self.refusal("--webhook", "https://hooks.example/x"))
        self.assertIn("needs --webhook", self.refusal(*secret))
        self.assertIn("type of event", self.refusal("--webhook", "https://hooks.example/x", *secret, "--webhook-event", "x"))
        self.assertIn("data directory", self.refusal("--webhook", "https://hooks.example/x", *secret, data_dir=":memory:"))

    def test_secret_files_that_are_none(self):
        hook = ["--webhook", "https://hooks.example/x", "--webhook-secret-file"]
        self.assertIn("chmod 600", self.refusal(*hook, self.write("open", SECRET, 0o644)))
        for text in ("", "whsec_", SECRET[6:], "whsec_AAAA", "whsec_" + "A" * 200, "whsec_" + "!" * 44):
            self.assertIn("whsec_", self.refusal(*hook, self.write("bad", text)))
        self.assertIn("No such file", self.refusal(*hook, os.path.join(self.folder.name, "missing")))


if __name__ == "__main__":
    main()
