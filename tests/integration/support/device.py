"""Devices that keep a history: each one user with one session, who does things one after another and writes down what it
was told. After a crash its check() is the oracle: every acknowledged operation holds; one whose reply was never read may
or may not have happened.
"""
import random
import sys
import threading

from support import case
from support.http import Client

NETWORK = (OSError, ValueError)  # refused, reset, or a reply cut short


class PatientClient(Client):
    """Tries again what the server has no room for yet (503: it did nothing), as after a start while the next log segment
    is being made on a busy disk."""

    def request(self, *arguments, **keywords):
        def asked():
            reply = Client.request(self, *arguments, **keywords)
            return reply if reply.status != 503 else None
        return case.eventually(asked, seconds=120)


class Device(threading.Thread):
    """One user with one session, who does things one after another until the server is gone.

    `current` is the token it last read; `before` the one it presented last: where the reply to a refresh was lost, it
    knows only `before`, and the successor may or may not exist.
    """

    def __init__(self, email, seed):
        super().__init__(daemon=True)
        self.email, self.random, self.url = email, random.Random(seed), None
        self.password, self.maybe_password = case.PASSWORD, None
        self.signed_up = self.maybe_signed_up = False
        self.current, self.dead, self.maybe_dead, self.in_flight = None, [], None, False
        self.acknowledged, self.wrong = 0, []

    def run(self):
        client = Client(self.url, keep=True)
        try:
            while True:
                self.step(client)
                self.acknowledged += 1
        except NETWORK:
            pass
        finally:
            client.close()

    def say(self, what, reply):
        self.wrong.append("%s %s: %r" % (self.email, what, reply))

    @staticmethod
    def answered(reply):
        """A 503 for a disk that fails says nothing of what happened: as good as no reply."""
        if reply.status == 503:
            raise ConnectionError("storage failed")
        return reply

    def step(self, client):
        if not self.signed_up:
            self.maybe_signed_up = True
            reply = self.answered(client.sign_up(self.email))
            if reply.status not in (201, 409):
                self.say("sign-up", reply)
            self.signed_up = True
            return
        if self.current is None:
            reply = self.answered(client.login(self.email, self.password))
            if reply.status != 200:
                self.say("login", reply)
            self.current = reply.json["refresh_token"]
            return
        what = self.random.random()
        if what < 0.85:
            self.in_flight = True
            reply = self.answered(client.refresh(self.current))
            if reply.status != 200 or reply.headers["Pawl-Refresh"] != "rotated":
                self.say("refresh", reply)
            self.current, self.in_flight = reply.json["refresh_token"], False
        elif what < 0.95:
            self.maybe_dead = self.current
            reply = self.answered(client.logout(self.current))
            if reply.status != 204:
                self.say("logout", reply)
            self.dead.append(self.current)
            self.current = self.maybe_dead = None
        else:
            access = self.answered(client.login(self.email, self.password)).json["access_token"]
            self.maybe_password = "passphrase %d" % self.random.getrandbits(60)
            change = {"current_password": self.password, "new_password": self.maybe_password}
            reply = self.answered(client.post("/users/me/password", change, access))
            if reply.status != 204:
                self.say("password change", reply)
            self.password, self.maybe_password = self.maybe_password, None
            self.dead.append(self.current)
            self.current = None

    def check(self, client):
        """The oracle, after a restart. Leaves the device knowing where it stands."""
        if not self.signed_up:
            if self.maybe_signed_up and client.login(self.email, self.password).status == 200:
                self.signed_up = True
            return
        if self.maybe_password is not None:
            changed = client.login(self.email, self.maybe_password).status == 200
            unchanged = client.login(self.email, self.password).status == 200
            if changed == unchanged:
                self.wrong.append("%s: after a password change in flight, new %s and old %s" % (self.email, changed, unchanged))
            if changed:
                self.password, self.maybe_dead = self.maybe_password, self.current
                self.dead.append(self.current)
                self.current = None
            self.maybe_password = None
        elif client.login(self.email, self.password).status != 200:
            self.wrong.append("%s: lost a user or a password" % self.email)
        for token in self.dead[-5:]:
            reply = client.refresh(token)
            if reply.status != 401 or reply.code not in ("session_revoked", "session_expired"):
                self.say("an ended session", reply)
        if self.current is not None:
            reply = client.refresh(self.current)
            if self.maybe_dead == self.current and reply.status == 401:
                self.current = None  # the logout in flight happened
            elif reply.status != 200 or reply.headers["Pawl-Refresh"] not in (
                    ("rotated", "replayed") if self.in_flight else ("rotated",)):
                self.say("its token after the crash (in flight: %s)" % self.in_flight, reply)
                self.current = None
            else:
                self.current = reply.json["refresh_token"]
        self.maybe_dead, self.in_flight = None, False

    def again(self, url):
        """A thread runs once: the same device, for the next life of the server."""
        other = Device(self.email, self.random.getrandbits(64))
        other.__dict__.update({k: v for k, v in self.__dict__.items()
                               if k in ("password", "maybe_password", "signed_up", "maybe_signed_up", "current", "dead",
                                        "maybe_dead", "in_flight", "acknowledged", "wrong")})
        other.url = url
        return other


def crash_rounds(rounds, seed, start, crash, clients=4, operations=(20, 400)):
    """Load, crash, restart, check, `rounds` times. `start()` gives the URL of a serving server, `crash()` ends it while
    the devices are at work and returns when nothing of it is left. Raises AssertionError with the seed."""
    print("PAWL_SEED=%d" % seed, file=sys.stderr)
    rng = random.Random(seed)
    devices = [Device("device%d@example.com" % i, rng.getrandbits(64)) for i in range(clients)]
    url = start()
    for _ in range(rounds):
        devices = [device.again(url) for device in devices]
        goal = sum(device.acknowledged for device in devices) + rng.randrange(*operations)
        for device in devices:
            device.start()
        case.eventually(lambda: sum(d.acknowledged for d in devices) >= goal or any(not d.is_alive() for d in devices),
                        seconds=120)
        crash()
        for device in devices:
            device.join()
        url = start()
        client = PatientClient(url)
        for device in devices:
            device.check(client)
        wrong = [line for device in devices for line in device.wrong]
        if wrong:
            raise AssertionError("PAWL_SEED=%d: %s" % (seed, wrong))
    return sum(device.acknowledged for device in devices)
