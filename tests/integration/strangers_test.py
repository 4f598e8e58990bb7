"""Floods of strangers: 64 connections that ask for what they can not have, from many addresses. Each request is answered, none
by a 500, and nothing is kept of them: the server's memory grows by 16 MiB at most.

PAWL_TEST_SCALE multiplies the seconds; with 30 each flood lasts a minute.
"""
import base64
import collections
import os
import random
import resource
import sys
import threading
import time
import urllib.parse

from support import case
from support.burst import Connection
from support.person import Person

CONNECTIONS = 64
SECONDS = 2 * int(os.environ.get("PAWL_TEST_SCALE", "1"))
GROWTH_MAX = 16 << 20
BACK = "https://shop.example/cb"
SANITIZED = bool(os.environ.get("PAWL_SANITIZED"))  # its allocator keeps what is freed


def rss(pid):
    with open("/proc/%d/statm" % pid, encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def noise(size):
    return base64.urlsafe_b64encode(os.urandom(size)).decode()[:size]


class Stranger(threading.Thread):
    """Asks over one kept connection until it is told to end. `request()` gives method, path, form or None, headers."""

    def __init__(self, url, number, request):
        super().__init__(daemon=True)
        self.connection = Connection(url, ("127.0.%d.%d" % (1 + number // 8, 1 + number), 0))
        self.host, self.request = urllib.parse.urlsplit(url).netloc, request
        self.over, self.seen, self.wrong = threading.Event(), collections.Counter(), None

    def run(self):
        try:
            while not self.over.is_set():
                method, path, form, headers = self.request()
                body = urllib.parse.urlencode(form).encode() if form is not None else b""
                if form is not None:
                    headers = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body)), **headers}
                lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + self.host, *("%s: %s" % pair for pair in headers.items())]
                self.connection.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
                reply = self.connection.reply()
                self.seen[reply.status] += 1
        except Exception as error:  # pylint: disable=broad-except
            self.wrong = repr(error)


