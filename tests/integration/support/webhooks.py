"""A receiver of webhooks, and servers that post to it."""
import base64
import http.server
import json
import os
import queue
import tempfile
import threading
import unittest

from support.case import PASSWORD, fresh_email
from support.http import Client
from support.pawld import Pawld

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Receiver:
    """Takes what is posted, verifies nothing by itself; `answers` says what the next ones are told (then 204)."""

    def __init__(self, context=None, port=0):
        self.taken, self.answers, outer = queue.Queue(), [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.answers.pop(0) if outer.answers else 204
                outer.taken.put((status, dict(self.headers), body, self.path))
                if status is None:  # no answer at all
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = "http%s://localhost:%d/hooks?from=pawl" % ("s" if context else "", self.port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.taken.get(timeout=60)

    def delivered(self, count):
        """The bodies of the next `count` that were taken."""
        out = []
        while len(out) < count:
            status, _, body, _ = self.next()
            if status == 204:
                out.append(json.loads(body))
        return out

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class WebhookCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="pawl-webhook-")
        self.addCleanup(self.folder.cleanup)
        self.secret = self.write("secret", SECRET + "\n")

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def receiver(self, *arguments, **keywords):
        receiver = Receiver(*arguments, **keywords)
        self.addCleanup(receiver.close)
        return receiver

    def server(self, url, *more, **keywords):
        server = Pawld("--webhook", url, "--webhook-secret-file", self.secret, *more, **keywords)
        self.addCleanup(server.close)
        return server.start()

    def sign_up(self, server):
        reply = Client(server.url).sign_up(fresh_email(), PASSWORD)
        self.assertEqual(reply.status, 201, reply)
        return reply.json["id"]

    def metric(self, server, name):
        for line in Client(server.url).get("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise AssertionError("no " + name)
