#!/usr/bin/python3
"""The way out of the server: two processes that hold nothing of it, are replaced when they die, end with it, and are all
that a hostile receiver can harm."""
import json
import os
import pathlib
import re
import signal
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support.case import eventually, main
from support.http import Client
from support.pawld import Pawld
from support.webhooks import WebhookCase

SANITIZED = "PAWL_SANITIZED" in os.environ
SUPERVISOR, WORKER = "pawl-egress", "pawl-egress-w"
SECRET_KEY = "f3a1c09d5b7e42e8a6d0917c5e24b83af3a1c09d5b7e42e8a6d0917c5e24b83b"
RETRIES_S = 90  # of the first few attempts


def name_and_parent(pid):
    text = pathlib.Path("/proc/%d/stat" % pid).read_text()
    return text[text.index("(") + 1:text.rindex(")")], int(text[text.rindex(")") + 2:].split()[1])


def children(pid):
    """{name: pid} of the processes that `pid` is the parent of."""
    found = {}
    for entry in os.listdir("/proc"):
        try:
            name, parent = name_and_parent(int(entry)) if entry.isdigit() else ("", 0)
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if parent == pid:
            found[name] = int(entry)
    return found


def processes(server):
    """The pids of (supervisor, worker), once both are there."""
    def both():
        supervisor = children(server.process.pid).get(SUPERVISOR)
        worker = supervisor and children(supervisor).get(WORKER)
        return worker and (supervisor, worker)
    return eventually(both)


def is_there(pid):
    try:
        return pathlib.Path("/proc/%d/stat" % pid).read_text().split(") ")[1][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Raw:
    """A listener; `turns` are what it does with one connection after the other, then it takes what is posted. `posts`
    has the body of each that it took."""

    def __init__(self, *turns):
        self.turns, self.posts, self.connections = list(turns), [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            turn = self.turns.pop(0) if self.turns else self.take
            threading.Thread(target=self.run, args=(turn, connection), daemon=True).start()

    @staticmethod
    def run(turn, connection):
        with connection:
            try:
                turn(connection)
            except OSError:  # the other end is tired of it
                pass

    @staticmethod
    def read(connection):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536) or b"\r\n\r\n"
        head, body = request.split(b"\r\n\r\n", 1)
        size = int(re.search(rb"Content-Length: (\d+)", head).group(1))
        while len(body) < size:
            body += connection.recv(65536)
        return head, body

    def take(self, connection):
        _, body = self.read(connection)
        self.posts.append(json.loads(body)["data"]["user"])
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    def close(self):
        self.listener.close()


def endless_header(connection):
    Raw.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def slow_bytes(connection):
    Raw.read(connection)
    for byte in b"HTTP/1.1 200 OK\r\n" * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.5)


def no_http(connection):
    Raw.read(connection)
    connection.sendall(b"220 mail.example ESMTP\r\n")


def only_interim(connection):
    Raw.read(connection)
    connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000)


def garbage(connection):
    connection.sendall(os.urandom(4096))


class Processes(WebhookCase):
    def test_there_are_none_where_nothing_goes_out(self):
        with Pawld() as server:
            self.assertEqual(children(server.process.pid), {})

    def test_they_have_no_file_no_listener_and_no_more_calls_than_they_need(self):
        server = self.server(self.receiver().url)
        supervisor, worker = processes(server)
        line = next(l for l in server.log_with("egress.ready").splitlines() if '"egress.ready"' in l)
        for pid in (supervisor, worker):
            opened = [os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)]
            kinds = {re.sub(r":.*", "", name) for name in opened} - {"anon_inode"}
            self.assertLessEqual(kinds - ({server.log_path} if SANITIZED else set()), {"/dev/null", "socket", "pipe"}, opened)
        if not SANITIZED:
            self.assertIn('"seccomp":true', line)
            for pid in (supervisor, worker):
                status = pathlib.Path("/proc/%d/status" % pid).read_text()
                self.assertIn("Seccomp:\t2", status)
                self.assertIn("NoNewPrivs:\t1", status)

    def test_they_end_with_the_server_however_it_ends(self):
        for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGABRT):
            server = self.server(self.receiver().url)
            both = processes(server)
            server.stop(how)
            eventually(lambda: not any(is_there(pid) for pid in both))
            server.close()

    def test_a_signal_to_the_whole_service_leaves_them_to_the_server(self):
        receiver = self.receiver()
        server = self.server(receiver.url)
        both = processes(server)
        for pid in both:
            for what in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(pid, what)
        user = self.sign_up(server)
        self.assertEqual(receiver.delivered(1)[0]["data"]["user"], user)
        self.assertEqual(processes(server), both)

    @unittest.skipIf(SANITIZED, "a sanitizer's heap is not searched")
    def test_they_do_not_know_the_key_that_the_options_name(self):
        server = self.server(self.receiver().url, env={"SECRET_KEY": SECRET_KEY})
        def pieces_in(pid):
            found = set()
            with open("/proc/%d/maps" % pid, encoding="ascii") as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
                for line in maps:
                    begin, end = (int(text, 16) for text in line.split()[0].split("-"))
                    if "rw" in line.split()[1]:
                        try:
                            memory.seek(begin)
                            text = memory.read(end - begin)
                        except OSError:  # what the kernel maps there can't be read
                            continue
                        found |= {i for i in range(0, 57, 8) if SECRET_KEY[i:i + 8].encode() in text}
            return found
        try:
            self.assertNotEqual(pieces_in(server.process.pid), set())  # else the search finds nothing at all
        except PermissionError:
            self.skipTest("no process may be looked into here")
        for pid in processes(server):
            self.assertEqual(pieces_in(pid), set())


