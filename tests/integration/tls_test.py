"""TLS spoken by the server itself: versions, protocols, certificates, their change while serving, and bad clients."""
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time
import unittest

from support.case import eventually, main
from support.pawld import Pawld, refused_start

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def openssl(*arguments, feed=b""):
    return subprocess.run(["openssl", *arguments], input=feed, capture_output=True, timeout=60, check=False)


def make_certificate(place, name, signer=None, subject="localhost"):
    """A key and a certificate, signed by itself or by `signer`: the paths without their endings."""
    base = os.path.join(place, name)
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
               "/CN=" + subject, "-keyout", base + ".key", "-out", base + ".pem"]
    if signer:
        command += ["-CA", signer + ".pem", "-CAkey", signer + ".key", "-addext", "basicConstraints=critical,CA:FALSE"]
        command += ["-addext", names]
    else:
        command += ["-addext", names]
    done = openssl(*command)
    assert done.returncode == 0, done.stderr
    return base


def trusting(*certificates, alpn=None):
    context = ssl.create_default_context()
    for certificate in certificates:
        context.load_verify_locations(certificate)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def client_hello():
    """The first flight of a handshake, as Python's client sends it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = trusting().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class TlsCase(unittest.TestCase):
    def setUp(self):
        self.server = Pawld()
        self.addCleanup(self.server.close)
        self.home = self.server.home
        self.base = make_certificate(self.home, "server")
        self.options = ["--tls-cert", self.base + ".pem", "--tls-key", self.base + ".key"]

    def start(self, *more, options=None):
        self.server.options = [*(self.options if options is None else options), *more]
        self.server.start()
        self.port = int(self.server.url.rsplit(":", 1)[1])
        return self.server

    def resident_mib(self):
        text = pathlib.Path("/proc/%d/status" % self.server.process.pid).read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", text).group(1)) // 1024

    def connect(self, context, name="localhost"):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        try:
            return context.wrap_socket(raw, server_hostname=name)
        except BaseException:
            raw.close()
            raise

    def fetch(self, context):
        """The whole answer to one request, up to a clean end of the TLS stream."""
        with self.connect(context) as connection:
            connection.suppress_ragged_eofs = False
            connection.sendall(REQUEST)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer

    def refused(self, context):
        with self.assertRaises(OSError):
            with self.connect(context) as connection:  # TLS 1.3 tells only at the first read
                connection.sendall(REQUEST)
                if not connection.recv(100):
                    raise ConnectionError("closed")


class Serving(TlsCase):
    def test_a_session_over_https_with_the_issuer_of_that_scheme(self):
        self.start()
        self.assertTrue(self.server.url.startswith("https://127.0.0.1:"), self.server.url)
        curl = ["curl", "-sS", "--cacert", self.base + ".pem"]
        user = '{"email":"a@example.com","password":"correct horse battery"}'
        for path in ("/signup", "/login"):
            done = subprocess.run([*curl, self.server.url + path, "--json", user], capture_output=True, text=True, timeout=60,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("access_token", done.stdout)
        head = subprocess.run([*curl, "-i", self.server.url + "/readyz"], capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("Strict-Transport-Security: max-age=", head.stdout)
        stranger = subprocess.run(["curl", "-sS", self.server.url + "/readyz"], capture_output=True, timeout=60, check=False)
        self.assertEqual(stranger.returncode, 60)  # no CA vouches for it

    def test_many_requests_on_one_connection_and_large_answers(self):
        self.start()
        with self.connect(trusting(self.base + ".pem")) as connection:
            one = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
            for _ in range(3):
                connection.sendall(one)
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                head, _, body = head.partition(b"\r\n\r\n")
                size = int(re.search(rb"Content-Length: (\d+)", head).group(1))
                while len(body) < size:
                    body += connection.recv(65536)
                self.assertEqual(len(body), size)

    def test_versions_and_ciphers(self):
        self.start()
        for version in ("-tls1", "-tls1_1"):
            done = openssl("s_client", "-connect", "127.0.0.1:%d" % self.port, version, "-cipher", "ALL:@SECLEVEL=0")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(b"Cipher is (NONE)", done.stdout)
        for version, cipher in (("-tls1_2", "AES128-SHA:AES256-SHA256"), ("-tls1_2", "ECDHE-ECDSA-AES128-SHA")):
            done = openssl("s_client", "-connect", "127.0.0.1:%d" % self.port, version, "-cipher", cipher)
            self.assertIn(b"Cipher is (NONE)", done.stdout, cipher)
        for version, name in (("-tls1_2", b"TLSv1.2"), ("-tls1_3", b"TLSv1.3")):
            done = openssl("s_client", "-connect", "127.0.0.1:%d" % self.port, version, feed=REQUEST)
            self.assertIn(b"New, " + name, done.stdout)
            self.assertNotIn(b"New Session Ticket", done.stdout)
            self.assertIn(b"Secure Renegotiation IS", done.stdout)

    def test_the_protocol_is_http_1_1_or_none(self):
        self.start()
        ca = self.base + ".pem"
        with self.connect(trusting(ca, alpn=["h2", "http/1.1"])) as connection:
            self.assertEqual(connection.selected_alpn_protocol(), "http/1.1")
        with self.connect(trusting(ca)) as connection:
            self.assertIsNone(connection.selected_alpn_protocol())
        self.refused(trusting(ca, alpn=["h2"]))

    def test_the_end_is_said(self):
        self.start()
        answer = self.fetch(trusting(self.base + ".pem"))  # raises where close_notify is missing
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"))
        with self.connect(trusting(self.base + ".pem")) as connection:  # refused with bytes still under way
            connection.suppress_ragged_eofs = False
            connection.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\n" + b"x" * 5000)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            self.assertTrue(answer.startswith(b"HTTP/1.1 413"), answer)

    def test_a_client_that_half_closes_gets_its_answer(self):
        self.start()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting(self.base + ".pem").wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw:
            def step(action):
                while True:
                    try:
                        return action()
                    except ssl.SSLWantReadError:
                        if outgoing.pending:
                            raw.sendall(outgoing.read())
                        chunk = raw.recv(65536)
                        incoming.write(chunk) if chunk else incoming.write_eof()
            step(tls.do_handshake)
            tls.write(REQUEST.replace(b"Connection: close\r\n", b""))
            raw.sendall(outgoing.read())
            raw.shutdown(socket.SHUT_WR)
            self.assertTrue(step(lambda: tls.read(100)).startswith(b"HTTP/1.1 200"))

    def test_what_is_no_tls_is_cut_and_the_server_goes_on(self):
        self.start()
        for junk in (REQUEST, b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\0" * 100, bytes(range(256))):
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw:
                try:
                    raw.sendall(junk)
                    raw.shutdown(socket.SHUT_WR)
                    self.assertNotIn(b"HTTP/1.1 200", raw.recv(65536))
                except OSError:  # reset while it was sent, or ended already
                    pass
        self.assertTrue(self.fetch(trusting(self.base + ".pem")).startswith(b"HTTP/1.1 200"))
        self.assertNotIn('"level":"error"', self.server.log())

    def test_a_client_that_gathers_its_bytes_is_not_kept_waiting(self):
        """Nagle's algorithm holds the request back until the end of the handshake is acknowledged: by default 40 ms."""
        self.start()
        context, taken = trusting(self.base + ".pem"), []
        for _ in range(20):
            with self.connect(context) as tls:
                self.assertEqual(tls.version(), "TLSv1.3")
                self.assertEqual(tls.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 0)
                begun = time.monotonic()
                tls.sendall(REQUEST)
                self.assertTrue(tls.recv(100).startswith(b"HTTP/1.1 200"))
                taken.append(time.monotonic() - begun)
        self.assertLess(min(taken), 0.035, taken)  # the least: this machine may be busy, and an ACK is never that late

    def test_a_handshake_that_does_not_end_is_cut(self):
        self.start()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw:
            raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00")  # the begin of a ClientHello
            self.assertEqual(raw.recv(100), b"")  # long before anything else of ours would end it

    @unittest.skipIf("PAWL_SANITIZED" in os.environ, "sanitizers keep freed memory for themselves")
    def test_handshakes_that_do_not_end_give_their_memory_back(self):
        self.start()
        before = self.resident_mib()
        hello = client_hello()
        waiting = []
        self.addCleanup(lambda: [s.close() for s in waiting])
        for _ in range(600):
            waiting.append(socket.create_connection(("127.0.0.1", self.port), timeout=10))
            waiting[-1].sendall(hello[:len(hello) // 2])
        eventually(lambda: self.resident_mib() > before + 30)  # each takes 80 KiB, as long as it waits
        eventually(lambda: self.resident_mib() < before + 15, seconds=60)

    def test_it_stops_while_a_handshake_hangs(self):
        self.start()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as raw, \
                self.connect(trusting(self.base + ".pem")) as idle:
            raw.sendall(b"\x16")
            self.assertEqual(self.server.stop(), 0)
            self.assertEqual(idle.recv(10), b"")


class Certificates(TlsCase):
    def presented(self):
        text = ssl.get_server_certificate(("127.0.0.1", self.port))
        return ssl.PEM_cert_to_DER_cert(text)

    def der_of(self, base):
        return ssl.PEM_cert_to_DER_cert(pathlib.Path(base + ".pem").read_text())

    def put_in_place(self, base):
        for ending in (".key", ".pem"):
            os.replace(base + ending, self.base + ending)

    def test_a_new_one_is_taken_on_sighup_and_a_broken_one_is_not(self):
        self.start()
        before = self.der_of(self.base)
        self.assertEqual(self.presented(), before)
        fresh = make_certificate(self.home, "fresh")
        after = self.der_of(fresh)
        held = self.connect(trusting(self.base + ".pem"))  # goes on under the old one
        self.put_in_place(fresh)
        self.server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "reload.certificate" in self.server.log())
        self.assertEqual(self.presented(), after)
        with held:
            held.sendall(REQUEST)
            self.assertTrue(held.recv(100).startswith(b"HTTP/1.1 200"))
        pathlib.Path(self.base + ".pem").write_text("nothing of use")
        self.server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "reload.certificate_kept" in self.server.log())
        self.assertEqual(self.presented(), after)

    def test_a_new_one_is_taken_when_the_files_change(self):
        self.start()
        fresh = make_certificate(self.home, "fresh")
        after = self.der_of(fresh)
        self.put_in_place(fresh)
        eventually(lambda: self.presented() == after, 60)

    def test_clients_must_show_one(self):
        ca = make_certificate(self.home, "ca", subject="our clients")
        client = make_certificate(self.home, "client", signer=ca, subject="client")
        stranger = make_certificate(self.home, "stranger")
        self.start("--tls-client-ca", ca + ".pem")
        good, bad, none = (trusting(self.base + ".pem") for _ in range(3))
        good.load_cert_chain(client + ".pem", client + ".key")
        bad.load_cert_chain(stranger + ".pem", stranger + ".key")
        self.assertTrue(self.fetch(good).startswith(b"HTTP/1.1 200"))
        self.refused(bad)
        self.refused(none)
        self.server.stop()
        self.start("--tls-client-ca", ca + ".pem", "--tls-client-cert", "optional")
        self.assertTrue(self.fetch(good).startswith(b"HTTP/1.1 200"))
        self.assertTrue(self.fetch(none).startswith(b"HTTP/1.1 200"))
        self.refused(bad)

    def test_one_made_at_the_start_for_development(self):
        self.start(options=["--tls-self-signed"])
        line = next(l for l in self.server.log_with("tls.self_signed").splitlines() if "tls.self_signed" in l)
        text = re.search(r'"certificate":"([^"]*)"', line).group(1).encode().decode("unicode_escape")
        path = os.path.join(self.home, "made.pem")
        pathlib.Path(path).write_text(text)
        answer = self.fetch(trusting(path))
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"))
        self.assertNotIn(b"Strict-Transport-Security", answer)

    def test_a_key_that_all_may_read_is_a_warning(self):
        os.chmod(self.base + ".key", 0o644)
        self.start()
        line = next(l for l in self.server.log_with("tls.key_open").splitlines() if "tls.key_open" in l)
        self.assertIn(self.base + ".key", line)
        self.server.stop()
        os.chmod(self.base + ".key", 0o640)
        self.start()
        self.assertNotIn("tls.key_open", self.server.log_with("process.ready").split("process.stopped")[-1])

    def test_starts_that_are_refused(self):
        cert, key = ["--tls-cert", self.base + ".pem"], ["--tls-key", self.base + ".key"]
        other = make_certificate(self.home, "other")
        locked = os.path.join(self.home, "locked.key")
        openssl("ec", "-in", self.base + ".key", "-aes128", "-passout", "pass:secret", "-out", locked)
        for options, name in ((cert, "--tls-cert"), (key, "--tls-key"), (cert + ["--tls-key", other + ".key"], "--tls-key"),
                              (cert + ["--tls-key", "/none"], "/none"), (cert + ["--tls-key", locked], "--tls-key"),
                              (["--tls-cert", "/dev/null", *key], "/dev/null"),
                              (["--tls-client-ca", self.base + ".pem"], "--tls-client-ca"),
                              ([*cert, *key, "--tls-client-ca", "/none"], "--tls-client-ca"),
                              ([*cert, *key, "--tls-self-signed"], "--tls-self-signed")):
            status, stderr = refused_start(*options)
            self.assertEqual(status, 2, stderr)
            self.assertIn(name, stderr)
        status, stderr = refused_start("--tls-self-signed", dev=False)
        self.assertEqual(status, 2, stderr)


if __name__ == "__main__":
    main()
