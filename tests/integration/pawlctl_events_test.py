"""pawlctl events: what it prints, what it begins with and ends by, and that it comes back after its connection was lost."""
import json
import os
import subprocess
import threading
import unittest

from support.case import PASSWORD, ServerCase, eventually, fresh_email, main
from support.http import Client
from support.pawlctl import BINARY, environment, pawlctl
from support.pawld import Pawld


class Watching:
    """pawlctl events in the background; lines() are those of stdout so far."""

    def __init__(self, test, server, *arguments, env=None):
        self.out = []
        self.process = subprocess.Popen([BINARY, "--data-dir", server.data_dir, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", env=environment(env),
                                        text=True)
        test.addCleanup(self.close)
        self.err = []
        self.readers = [threading.Thread(target=self.read, args=(self.process.stdout, self.out), daemon=True),
                        threading.Thread(target=self.read, args=(self.process.stderr, self.err), daemon=True)]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, into):
        for line in stream:
            into.append(line)

    def lines(self, count):
        eventually(lambda: len(self.out) >= count, seconds=120)
        return [json.loads(line) for line in self.out]

    def end(self):
        """The exit status, once it has ended by itself."""
        status = self.process.wait(120)
        for reader in self.readers:
            reader.join()
        return status

    def close(self):
        self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


class EventsCase(ServerCase):
    def events(self, *arguments, **keywords):
        return pawlctl(*arguments, data_dir=self.server.data_dir, **keywords)

    def streams(self):
        for line in self.client.get("/metrics").body.decode().splitlines():
            if line.startswith("pawl_event_streams "):
                return int(line.split()[-1])
        raise AssertionError("no such figure")


class Printed(EventsCase):
    def test_what_is_kept_as_json_and_as_text(self):
        email = self.signed_up()
        user = self.client.me(self.logged_in(email)["access_token"]).json["id"]
        done = self.events("--json", "events", "--since", "0", "--user", email, "--until", "family_created")
        self.assertEqual(done.status, 0, done)
        self.assertEqual([(e["kind"], e["user"]) for e in done.lines], [("signed_up", user), ("family_created", user)])
        text = self.events("events", "--since", "0", "--user", str(user), "--count", "2")
        self.assertEqual(text.status, 0, text)
        for line, event in zip(text.out.splitlines(), done.lines, strict=True):
            self.assertEqual(line.split()[:3], [event["time"], str(event["lsn"]), event["kind"]])
            self.assertIn(" user=%d" % user, line)
        self.assertIn(" use.ip=127.0.0.1", text.out)

    def test_filters_and_a_place_to_go_on_from(self):
        tokens = self.logged_in()
        self.rotated(tokens["refresh_token"])
        rotated = self.events("--json", "events", "--since", "0", "-t", "family_rotated", "-t", "family_ended", "-n", "1")
        self.assertEqual([e["kind"] for e in rotated.lines], ["family_rotated"])
        before = str(rotated.lines[0]["lsn"] - 1)
        again = self.events("--json", "events", "--last-event-id", before, "--since", "0", "-n", "1")
        self.assertEqual(again.lines, rotated.lines)

    def test_what_comes(self):
        eventually(lambda: self.streams() == 0, seconds=120)  # of the tests before
        watching = Watching(self, self.server, "--json", "events")
        eventually(lambda: self.streams() == 1, seconds=120)
        self.logged_in()
        self.assertEqual([e["kind"] for e in watching.lines(2)], ["signed_up", "family_created"])
        watching.close()
        eventually(lambda: self.streams() == 0, seconds=120)

    def test_over_a_url_as_an_operator(self):
        email = fresh_email()
        made = self.events("user", "add", email, "--superuser", "--password-stdin", stdin=PASSWORD + "\n")
        self.assertEqual(made.status, 0, made)
        access = self.logged_in(email)["access_token"]
        done = pawlctl("--json", "--url", self.server.url, "events", "--since", "0", "-n", "1", env={"PAWLCTL_TOKEN": access})
        self.assertEqual((done.status, len(done.lines)), (0, 1), done)
        other = self.logged_in()["access_token"]
        refused = pawlctl("--url", self.server.url, "events", env={"PAWLCTL_TOKEN": other})
        self.assertEqual((refused.status, refused.out), (1, ""))
        self.assertIn("(not_admin)", refused.err)

    def test_what_is_asked_for_is_checked(self):
        for arguments, status, said in ((("--until", "nothing"), 2, "no kind of event"), (("-t", "nothing"), 1, "validation_failed"),
                                        (("--since", "x"), 1, "validation_failed"), (("--last-event-id", "10" * 6), 1, "events_gone"),
                                        (("--user", "nobody"), 1, "user_not_found")):
            done = self.events("events", *arguments)
            self.assertEqual((done.status, done.out), (status, ""), done)
            self.assertIn(said, done.err)

    def test_a_pipe_that_nobody_reads_ends_it(self):
        self.signed_up()
        with subprocess.Popen([BINARY, "--data-dir", self.server.data_dir, "events", "--since", "0"], env=environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/") as watching:
            self.assertTrue(watching.stdout.readline())
            watching.stdout.close()
            self.signed_up()
            self.assertEqual(watching.wait(120), 141)


class Lost(unittest.TestCase):
    def server(self):
        server = Pawld()
        self.addCleanup(server.close)
        return server.start()

    def test_it_comes_back_and_misses_nothing(self):
        server = self.server()
        Client(server.url).sign_up("one@example.com")
        watching = Watching(self, server, "--json", "events", "--since", "0", "--until", "account_removed")
        self.assertEqual([e["kind"] for e in watching.lines(1)], ["signed_up"])
        server.kill()
        server.start()  # somebody may be before it: nothing is missed all the same
        client = Client(server.url)
        client.sign_up("two@example.com")
        access = client.login("two@example.com").json["access_token"]
        self.assertEqual(client.delete("/users/me", access, {"current_password": PASSWORD}).status, 204)
        self.assertEqual(watching.end(), 0, watching.err)
        lines = watching.lines(0)
        kinds = [e["kind"] for e in lines]
        self.assertEqual((kinds[:3], kinds[-1]), (["signed_up", "signed_up", "family_created"], "account_removed"))
        self.assertEqual([e["lsn"] for e in lines], sorted({e["lsn"] for e in lines}))
        self.assertIn("again in", "".join(watching.err))

    def test_once_is_once(self):
        server = self.server()
        Client(server.url).sign_up("one@example.com")
        watching = Watching(self, server, "--json", "events", "--since", "0", "--once")
        watching.lines(1)
        server.kill()
        self.assertEqual(watching.end(), 76)

    def test_without_a_server_there_is_nothing_to_tell_and_the_directory_is_left_alone(self):
        server = self.server()
        self.assertEqual(server.stop(), 0)
        before = sorted(os.listdir(server.data_dir))
        done = pawlctl("events", data_dir=server.data_dir)
        self.assertEqual((done.status, done.out), (76, ""))
        self.assertIn("log tail", done.err)
        self.assertEqual(sorted(os.listdir(server.data_dir)), before)


if __name__ == "__main__":
    main()