class Strangers(case.ServerCase):
    OPTIONS = ("--login-limit-account", "10/5m", "--login-limit-address", "1000/1m")  # counted as outside of --dev, too

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = cls("setUp")
        maker.setUp()
        root = case.fresh_email()
        maker.expect(maker.client.post("/dev/users", {"email": root, "password": case.PASSWORD, "is_superuser": True}), 201)
        root = maker.expect(maker.client.login(root), 200).json["access_token"]
        shared = {"redirect_uris": [BACK], "scopes": ["openid", "email"], "consent": "ask"}
        for name, more in (("shop", {"preset": "web", "auth_method": "client_secret_basic", **shared}),
                           ("page", {"preset": "spa", **shared}), ("orders", {"preset": "api"})):
            maker.expect(maker.client.post("/admin/clients", {"client_id": name, "name": name, **more}, bearer=root), 201)

    def flood(self, request, statuses):
        """What each status was answered how often; `statuses` are those that may be."""
        pid = self.server.ready["pid"]
        strangers = [Stranger(self.server.url, number, request) for number in range(CONNECTIONS)]
        for one in strangers[:2]:  # the first of its kind may make what every later one uses
            method, path, form, headers = request()
            self.client.request(method, path, urllib.parse.urlencode(form or {}).encode() if form is not None else None,
                                {"Content-Type": "application/x-www-form-urlencoded", **headers} if form is not None else headers)
        before, peak, until = rss(pid), 0, time.monotonic() + SECONDS
        for one in strangers:
            one.start()
        while time.monotonic() < until and all(one.is_alive() for one in strangers):
            peak = max(peak, rss(pid))
            time.sleep(0.05)  # how often it is looked at
        for one in strangers:
            one.over.set()
        for one in strangers:
            one.join()
            one.connection.socket.close()
        seen = sum((one.seen for one in strangers), collections.Counter())
        grown = max(peak, rss(pid)) - before
        print("%s: %d requests, %s, %.1f MiB more than %.1f" % (self.id().rsplit("_", 1)[-1], sum(seen.values()), dict(seen),
                                                              grown / 2**20, before / 2**20), file=sys.stderr)
        self.assertEqual([one.wrong for one in strangers if one.wrong], [], "each is answered")
        self.assertLessEqual(set(seen), set(statuses))
        self.assertGreater(sum(seen.values()), CONNECTIONS)
        if not SANITIZED:
            self.assertLessEqual(grown, GROWTH_MAX)
        self.expect(self.client.get("/healthz"), 200)
        return seen

    @staticmethod
    def asking(**more):
        return {"response_type": "code", "client_id": "page", "redirect_uri": BACK, "scope": "openid email", "state": noise(200),
                "nonce": noise(64), "code_challenge": noise(42) + "A", "code_challenge_method": "S256",
                "login_hint": noise(20) + "@example.com", **more}

    def test_at_authorize(self):
        def request():
            asking = random.choice((self.asking(), self.asking(prompt="none"), self.asking(client_id=noise(12)),
                                    self.asking(redirect_uri="https://%s.example/" % os.urandom(4).hex()),
                                    self.asking(state="x" * 1000, id_token_hint="%s.%s.%s" % (noise(40), noise(400), noise(86))),
                                    {"request_uri": "urn:ietf:params:oauth:request_uri:" + noise(300), "client_id": "page"}))
            if random.random() < 0.3:
                return "POST", "/authorize", asking, {"Origin": "https://shop.example"}
            return "GET", "/authorize?" + urllib.parse.urlencode(asking), None, {"Cookie": "pawl=" + noise(150)}
        self.flood(request, (200, 303, 400))

    def test_at_token(self):
        def request():
            forged = base64.b64encode(("shop:pcs_" + noise(76)).encode()).decode()
            form = random.choice((
                {"grant_type": "authorization_code", "client_id": "page", "redirect_uri": BACK, "code": "pac_" + noise(400),
                 "code_verifier": noise(43)},
                {"grant_type": "refresh_token", "client_id": "page", "refresh_token": "prt_" + noise(72)},
                {"grant_type": "client_credentials", "client_id": noise(12), "client_secret": noise(40)},
                {"grant_type": noise(200)}))
            return "POST", "/token", form, random.choice(({}, {"Authorization": "Basic " + forged}))
        self.flood(request, (400, 401, 429))

    def test_at_introspect(self):
        def request():
            pair = base64.b64encode(("%s:%s" % (random.choice(("orders", noise(10))), noise(40))).encode()).decode()
            token = random.choice(("pat_", "prt_", "%s.%s." % (noise(60), noise(300)))) + noise(200)
            return "POST", random.choice(("/introspect", "/revoke")), {"token": token}, {"Authorization": "Basic " + pair}
        self.flood(request, (401, 429))

    def test_at_sign_in(self):
        page = Person(self.server.url).visit("/authorize", **self.asking())
        genuine = page.fields["flow"]

        def request():
            form = {"flow": random.choice((genuine, genuine[:-8] + noise(8), noise(500))), "login": noise(10) + "@example.com",
                    "password": noise(16)}
            path = random.choice(("/sign-in", "/sign-in", "/consent", "/select", "/sign-out"))
            return "POST", path, form, random.choice(({"Sec-Fetch-Site": "same-origin", "Origin": self.server.url},
                                                      {"Origin": "https://evil.example"}))
        self.flood(request, (200, 303, 400, 403, 422, 429))

    def test_at_end_session(self):
        def request():
            fields = {"id_token_hint": "%s.%s.%s" % (noise(40), noise(400), noise(86)), "client_id": random.choice(("shop", noise(9))),
                      "post_logout_redirect_uri": "https://%s.example/" % os.urandom(4).hex(), "state": noise(100)}
            for name in random.sample(sorted(fields), random.randrange(4)):
                del fields[name]
            if random.random() < 0.3:
                return "POST", "/end_session", fields, {}
            return "GET", "/end_session?" + urllib.parse.urlencode(fields), None, {}
        self.flood(request, (200, 303, 400))


if __name__ == "__main__":
    case.main()
