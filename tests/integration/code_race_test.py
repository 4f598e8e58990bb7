"""What is asked at the same moment as the exchange of a code: the same exchange 64 times, and everything that ends what it
gives. Each round is one order out of many.

PAWL_TEST_SCALE multiplies the rounds; with 1250 the race of 64 for one code has ten thousand.
"""
import concurrent.futures
import os
import random
import sys
import threading
import time

from code_test import CALLBACK, CHALLENGE, VERIFIER, CodeCase
from support import case
from support.burst import Burst
from support.http import Client
from support.person import Person

AT_ONCE = 64
SCALE = int(os.environ.get("PAWL_TEST_SCALE", "1"))
ROUNDS_OF_ONE_USER = 100
AHEAD_SECONDS_MAX = 0.004


class Races(CodeCase):
    ROUNDS = 8 * SCALE

    def at_once(self, *calls):
        """What they answered; none begins before all threads are there."""
        barrier = threading.Barrier(len(calls))

        def called(call):
            barrier.wait()
            return call()
        with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(called, calls))

    def delayed(self, call):
        """Some of the ways through an exchange later."""
        seconds = random.uniform(0, 0.008)

        def later():
            time.sleep(seconds)
            return call()
        return later

    def told(self, replies):
        for reply in replies:
            self.assertIn((reply.status, reply.json.get("error")), [(200, None), (400, "invalid_grant")], repr(reply))
        return [reply.json for reply in replies if reply.status == 200]

    def dead(self, tokens, status=400, error="invalid_grant"):
        self.refused(self.refreshed(tokens["refresh_token"]), error, status)
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)

    def used(self, code):
        again = self.exchange(code)
        self.refused(again, "invalid_grant")
        return "used before" in again.json["error_description"]

    def end_while_exchanging(self, end):
        """What is told at the moment of `end` is dead, and the code gives nothing more."""
        code = self.code()["code"]
        exchanged, ended = self.at_once(lambda: self.exchange(code), self.delayed(end))
        self.expect(ended, 204)
        for tokens in self.told([exchanged]):
            self.dead(tokens)
        self.refused(self.exchange(code), "invalid_grant")

    def test_two_exchanges_some_time_apart(self):
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                code = self.code()["code"]
                told = self.told(self.at_once(lambda: self.exchange(code), self.delayed(lambda: self.exchange(code))))
                self.assertLessEqual(len(told), 1)
                for tokens in told:
                    self.dead(tokens)

    def test_what_ends_all_sessions_of_the_user_ends_what_a_code_gives_at_that_moment(self):
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                access = self.expect(self.client.login(self.email, self.password), 200).json["access_token"]
                change = {"current_password": self.password, "new_password": self.password + "x"}
                if round % 2:
                    self.password += "x"
                    end = lambda: self.client.post("/users/me/password", change, bearer=access)
                else:
                    end = lambda: self.client.post("/logout/all", bearer=access)
                self.end_while_exchanging(end)

    def test_the_end_of_all_sessions_of_a_client_ends_what_a_code_gives_at_that_moment(self):
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                end = lambda: self.client.post("/admin/clients/shop/logout", bearer=self.root)
                self.end_while_exchanging(end)

    def test_a_client_that_is_disabled_at_that_moment(self):
        def enable(on):
            return self.client.send("PATCH", "/admin/clients/shop", {"enabled": on}, bearer=self.root)
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                code = self.code()["code"]
                exchanged, disabled = self.at_once(lambda: self.exchange(code), self.delayed(lambda: enable(False)))
                self.expect(disabled, 200)
                try:
                    self.assertIn((exchanged.status, exchanged.json.get("error")),
                                  [(200, None), (400, "invalid_grant"), (401, "invalid_client")], repr(exchanged))
                    if exchanged.status == 200:
                        self.dead(exchanged.json, 401, "invalid_client")
                finally:
                    self.expect(enable(True), 200)
                if exchanged.status == 200:
                    self.dead(exchanged.json)  # for good
                self.refused(self.exchange(code), "invalid_grant")

    def test_a_client_that_is_removed_and_made_anew_at_that_moment(self):
        def made():
            self.made("/admin/clients", {"client_id": "brief", "name": "Brief", "preset": "spa", "redirect_uris": [CALLBACK],
                                         "scopes": ["openid", "email"], "consent": "never"})
        for round in range(self.ROUNDS):
            with self.subTest(round=round):
                made()
                code = self.code("brief", "openid email")["code"]
                remove = lambda: self.client.delete("/admin/clients/brief", bearer=self.root)
                exchanged, removed = self.at_once(lambda: self.exchange(code, "brief"), self.delayed(remove))
                self.expect(removed, 204)
                self.assertIn((exchanged.status, exchanged.json.get("error")),
                              [(200, None), (400, "invalid_grant"), (401, "invalid_client")], repr(exchanged))
                made()
                try:
                    if exchanged.status == 200:
                        self.expect(self.client.get("/userinfo", bearer=exchanged.json["access_token"]), 401)
                        self.refused(self.refreshed(exchanged.json["refresh_token"], "brief"), "invalid_grant")
                    self.refused(self.exchange(code, "brief"), "invalid_grant")
                finally:
                    self.expect(remove(), 204)

    def test_a_user_who_is_disabled_at_that_moment(self):
        found = self.expect(self.client.get("/admin/users?login=" + self.email, bearer=self.root), 200).json["users"][0]

        def enable(on):
            return self.client.send("PATCH", "/admin/users/%d" % found["id"], {"enabled": on}, bearer=self.root)
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                code = self.code()["code"]
                exchanged, disabled = self.at_once(lambda: self.exchange(code), self.delayed(lambda: enable(False)))
                self.expect(disabled, 200)
                try:
                    told = self.told([exchanged])
                    for tokens in told:
                        self.dead(tokens)
                finally:
                    self.expect(enable(True), 200)
                for tokens in told:
                    self.dead(tokens)  # for good
                self.refused(self.exchange(code), "invalid_grant")

    def test_a_consent_that_is_withdrawn_at_that_moment(self):
        self.asks()
        mine = self.expect(self.client.login(self.email), 200).json["access_token"]
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                code = self.code("asks", "openid email")["code"]
                withdraw = lambda: self.client.delete("/users/me/consents/asks", bearer=mine)
                exchanged, withdrawn = self.at_once(lambda: self.exchange(code, "asks"), self.delayed(withdraw))
                self.expect(withdrawn, 204)
                for tokens in self.told([exchanged]):
                    self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)
                    self.refused(self.refreshed(tokens["refresh_token"], "asks"), "invalid_grant")
                self.refused(self.exchange(code, "asks"), "invalid_grant")

    def asks(self):
        reply = self.client.post("/admin/clients", {"client_id": "asks", "name": "Asks", "preset": "spa", "redirect_uris": [CALLBACK],
                                                    "scopes": ["openid", "email"], "consent": "ask"}, bearer=self.root)
        self.assertIn(reply.status, (201, 409), reply)

    def test_a_browser_that_signs_out_at_that_moment(self):
        person = Person(self.server.url)
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                page = person.visit("/authorize", response_type="code", client_id="page", redirect_uri=CALLBACK, scope="openid email",
                                    code_challenge=CHALLENGE, code_challenge_method="S256")
                code = person.sign_in(page, self.email, case.PASSWORD).answer["code"]
                question = person.visit("/end_session")
                exchanged, _ = self.at_once(lambda: self.exchange(code, "page"),
                                            self.delayed(lambda: person.press(question, "yes")))
                for tokens in self.told([exchanged]):
                    self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)
                    self.refused(self.refreshed(tokens["refresh_token"], "page"), "invalid_grant")
                self.refused(self.exchange(code, "page"), "invalid_grant")

    def test_a_second_use_and_the_revocation_of_what_the_first_gave(self):
        for round in range(self.ROUNDS * 4):
            with self.subTest(round=round):
                code = self.code("page", "openid email")["code"]
                tokens = self.expect(self.exchange(code, "page"), 200).json
                revoke = lambda: self.client.form("/revoke", {"client_id": "page", "token": tokens["refresh_token"]})
                again, revoked, refreshed = self.at_once(lambda: self.exchange(code, "page"), self.delayed(revoke),
                                                         self.delayed(lambda: self.refreshed(tokens["refresh_token"], "page")))
                self.refused(again, "invalid_grant")
                self.expect(revoked, 200)
                for one in [tokens, *self.told([refreshed])]:
                    self.expect(self.client.get("/userinfo", bearer=one["access_token"]), 401)
                    self.refused(self.refreshed(one["refresh_token"], "page"), "invalid_grant")


