"""A plain HTTP client over http.client: one connection a call or one kept, JSON in and out, nothing retried."""
import base64
import http.client
import json
import socket
import urllib.parse

SECONDS_MAX = 60


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The stable code of a problem document, or the `error` of an OAuth one."""
        document = self.json
        return document.get("code", document.get("error"))

    def __repr__(self):
        return "<%d %r %r>" % (self.status, dict(self.headers), self.body[:400])


class Client:
    """Talks to one server. With keep=True all calls share one connection. `tls`: an ssl.SSLContext for https URLs."""

    def __init__(self, url, keep=False, tls=None):
        parts = urllib.parse.urlsplit(url)
        self.tls = tls
        self.host, self.port, self.url, self.keep, self.connection = parts.hostname, parts.port, url, keep, None

    def connected(self):
        if self.tls:
            return http.client.HTTPSConnection(self.host, self.port, timeout=SECONDS_MAX, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=SECONDS_MAX)

    def request(self, method, path, body=None, headers=None):
        connection = self.connection or self.connected()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.headers, answer.read())
        except BaseException:
            connection.close()
            self.connection = None
            raise
        if self.keep:
            self.connection = connection
        else:
            connection.close()
        return reply

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def get(self, path, bearer=None, **headers):
        return self.request("GET", path, None, with_bearer(headers, bearer))

    def delete(self, path, bearer=None, json_body=None):
        if json_body is None:
            return self.request("DELETE", path, None, with_bearer({}, bearer))
        return self.send("DELETE", path, json_body, bearer)

    def send(self, method, path, document, bearer=None, headers=None):
        headers = with_bearer({"Content-Type": "application/json", **(headers or {})}, bearer)
        return self.request(method, path, json.dumps(document).encode(), headers)

    def post(self, path, document=None, bearer=None, headers=None):
        if document is None:
            return self.request("POST", path, b"", with_bearer(headers or {}, bearer))
        return self.send("POST", path, document, bearer, headers)

    def form(self, path, fields, headers=None):
        return self.request("POST", path, urllib.parse.urlencode(fields).encode(),
                            {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})

    # The verbs of the server, each one call.
    def sign_up(self, email, password="correct horse battery", **more):
        return self.post("/signup", {"email": email, "password": password, **more})

    def login(self, email, password="correct horse battery"):
        return self.post("/login", {"email": email, "password": password})

    def refresh(self, token):
        return self.post("/refresh", {"refresh_token": token})

    def logout(self, token):
        return self.post("/logout", {"refresh_token": token})

    def me(self, access):
        return self.get("/users/me", bearer=access)

    # The clock of --dev.
    def advance(self, seconds):
        reply = self.post("/dev/clock", {"advance": seconds})
        assert reply.status == 200, reply
        return reply

    def freeze(self, frozen=True):
        reply = self.post("/dev/clock", {"freeze": frozen})
        assert reply.status == 200, reply


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("anything.example", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class SocketClient(Client):
    """The same client over a Unix socket, a connection a call."""

    def __init__(self, path):
        super().__init__("http://anything.example")
        self.path = path

    def request(self, method, path, body=None, headers=None):
        self.connection = SocketConnection(self.path)
        return super().request(method, path, body, headers)


def with_bearer(headers, bearer):
    return {**headers, "Authorization": "Bearer " + bearer} if bearer is not None else dict(headers)


def raw(url, data, seconds=SECONDS_MAX):
    """Sends bytes as they are and returns everything up to the close of the connection."""
    parts = urllib.parse.urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=seconds) as connection:
        connection.sendall(data)
        received = b""
        while True:
            try:
                chunk = connection.recv(65536)
            except ConnectionResetError:
                return received
            if not chunk:
                return received
            received += chunk


def token_parts(jwt):
    """Header and claims of a compact JWS, unverified."""
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in jwt.split(".")[:2]]


def unpack_refresh(token):
    """(version, key id, family id as hex, generation, MAC) of a refresh token."""
    data = base64.urlsafe_b64decode(token[4:] + "=" * (-len(token[4:]) % 4))
    return data[0], data[1], data[2:18].hex(), int.from_bytes(data[18:22], "big"), data[22:]
