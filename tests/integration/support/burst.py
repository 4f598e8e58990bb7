"""Many connections that are kept, and one request on all of them at the same moment: cheap enough for ten thousand rounds."""
import socket
import time
import urllib.parse

from support.http import SECONDS_MAX, Reply


class Connection:
    """One kept connection. Answers have a Content-Length, as all JSON of the server has."""

    def __init__(self, url, source=None):
        parts = urllib.parse.urlsplit(url)
        self.address, self.source, self.received = (parts.hostname, parts.port), source, b""
        self.socket = self.connected()

    def connected(self):
        made = socket.create_connection(self.address, timeout=SECONDS_MAX, source_address=self.source)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def more(self):
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("closed before the answer was whole: %r" % self.received)
        self.received += chunk

    def reply(self):
        while b"\r\n\r\n" not in self.received:
            self.more()
        head, rest = self.received.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        size = int(headers.get("Content-Length", 0))
        while len(rest) < size:
            self.more()
            rest = self.received.split(b"\r\n\r\n", 1)[1]
        self.received = rest[size:]
        if headers.get("Connection", "").lower() == "close":
            self.socket.close()
            self.socket, self.received = self.connected(), b""
        return Reply(int(lines[0].split(" ")[1]), headers, rest[:size])


class Burst:
    def __init__(self, url, count):
        self.host = urllib.parse.urlsplit(url).netloc
        self.connections = [Connection(url) for _ in range(count)]

    def ask(self, path, fields, headers=None, ahead=0):
        """What each connection is answered to one form. The last byte of it goes out everywhere at once; of the first
        connection `ahead` seconds before."""
        body = urllib.parse.urlencode(fields).encode()
        head = ["POST %s HTTP/1.1" % path, "Host: " + self.host, "Content-Type: application/x-www-form-urlencoded",
                "Content-Length: %d" % len(body), *("%s: %s" % pair for pair in (headers or {}).items())]
        request = "\r\n".join([*head, "", ""]).encode() + body
        for one in self.connections:
            one.socket.sendall(request[:-1])
        for number, one in enumerate(self.connections):
            one.socket.sendall(request[-1:])
            if number == 0 and ahead:
                time.sleep(ahead)
        return [one.reply() for one in self.connections]

    def close(self):
        for one in self.connections:
            one.socket.close()