class OneCode(CodeCase):
    """64 kept connections, so that ten thousand rounds are minutes."""
    FIELDS = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}

    def setUp(self):
        super().setUp()
        self.burst, self.kept = Burst(self.server.url, AT_ONCE), Client(self.server.url, keep=True)
        self.addCleanup(self.burst.close)
        self.addCleanup(self.kept.close)

    def made_code(self, email, client_id):
        return self.expect(self.kept.post("/dev/code", {"user": email, "client_id": client_id, "scope": "openid email",
                                                        "redirect_uri": CALLBACK, "code_challenge": CHALLENGE}), 201).json["code"]

    def test_where_the_client_keeps_its_session_one_is_told_and_lives_and_64_refreshes_at_once_have_one_successor(self):
        self.made("/admin/clients", {"client_id": "twice", "name": "Twice", "preset": "spa", "redirect_uris": [CALLBACK],
                                     "scopes": ["openid", "email"], "consent": "never", "code_reuse": "deny"})
        for round in range(8 * SCALE):
            code = self.made_code(self.email, "twice")
            replies = self.burst.ask("/token", {**self.FIELDS, "client_id": "twice", "code": code},
                                     ahead=random.choice((0, random.uniform(0, AHEAD_SECONDS_MAX))))
            for reply in replies:
                self.assertIn((reply.status, reply.json.get("error")), [(200, None), (400, "invalid_grant")], (round, reply))
            told, = [reply.json for reply in replies if reply.status == 200]
            self.expect(self.kept.get("/userinfo", bearer=told["access_token"]), 200)
            replies = self.burst.ask("/token", {"grant_type": "refresh_token", "client_id": "twice",
                                                "refresh_token": told["refresh_token"]})
            self.assertEqual({reply.status for reply in replies}, {200}, repr(replies))
            self.assertEqual(len({reply.json["refresh_token"] for reply in replies}), 1)
            kinds = [reply.headers["Pawl-Refresh"] for reply in replies]
            self.assertEqual((kinds.count("rotated"), kinds.count("replayed")), (1, AT_ONCE - 1))

    def test_of_many_exchanges_at_once_at_most_one_is_told_and_the_others_end_it(self):
        kept, many, none = self.kept, 0, 0
        fields = {**self.FIELDS, "client_id": "page"}
        for round in range(8 * SCALE):
            if round % ROUNDS_OF_ONE_USER == 0:
                email = case.fresh_email()
                self.expect(kept.post("/dev/users", {"email": email, "password": case.PASSWORD}), 201)
            code = self.made_code(email, "page")
            # At once, none is told: one comes back before the first is durable. So in half of the rounds one is ahead.
            replies = self.burst.ask("/token", {**fields, "code": code}, ahead=random.choice((0, random.uniform(0, AHEAD_SECONDS_MAX))))
            for reply in replies:
                self.assertIn((reply.status, reply.json.get("error")), [(200, None), (400, "invalid_grant")], (round, reply))
            told = [reply.json for reply in replies if reply.status == 200]
            self.assertLessEqual(len(told), 1, round)
            many, none = many + len(told), none + (not told)
            again = kept.form("/token", {**fields, "code": code})
            self.refused(again, "invalid_grant")
            self.assertIn("used before", again.json["error_description"])
            for tokens in told:
                self.expect(kept.get("/userinfo", bearer=tokens["access_token"]), 401)
                self.refused(kept.form("/token", {"grant_type": "refresh_token", "client_id": "page",
                                                  "refresh_token": tokens["refresh_token"]}), "invalid_grant")
        print("%d rounds: one of %d was told in %d, none in %d" % (8 * SCALE, AT_ONCE, many, none), file=sys.stderr)


if __name__ == "__main__":
    case.main()
