#!/usr/bin/env python3
"""Run in a network of its own (unshare -n): network_probe.py ROOT BUNDLE [IMAGE].

Makes a resolver, a certificate authority whose certificate is ROOT/BUNDLE, and hook.pawl.test, a receiver of webhooks (443) and a
relay of mails (465); starts pawld below ROOT with both, or, given an image of Podman's, in a container that has nothing but the bundle
and a volume of ROOT; signs up, forgets the password, and waits for the delivery and the mail. Exit status 0: they came, by name and
over verified TLS, from processes that closed themselves in.
"""
import http.server
import json
import os
import pathlib
import queue
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

PACKAGING = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PACKAGING), str(PACKAGING.parent / "tests/integration")]

from make.serving import call, expect, server, use  # noqa: E402
from support.relay import Relay  # noqa: E402

NAME = "hook.pawl.test"
ADDRESS = "127.0.0.9"
SECONDS_MAX = 60
USER = 65532


def answer_of(query):
    """A DNS answer to one question: ADDRESS for an A of NAME, nothing for its AAAA, no such name for others."""
    end = 12
    labels = []
    while query[end]:
        labels.append(query[end + 1:end + 1 + query[end]].decode("ascii"))
        end += 1 + query[end]
    question, kind = query[12:end + 5], int.from_bytes(query[end + 1:end + 3], "big")
    known = ".".join(labels).lower() == NAME
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(ADDRESS) if known and kind == 1 else b""
    flags = b"\x81\x80" if known else b"\x81\x83"
    return query[:2] + flags + b"\x00\x01" + (b"\x00\x01" if record else b"\x00\x00") + b"\x00\x00\x00\x00" + question + record


def resolve_for_ever(place):
    place.bind(("127.0.0.1", 53))
    while True:
        query, who = place.recvfrom(4096)
        place.sendto(answer_of(query), who)


def make_certificates(place):
    """An authority, and the receiver's certificate from it."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=place, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=Authority of a test", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "hook.key", "-out", "hook.csr",
            "-subj", "/CN=" + NAME)
    pathlib.Path(place, "ext").write_text("subjectAltName=DNS:%s\n" % NAME, encoding="ascii")
    openssl("x509", "-req", "-in", "hook.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "hook.pem",
            "-extfile", "ext")


def receiver(place, came):
    class Taking(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            came.set()

        def log_message(self, *_):
            pass
    listening = http.server.ThreadingHTTPServer((ADDRESS, 443), Taking)
    listening.socket = with_tls(place, listening.socket)
    return listening


def with_tls(place, listening):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place + "/hook.pem", place + "/hook.key")
    return context.wrap_socket(listening, server_side=True)


def chroot_command(root, _):
    return ["chroot", "--userspec=%d:%d" % (USER, USER), root, "/pawld"]


def container_command(root, bundle, image):
    """As strict as a cluster is: no privilege, nothing to be written but the volume, the runtime's own filter of system calls."""
    return ["podman", "--runtime", "runc", "run", "--rm", "--network", "host", "--dns", "127.0.0.1", "--read-only", "--cap-drop=all",
            "--security-opt=no-new-privileges", "--user", "%d:%d" % (USER, USER), "--ulimit", "nofile=10000:10000", "--ulimit",
            "nproc=10000:10000", "--volume", "%s:/%s:ro" % (root / bundle, bundle), "--volume", "%s:/data" % (root / "data"), image]


def expect_closed(text):
    for event in ("sandbox.closed", "egress.ready"):
        line = next((json.loads(one) for one in text.split("\n") if '"event":"%s"' % event in one), None)
        expect(line and line["seccomp"] and line["landlock"] > 0, "%s: %s" % (event, line))


def main(root, bundle, image=None):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    came, root = threading.Event(), pathlib.Path(root)
    with tempfile.TemporaryDirectory() as place:
        make_certificates(place)
        for name in (bundle, "etc/resolv.conf"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / bundle).write_bytes(pathlib.Path(place, "ca.pem").read_bytes())
        (root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="ascii")
        secret = root / "data/secret"
        secret.write_text("whsec_%s\n" % ("A" * 43 + "="), encoding="ascii")
        secret.chmod(0o600)
        os.chown(secret, USER, USER)
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        threading.Thread(target=resolve_for_ever, args=(names,), daemon=True).start()
        threading.Thread(target=receiver(place, came).serve_forever, daemon=True).start()
        relay = Relay(listening=with_tls(place, socket.create_server((ADDRESS, 465))))
        log = pathlib.Path(place, "log")
        command = container_command(root, bundle, image) if image else chroot_command(root, bundle)
        with server([*command, "--data-dir", "/data/d", "--listen", "127.0.0.1:0", "--webhook", "https://%s/hook" % NAME,
                     "--webhook-secret-file", "/data/secret", "--smtp", "smtps://" + NAME, "--mail-from", "pawl@pawl.test"],
                    log_path=log) as running:
            use(running.url)
            expect(came.wait(SECONDS_MAX), "nothing was delivered:\n" + log.read_text(encoding="utf-8")[-2000:])
            status, answer = call(running.url, "/password/forgot", {"email": "ada@example.com"})
            expect(status == 202, "a forgotten password: %d %s" % (status, answer))
            try:
                mail = relay.next()
            except queue.Empty:
                expect(False, "no mail came:\n" + log.read_text(encoding="utf-8")[-2000:])
            expect(b"ada@example.com" in mail.to, mail.to)
        expect_closed(log.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
