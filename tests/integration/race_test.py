"""What happens at once: many clients on one token, and refresh against everything that ends a family."""
import collections
import threading

from support import case
from support.http import Client

AT_ONCE = 64


def together(count, function):
    """Calls function(i) on `count` threads that start at the same moment; the results in order."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(i):
        barrier.wait()
        try:
            results[i] = function(i)
        except Exception as error:  # pylint: disable=broad-except
            results[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


class OneToken(case.ServerCase):
    def test_64_at_once_get_the_same_successor(self):
        token = self.logged_in()["refresh_token"]
        for _ in range(10):
            replies = together(AT_ONCE, lambda _, token=token: Client(self.server.url).refresh(token))
            self.assertEqual({r.status for r in replies}, {200}, repr(replies))
            self.assertEqual(len({r.json["refresh_token"] for r in replies}), 1)
            kinds = collections.Counter(r.headers["Pawl-Refresh"] for r in replies)
            self.assertEqual(kinds, {"rotated": 1, "replayed": AT_ONCE - 1})
            token = replies[0].json["refresh_token"]


class OneTokenStrict(case.ServerCase):
    OPTIONS = ("--strict",)

    def test_64_at_once_have_at_most_one_winner_and_the_family_is_dead_after(self):
        for _ in range(10):
            token = self.logged_in()["refresh_token"]
            replies = together(AT_ONCE, lambda _, token=token: Client(self.server.url).refresh(token))
            winners = [r for r in replies if r.status == 200]
            # The winner's reply is withheld where the verdict came before it was given.
            self.assertLessEqual(len(winners), 1)
            codes = collections.Counter(r.code for r in replies if r.status != 200)
            self.assertEqual(set(codes) - {"refresh_token_reused", "session_revoked"}, set())
            self.assertEqual(codes["refresh_token_reused"], 1)
            for winner in winners:
                self.expect(self.client.refresh(winner.json["refresh_token"]), 401, "session_revoked")


class RefreshAgainst(case.ServerCase):
    ROUNDS = 30

    def nothing_outlives(self, email, ending, expected):
        """Refreshes and `ending` at once; afterwards no token that anybody got works."""
        token = self.logged_in(email)

        def one(i):
            if i == 0:
                return ending(token)
            return Client(self.server.url).refresh(token["refresh_token"])

        replies = together(6, one)
        self.expect(replies[0], expected)
        for reply in [r for r in replies[1:] if r.status == 200]:
            self.expect(self.client.refresh(reply.json["refresh_token"]), 401)
            self.expect(self.client.me(reply.json["access_token"]), 401)
        for reply in replies[1:]:
            self.assertIn(reply.status, (200, 401))

    def test_logout(self):
        email = self.signed_up()
        for _ in range(self.ROUNDS):
            self.nothing_outlives(email, lambda t: Client(self.server.url).logout(t["refresh_token"]), 204)

    def test_logout_all(self):
        email = self.signed_up()
        for _ in range(self.ROUNDS):
            self.nothing_outlives(email, lambda t: Client(self.server.url).post("/logout/all", bearer=t["access_token"]), 204)

    def test_password_change_by_another_session(self):
        email = self.signed_up()
        password = case.PASSWORD
        for number in range(self.ROUNDS // 3):
            changer = self.expect(self.client.login(email, password), 200).json
            victim = self.expect(self.client.login(email, password), 200).json
            fresh = "another passphrase %d" % number

            def one(i, changer=changer, victim=victim, password=password, fresh=fresh):
                client = Client(self.server.url)
                if i == 0:
                    return client.post("/users/me/password", {"current_password": password, "new_password": fresh},
                                       changer["access_token"])
                return client.refresh(victim["refresh_token"])

            replies = together(6, one)
            self.expect(replies[0], 204)
            for reply in [r for r in replies[1:] if r.status == 200]:
                self.expect(self.client.refresh(reply.json["refresh_token"]), 401)
            self.expect(self.client.me(changer["access_token"]), 200)
            password = fresh


class OneName(case.ServerCase):
    def test_of_many_sign_ups_with_one_email_one_succeeds(self):
        for _ in range(5):
            email = case.fresh_email()
            replies = together(6, lambda _, email=email: Client(self.server.url).sign_up(email))
            self.assertEqual(sorted(r.status for r in replies), [201] + [409] * 5, repr(replies))

    def test_profile_changes_and_logout_all_at_once_lose_nothing(self):
        email = self.signed_up()
        for number in range(20):
            mine = self.logged_in(email)["access_token"]
            other = self.logged_in(email)

            def one(i, mine=mine, number=number):
                client = Client(self.server.url)
                if i == 0:
                    return client.send("PATCH", "/users/me", {"first_name": "n%d" % number}, mine)
                if i == 1:
                    return client.send("PATCH", "/users/me", {"surname": "s%d" % number}, mine)
                return client.delete("/sessions?except=current", mine)

            for reply in together(3, one):
                self.assertIn(reply.status, (200, 204), repr(reply))
            user = self.client.me(mine).json
            self.assertEqual((user["first_name"], user["surname"]), ("n%d" % number, "s%d" % number))
            self.expect(self.client.refresh(other["refresh_token"]), 401, "session_revoked")


class Guessing(case.ServerCase):
    OPTIONS = ("--login-limit-account", "10/5m")

    def test_of_40_parallel_wrong_passwords_at_most_ten_are_verified(self):
        email = self.signed_up()
        replies = together(40, lambda _: Client(self.server.url).login(email, "wrong password"))
        statuses = collections.Counter(r.status for r in replies)
        self.assertLessEqual(statuses[401], 10, statuses)
        self.assertEqual(set(statuses) - {401, 429, 503}, set(), statuses)


if __name__ == "__main__":
    case.main()
