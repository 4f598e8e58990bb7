"""A mail relay that does what a test says: takes mails, puts them off, refuses them, lies, hangs up or says nothing."""
import queue
import socket
import threading

GREETING, CONTENT = "greeting", "content"  # beside the verbs: what else a script may answer
USUAL = {GREETING: b"220 relay.example ESMTP\r\n", "EHLO": b"250-relay.example\r\n250 8BITMIME\r\n", "MAIL": b"250 2.1.0 ok\r\n",
         "RCPT": b"250 2.1.5 ok\r\n", "DATA": b"354 go on\r\n", CONTENT: b"250 2.0.0 taken\r\n", "QUIT": b"221 bye\r\n"}
HANG_UP = None  # as an answer


class Taken:
    """A mail that the relay answered for: its envelope, and the content as it was sent, without the dots of DATA."""

    def __init__(self, sender, to, content):
        self.sender, self.to, self.content = sender, to, content


class Relay:
    """`script` says what the next answers to a verb are, in their order; then the usual one. An answer is bytes, HANG_UP, or a
    function without arguments that gives one of these. `listening`: a socket in place of one at 127.0.0.1, as one with TLS."""

    def __init__(self, port=0, listening=None):
        self.taken, self.script, self.lines = queue.Queue(), {}, []
        self.listening = listening or socket.create_server(("127.0.0.1", port))
        self.port = self.listening.getsockname()[1]
        self.url = "smtp://127.0.0.1:%d" % self.port
        threading.Thread(target=self._serve, daemon=True).start()

    def answers(self, verb, *answers):
        self.script.setdefault(verb, []).extend(answers)

    def next(self):
        return self.taken.get(timeout=60)

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _answer(self, stream, verb):
        waiting = self.script.get(verb)
        answer = waiting.pop(0) if waiting else USUAL.get(verb, b"500 what?\r\n")
        answer = answer() if callable(answer) else answer
        if answer is HANG_UP:
            raise ConnectionError
        stream.write(answer)
        stream.flush()
        return answer

    def _converse(self, connection):
        sender = to = None
        with connection, connection.makefile("rwb") as stream:
            try:
                self._answer(stream, GREETING)
                for line in stream:
                    self.lines.append(line)
                    verb = line[:4].decode("ascii", "replace").upper()
                    if verb == "MAIL":
                        sender = line
                    elif verb == "RCPT":
                        to = line
                    if self._answer(stream, verb).startswith(b"354"):
                        content = self._content(stream)
                        if self._answer(stream, CONTENT).startswith(b"250"):
                            self.taken.put(Taken(sender, to, content))
                    if verb == "QUIT":
                        return
            except OSError:
                return

    @staticmethod
    def _content(stream):
        lines = []
        for line in stream:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)
