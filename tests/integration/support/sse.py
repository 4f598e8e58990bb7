"""Reads a stream of server-sent events as WHATWG HTML says, over a plain socket, a line at a time."""
import json
import socket
import ssl
import urllib.parse

SECONDS_MAX = 60


class Refused(Exception):
    """The answer was no stream: its status and problem document."""

    def __init__(self, status, body):
        super().__init__("%d %r" % (status, body[:400]))
        self.status, self.body = status, body

    @property
    def code(self):
        return json.loads(self.body)["code"]


class Event:
    def __init__(self, number, kind, data):
        self.id, self.kind, self.text = number, kind, data
        self.data = json.loads(data)

    def __repr__(self):
        return "<%s %s %s>" % (self.id, self.kind, self.text)


class Stream:
    """One connection. Iterate, or next(); `last_id` is what a client sends when it comes back."""

    def __init__(self, url, path="/admin/events", bearer=None, last_id=None, unix=None, tls=None, receive_buffer=None):
        self.last_id, self.comments, self.status, self.raw = last_id, [], None, b""
        if unix:
            self.socket, host = socket.socket(socket.AF_UNIX), "anything.example"
            self.socket.settimeout(SECONDS_MAX)
            self.socket.connect(unix)
        else:
            parts = urllib.parse.urlsplit(url)
            host = parts.netloc
            self.socket = socket.socket()
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.settimeout(SECONDS_MAX)
            self.socket.connect((parts.hostname, parts.port))
            if tls:
                self.socket = tls.wrap_socket(self.socket, server_hostname=parts.hostname)
        lines = ["GET %s HTTP/1.1" % path, "Host: " + host, "Accept: text/event-stream"]
        if bearer:
            lines.append("Authorization: Bearer " + bearer)
        if last_id is not None:
            lines.append("Last-Event-ID: %s" % last_id)
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.head = []
        while True:
            line = self.file.readline()
            if line in (b"\r\n", b""):
                break
            self.head.append(line.decode().rstrip())
        self.status = int(self.head[0].split()[1])
        if self.status != 200:
            size = next(int(line.split(":")[1]) for line in self.head if line.lower().startswith("content-length:"))
            body = self.file.read(size)
            self.close()
            raise Refused(self.status, body)
        self.read_block()  # what it begins with: it is open from here on

    def read_block(self):
        """One block: an Event, None for one without data; EOFError at the end of the stream."""
        number, kind, data, any_line = None, "message", [], False
        while True:
            try:
                line = self.file.readline()
            except (ConnectionResetError, ssl.SSLEOFError):
                line = b""
            if not line:
                raise EOFError
            self.raw += line
            text = line.decode().rstrip("\n")
            if not text:
                if any_line:
                    break
                continue
            any_line = True
            name, _, value = text.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if not name:
                self.comments.append(value)
            elif name == "id":
                number = value
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
        if number is not None:
            self.last_id = number
        # A number, or "MARK-NUMBER" of a restored store.
        return Event(int(number) if number.isdigit() else number, kind, "\n".join(data)) if data else None

    def next(self):
        while True:
            event = self.read_block()
            if event:
                return event

    def take(self, count):
        return [self.next() for _ in range(count)]

    def until(self, kind):
        """All up to and including the first of that kind."""
        seen = []
        while not seen or seen[-1].kind != kind:
            seen.append(self.next())
        return seen

    def rest(self):
        """All up to the end of the stream."""
        seen = []
        while True:
            try:
                seen.append(self.next())
            except EOFError:
                return seen

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