class Deaths(WebhookCase):
    def test_events_arrive_in_order_and_none_is_left_out_while_workers_die(self):
        receiver = Raw()
        self.addCleanup(receiver.close)
        server = self.server("http://localhost:%d/" % receiver.port)
        users = []
        for _ in range(4):
            _, worker = processes(server)
            users += [self.sign_up(server) for _ in range(5)]
            os.kill(worker, signal.SIGSEGV)
            eventually(lambda: processes(server)[1] != worker)
            users += [self.sign_up(server) for _ in range(5)]
        eventually(lambda: receiver.posts and receiver.posts[-1] == users[-1], RETRIES_S)
        once = [user for i, user in enumerate(receiver.posts) if user not in receiver.posts[:i]]
        self.assertEqual(once, users)
        self.assertEqual(self.metric(server, "pawl_egress_deaths_total"), 4)
        self.assertIn('"event":"egress.worker_died","status":1' if SANITIZED else '"signal":11', server.log())  # it catches 11

    def test_too_many_deaths_make_a_pause_and_touch_no_request(self):
        server = self.server(self.receiver().url)
        last = None
        for _ in range(6):
            _, worker = eventually(lambda: processes(server)[1] != last and processes(server))
            os.kill(worker, signal.SIGSEGV)
            last = worker
        server.log_with("egress.failing")
        self.assertEqual(self.metric(server, "pawl_egress_ready"), 0)
        self.sign_up(server)
        self.assertIn("no egress worker", server.log_with("webhook.failed"))
        self.assertEqual(Client(server.url).get("/readyz").status, 200)
        self.assertEqual(server.stop(), 0)

    def test_without_its_supervisor_the_server_goes_on_and_says_so(self):
        server = self.server(self.receiver().url)
        supervisor, worker = processes(server)
        os.kill(supervisor, signal.SIGKILL)
        server.log_with("egress.gone")
        eventually(lambda: not is_there(worker))
        self.sign_up(server)
        self.assertEqual(self.metric(server, "pawl_egress_ready"), 0)
        self.assertEqual(server.stop(), 0)


class Hostile(WebhookCase):
    def delivered_after(self, *turns, tls=False):
        receiver = Raw(*turns)
        self.addCleanup(receiver.close)
        server = self.server("http%s://localhost:%d/" % ("s" if tls else "", receiver.port))
        _, worker = processes(server)
        users = [self.sign_up(server), self.sign_up(server)]
        if not tls:
            eventually(lambda: receiver.posts == users, RETRIES_S)
            self.assertEqual(receiver.connections, len(turns) + len(users))
        else:
            eventually(lambda: receiver.connections >= len(turns), RETRIES_S)
        self.assertEqual(processes(server)[1], worker)
        self.assertEqual(self.metric(server, "pawl_egress_deaths_total"), 0)
        return server.log()

    def test_an_answer_without_end_costs_its_one_exchange(self):
        self.assertIn("the answer is too large", self.delivered_after(endless_header))

    def test_a_body_without_end_is_not_read(self):
        ended = threading.Event()

        def endless_body(connection):
            _, body = Raw.read(connection)
            receiver.posts.append(json.loads(body)["data"]["user"])
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
                while True:
                    connection.sendall(b"x" * 65536)
            except OSError:
                ended.set()
        receiver = Raw(endless_body)
        self.addCleanup(receiver.close)
        server = self.server("http://localhost:%d/" % receiver.port)
        users = [self.sign_up(server), self.sign_up(server)]
        eventually(lambda: receiver.posts == users)
        self.assertTrue(ended.wait(60))

    def test_slow_bytes_cost_their_one_exchange(self):
        self.assertIn('"why":"timeout"', self.delivered_after(slow_bytes))

    def test_what_is_no_http_costs_its_one_exchange(self):
        log = self.delivered_after(no_http, only_interim)
        self.assertIn("what answers is no HTTP/1.1", log)
        self.assertIn("no answer but interim ones", log)

    def test_a_redirect_is_not_followed(self):
        elsewhere = Raw()
        self.addCleanup(elsewhere.close)

        def redirect(connection):
            Raw.read(connection)
            connection.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://localhost:%d/\r\nContent-Length: 0\r\n\r\n"
                               % elsewhere.port)
        self.assertIn('"status":307', self.delivered_after(redirect))
        self.assertEqual(elsewhere.connections, 0)

    def test_garbage_instead_of_tls_costs_its_one_exchange(self):
        self.assertIn("TLS fails", self.delivered_after(garbage, garbage, tls=True))


if __name__ == "__main__":
    main()
