"""Consents at the real server: allowed by POST /dev/code as if on the page, listed, withdrawn; and what is left of them
after kill -9."""
from code_test import CodeCase, unpacked
from support import case

BACK = "https://asks.example/cb"


class Consents(CodeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = cls("setUp")
        maker.setUp()
        maker.made("/admin/clients", {"client_id": "asks", "name": "Asks", "preset": "spa", "redirect_uris": [BACK],
                                      "scopes": ["openid", "email", "profile"], "consent": "ask"})

    def setUp(self):
        super().setUp()
        if self.email:
            self.mine = self.expect(self.client.login(self.email), 200).json["access_token"]

    def allowed(self):
        listed = self.expect(self.client.get("/users/me/consents", bearer=self.mine), 200).json["consents"]
        return {one["client_id"]: one["scopes"] for one in listed}

    def ask(self, scope="openid email"):
        return self.code("asks", scope, redirect_uri=BACK)["code"]

    def redeem(self, code):
        return self.exchange(code, "asks", redirect_uri=BACK)

    def withdraw(self, client_id="asks"):
        return self.client.delete("/users/me/consents/" + client_id, bearer=self.mine)

    def pass_a_second(self):
        self.client.advance(2)

    def test_what_is_allowed_is_listed_and_added_to(self):
        self.assertEqual(self.allowed(), {})
        self.ask("openid")
        self.assertEqual(self.allowed(), {"asks": ["openid"]})
        self.ask("openid email")
        self.assertEqual(self.allowed(), {"asks": ["openid", "email"]})
        self.ask("openid")
        self.assertEqual(self.allowed(), {"asks": ["openid", "email"]})

    def test_a_client_that_never_asks_leaves_none(self):
        self.code()
        self.assertEqual(self.allowed(), {})

    def test_a_withdrawal_ends_sessions_and_codes_of_that_client_alone(self):
        kept = self.expect(self.exchange(self.code()["code"]), 200).json
        tokens = self.expect(self.redeem(self.ask()), 200).json
        waiting = self.ask()
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 200)
        self.pass_a_second()
        self.expect(self.withdraw(), 204)
        self.expect(self.withdraw(), 404, "consent_not_found")
        self.assertEqual(self.allowed(), {})
        self.expect(self.client.get("/userinfo", bearer=tokens["access_token"]), 401)
        self.refused(self.refreshed(tokens["refresh_token"], "asks"), "invalid_grant")
        self.refused(self.redeem(waiting), "invalid_grant")
        family = self.expect(self.client.get("/dev/families/" + unpacked(tokens["access_token"])["sid"]), 200).json
        self.assertIs(family["alive"], False)
        self.pass_a_second()
        self.expect(self.redeem(self.ask()), 200)
        self.refused(self.redeem(waiting), "invalid_grant")
        self.expect(self.refreshed(kept["refresh_token"]), 200)

    def test_a_clients_token_does_not_list_or_withdraw(self):
        tokens = self.expect(self.redeem(self.ask()), 200).json
        for call in (self.client.get, self.client.delete):
            path = "/users/me/consents" + ("/asks" if call == self.client.delete else "")
            self.expect(call(path, bearer=tokens["access_token"]), 401, "invalid_access_token")

    def test_an_operator_withdraws_and_it_is_in_the_events(self):
        self.ask()
        me = self.expect(self.client.me(self.mine), 200).json["id"]
        path = "/admin/consents?user_id=%s" % me
        listed = self.expect(self.client.get(path, bearer=self.root), 200).json["consents"]
        self.assertEqual([one["client_id"] for one in listed], ["asks"])
        self.expect(self.client.get(path, bearer=self.mine), 403, "not_admin")
        self.expect(self.client.delete(path + "&client_id=asks", bearer=self.root), 204)
        self.assertEqual(self.allowed(), {})

    def test_it_survives_kill_9(self):
        tokens = self.expect(self.redeem(self.ask()), 200).json
        self.expect(self.withdraw(), 204)
        # One of the very second of the withdrawal is dead.
        reply = case.eventually(lambda: next((r for r in [self.redeem(self.ask("openid"))] if r.status == 200), None))
        self.server.kill()
        self.server.start()
        self.client = type(self.client)(self.server.url)
        self.mine = self.expect(self.client.login(self.email), 200).json["access_token"]
        self.assertEqual(self.allowed(), {"asks": ["openid"]})
        self.refused(self.refreshed(tokens["refresh_token"], "asks"), "invalid_grant")
        self.expect(self.refreshed(reply.json["refresh_token"], "asks"), 200)


if __name__ == "__main__":
    case.main()
