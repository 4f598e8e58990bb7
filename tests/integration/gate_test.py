"""Requests whose framing or headers are wrong: a clear answer, the connection closed, nothing taken for a next request."""
import re
import socket

from support import case
from support.http import raw

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"

# (what it is, the bytes, the status that must come back)
ROWS = [
    ("chunked in capitals", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 501),
    ("chunked twice", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n", 400),
    ("a chunk longer than it says", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400),
    ("a trailer", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\r\n\r\n", 400),
    ("chunks over 16 KiB", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n4001\r\n", 413),
    ("chunked on GET", b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("an unknown expectation", b"POST /login HTTP/1.1\r\n" + HOST + b"Expect: 200-ok\r\nContent-Length: 0\r\n\r\n", 417),
    ("gzip, then a length", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", 501),
    ("chunked, identity", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n", 501),
    ("xchunked", b"POST /login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n", 501),
    ("chunked on HTTP/1.0", b"POST /login HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("a trailer announced", b"POST /login HTTP/1.1\r\n" + HOST + b"Trailer: Authorization\r\nContent-Length: 0\r\n\r\n", 501),
    ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("two hosts", b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    ("a malformed host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("another host", b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
    ("a folded header", b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\r\n c\r\n\r\n", 400),
    ("a space before the colon", b"GET / HTTP/1.1\r\n" + HOST + b"X-A : b\r\n\r\n", 400),
    ("a bare line feed", b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    ("a bare carriage return", b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\rc\r\n\r\n", 400),
    ("a NUL", b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\0c\r\n\r\n", 400),
    ("0x80 in the target", b"GET /\x80 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("two Authorization", b"GET / HTTP/1.1\r\n" + HOST + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400),
    ("two Content-Type", b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Type: a/b\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n", 400),
    ("a length twice", b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", 400),
    ("a length of 5,5", b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 5,5\r\n\r\nabcde", 400),
    ("a length of +5", b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nabcde", 400),
    ("a length of 0x5", b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 0x5\r\n\r\nabcde", 400),
    ("a length and chunked", b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("a body on GET", b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nabcde", 400),
    ("65 headers", b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: 1\r\n" % i for i in range(64)) + b"\r\n", 431),
    ("9 KiB of headers", b"GET / HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 9216 + b"\r\n\r\n", 431),
    ("a long target", b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("a body over 16 KiB", b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 16385\r\n\r\n", 413),
    ("another authority in the target", b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("HTTP/2.0", b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is a TLS hello\r\n\r\n", 400),
]


class Gate(case.ServerCase):
    def test_each_is_answered_once_and_the_connection_closed(self):
        for what, data, status in ROWS:
            with self.subTest(what):
                answer = raw(self.server.url, data + SMUGGLED)
                statuses = re.findall(rb"HTTP/1\.1 (\d{3})", answer)
                allowed = {status, 400} if status in (421,) else {status}
                self.assertTrue(statuses, "no answer")
                self.assertIn(int(statuses[0]), allowed, answer[:300])
                if status != 421:
                    self.assertEqual(len(statuses), 1, "a part of it was taken for a request: %r" % answer)
                    self.assertIn(b"connection: close", answer.lower())
                self.assertEqual(self.client.get("/healthz").status, 200)

    def test_a_trailer_is_never_a_header(self):
        access = self.logged_in()["access_token"].encode()
        data = (b"GET /users/me HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Bearer " + access +
                b"\r\n\r\n")
        self.assertIn(b"HTTP/1.1 400", raw(self.server.url, data)) # a body with GET
        data = (b"POST /logout/all HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Bearer " +
                access + b"\r\n\r\n")
        self.assertIn(b"HTTP/1.1 400", raw(self.server.url, data))
        self.assertEqual(self.client.get("/users/me", bearer=access.decode()).status, 200)

    def test_a_login_may_come_in_chunks(self):
        email = self.signed_up()
        body = ('{"email":"%s","password":"%s"}' % (email, case.PASSWORD)).encode()
        data = b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        for byte in body:
            data += b"1;x\r\n" + bytes([byte]) + b"\r\n"
        answer = raw(self.server.url, data + b"0\r\n\r\n" + SMUGGLED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d{3})", answer), [b"200", b"404"])

    def test_probes_come_with_the_host_that_balancers_send(self):
        for head, status in (
                (b"GET /healthz HTTP/1.1\r\nHost: pawl.cluster.local\r\n", b"200"), (b"GET /healthz HTTP/1.0\r\n", b"200"),
                (b"GET /readyz HTTP/1.1\r\nHost: 10.1.2.3:8080\r\n", b"200"), (b"GET /readyz HTTP/1.0\r\n", b"200"),
                (b"GET /metrics HTTP/1.1\r\nHost: [2001:db8::1]\r\n", b"200"), (b"OPTIONS / HTTP/1.0\r\n", b"204"),
                (b"GET /readyz HTTP/1.1\r\nHost: pawl.cluster.local\r\n", b"421"), (b"GET / HTTP/1.0\r\n", b"400"),
                (b"GET /t/a/healthz HTTP/1.1\r\nHost: pawl.cluster.local\r\n", b"421")):
            with self.subTest(head):
                answer = raw(self.server.url, head + b"Connection: close\r\n\r\n")
                self.assertEqual(re.findall(rb"HTTP/1\.[01] (\d{3})", answer), [status], answer)
                self.assertEqual(b"--allowed-host" in answer, status == b"421")

    def test_a_slash_at_the_end_is_a_redirect(self):
        answer = self.client.request("POST", "/login/?a=b", b"{}", {"Content-Type": "application/json"})
        self.assertEqual((answer.status, answer.headers["Location"]), (308, "/login?a=b"))
        self.assertEqual(self.client.get("/nothing/").status, 404)

    def test_a_token_form_may_be_multipart(self):
        email = self.signed_up()
        body = "".join('--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
                       for pair in (("grant_type", "password"), ("username", email), ("password", case.PASSWORD))) + "--x--\r\n"
        answer = self.client.request("POST", "/token", body.encode(), {"Content-Type": "multipart/form-data; boundary=x"})
        self.assertEqual(answer.status, 200)
        answer = self.client.request("POST", "/token", b"--y--", {"Content-Type": "multipart/form-data; boundary=x"})
        self.assertEqual((answer.status, answer.json["error"]), (400, "invalid_request"))

    def test_pipelined_requests_are_answered_in_order(self):
        request = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        last = b"GET /nothing HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
        answer = raw(self.server.url, request * 10 + last)
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d{3})", answer), [b"200"] * 10 + [b"404"])

    def test_a_request_in_single_bytes_is_a_request(self):
        host, port = self.client.host, self.client.port
        with socket.create_connection((host, port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n":
                connection.sendall(bytes([byte]))
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"))

    def test_http_1_0_gets_an_answer_and_a_close(self):
        answer = raw(self.server.url, b"GET /healthz HTTP/1.0\r\n" + HOST + b"\r\n")
        self.assertTrue(re.match(rb"HTTP/1\.[01] 200", answer))

    def test_a_client_that_waits_for_100_continue_gets_it(self):
        body = b'{"refresh_token":"x"}'
        head = (b"POST /refresh HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
                b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        with socket.create_connection((self.client.host, self.client.port), timeout=30) as connection:
            connection.sendall(head)
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 100"))
            connection.sendall(body)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        self.assertTrue(answer.startswith(b"HTTP/1.1 401"))


class Cors(case.ServerCase):
    KEYWORDS = {"dev": False}
    OPTIONS = ("--cors-origin", "https://app.example")

    def preflight(self, origin):
        return self.client.request("OPTIONS", "/login", None, {
            "Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})

    def test_only_the_exact_origin_is_allowed(self):
        reply = self.preflight("https://app.example")
        self.assertEqual(reply.headers["Access-Control-Allow-Origin"], "https://app.example")
        for origin in ("null", "https://app.example.evil.example", "http://app.example", "https://app.example:444",
                       "https://evil.example"):
            self.assertIsNone(self.preflight(origin).headers["Access-Control-Allow-Origin"], origin)

    def test_text_plain_json_is_refused(self):
        reply = self.client.request("POST", "/login", b'{"email":"a@example.com","password":"b"}', {"Content-Type": "text/plain"})
        self.expect(reply, 415)

    def test_security_headers_are_there(self):
        reply = self.client.get("/users/me")
        self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("frame-ancestors 'none'", reply.headers["Content-Security-Policy"])
        self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")


class DevEndpoints(case.ServerCase):
    def test_a_foreign_page_cannot_move_the_clock(self):
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            self.expect(self.client.post("/dev/clock", {"advance": 1}, headers=headers), 403)
            self.expect(self.client.get("/dev/clock", **headers), 403)

    def test_what_the_clock_does_not_understand_is_422(self):
        for document in ({}, {"advance": "x"}, {"set": "yesterday"}, {"freeze": 1}, {"advance": 1e300}, {"advance": 2 ** 62},
                         {"set": "9999999-01-01T00:00:00Z"}):
            self.expect(self.client.post("/dev/clock", document), 422)

    def test_the_clock_may_be_set_and_go_back(self):
        self.frozen_clock()
        before = self.client.get("/dev/clock").json
        self.expect(self.client.post("/dev/clock", {"set": "2031-05-06T07:08:09Z"}), 200)
        self.assertTrue(self.client.get("/dev/clock").json["now"].startswith("2031-05-06T07:08:09"))
        self.expect(self.client.post("/dev/clock", {"set": before["now"]}), 200)


if __name__ == "__main__":
    case.main()
