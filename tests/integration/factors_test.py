"""Second factors at the real server: set up, asked for, used once also over kill -9, remembered, removed; and every
request that is not good."""
import base64
import json
import re
import signal
import threading
from urllib.parse import urlencode

from support import case, totp
from support.wait import eventually


def claims(token):
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


class FactorCase(case.ServerCase):
    def setUp(self):
        super().setUp()
        self.email = self.signed_up()
        self.access = self.logged_in(self.email)["access_token"]

    def codes(self, email=None):
        return self.expect(self.client.post("/dev/totp", {"user": email or self.email}), 200).json

    def fresh(self, email=None):
        """A code that was not used."""
        self.client.advance(60)
        return self.codes(email)["code"]

    def offered(self, **more):
        return self.expect(self.client.post("/users/me/factors/totp", more or None, bearer=self.access), 200).json

    def code_of(self, secret):
        return totp.code(secret, self.expect(self.client.get("/dev/clock"), 200).json["unix"])

    def set_up(self, name="phone"):
        offered = self.offered()
        confirm = {"capsule": offered["capsule"], "totp": self.code_of(offered["secret"]), "name": name}
        made = self.expect(self.client.post("/users/me/factors/totp/confirm", confirm, bearer=self.access), 201).json
        self.assertEqual((made["kind"], made["name"]), ("totp", name))
        return made["id"]

    def login(self, **more):
        return self.client.post("/login", {"email": self.email, "password": case.PASSWORD, **more})

    def step(self):
        return self.expect(self.login(), 401, "second_factor_required").json["step"]

    def step_up(self):
        """A session that was proven now, by a code."""
        reply = self.expect(self.client.post("/step-up", {"totp": self.fresh()}, bearer=self.access), 200)
        self.access = reply.json["access_token"]
        return self.access


class Factors(FactorCase):
    def test_a_test_is_given_a_totp(self):
        """/dev/totp with `enrol`: once, and all of its codes are good."""
        for bad in ({"user": self.email, "enrol": 1}, {"user": self.email, "enroll": True}, {"enrol": True}):
            self.expect(self.client.post("/dev/totp", bad), 422, "validation_failed")
        self.expect(self.client.post("/dev/totp", {"user": "none@example.com", "enrol": True}), 404, "user_not_found")
        self.expect(self.client.post("/dev/totp", {"user": self.email, "enrol": False}), 404, "factor_not_found")
        made = self.expect(self.client.post("/dev/totp", {"user": self.email, "enrol": True}), 200).json
        self.assertEqual(made, self.expect(self.client.post("/dev/totp", {"user": self.email, "enrol": True}), 200).json)
        self.assertEqual(made["id"], 1)
        self.expect(self.login(totp=made["previous"]), 200)
        self.expect(self.login(totp=made["code"]), 200)
        self.expect(self.client.post("/dev/totp", {"user": self.email, "enrol": True, "factor": 2}), 404, "factor_not_found")

    def test_what_was_shown_is_counted(self):
        def counted():
            text = self.client.get("/metrics").body.decode()
            shown = re.findall(r"^pawl_(?:factor_checks|capsules)_total\{(.*)\} (\d+)$", text, re.MULTILINE)
            return {labels.replace('"', ""): int(n) for labels, n in shown}
        before = counted()
        self.assertEqual(len(before), 2 * 4 + 9 * 4)
        self.set_up()
        step = self.step()
        code = self.fresh()
        self.expect(self.client.post("/login/factor", {"step": step, "totp": code}), 200)
        self.expect(self.login(totp=code), 401, "second_factor_failed")
        self.expect(self.login(totp="abcdef"), 401, "second_factor_failed")
        self.expect(self.login(recovery_code="aaaaa-aaaaa"), 401, "second_factor_failed")
        device = self.expect(self.login(totp=self.fresh(), remember=True), 200).json["device"]
        self.expect(self.login(device=device), 200)
        self.expect(self.login(device=device[:-1]), 401, "second_factor_required")
        self.expect(self.client.post("/login/factor", {"step": "pls_none", "totp": code}), 401, "step_expired")
        step = self.step()
        self.client.advance(301)
        self.expect(self.client.post("/login/factor", {"step": step, "totp": code}), 401, "step_expired")
        self.expect(self.client.post("/password/forgot", {"email": self.email}), 202)
        mail = self.expect(self.client.get("/dev/mail?to=" + self.email), 200).json[-1]
        reset = {"capsule": mail["link"].rsplit("/", 1)[1], "new_password": "another horse battery", "totp": self.fresh()}
        self.expect(self.client.post("/password/reset", reset), 204)
        self.expect(self.client.post("/password/reset", reset), 410, "link_used")
        self.expect(self.client.post("/password/reset", {**reset, "capsule": "pml_none"}), 400, "link_invalid")
        after = counted()  # the reset asked for no code: the address was not proven, so the factors went with it
        risen = {labels: n - before[labels] for labels, n in after.items() if n != before[labels]}
        self.assertEqual(risen, {
            "kind=totp,outcome=accepted": 3, "kind=totp,outcome=used": 1, "kind=totp,outcome=wrong": 1, "kind=recovery,outcome=wrong": 1,
            "purpose=enrol,outcome=good": 1, "purpose=login_step,outcome=good": 1, "purpose=login_step,outcome=invalid": 1,
            "purpose=login_step,outcome=expired": 1, "purpose=device,outcome=good": 1, "purpose=device,outcome=invalid": 1,
            "purpose=reset_password,outcome=good": 1, "purpose=reset_password,outcome=used": 1,
            "purpose=reset_password,outcome=invalid": 1})

    def test_a_user_without_a_factor_logs_in_as_ever(self):
        told = claims(self.access)
        self.assertFalse({"acr", "amr", "auth_time"} & set(told))
        self.expect(self.login(totp="123456"), 200)
        self.assertEqual(self.client.get("/users/me/factors", bearer=self.access).json, {"factors": [], "recovery_left": 0})

    def test_a_totp_is_set_up_and_asked_for(self):
        number = self.set_up()
        refused = self.expect(self.login(), 401, "second_factor_required").json
        self.assertEqual(refused["factors"], ["totp"])
        done = self.expect(self.client.post("/login/factor", {"step": refused["step"], "totp": self.fresh()}), 200).json
        told = claims(done["access_token"])
        self.assertEqual((told["acr"], told["amr"]), ("urn:pawl:acr:2", ["pwd", "otp", "mfa"]))
        self.assertEqual(told["auth_time"], told["iat"])
        self.client.advance(40)
        rotated = claims(self.rotated(done["refresh_token"])["access_token"])
        self.assertEqual((rotated["acr"], rotated["auth_time"]), (told["acr"], told["auth_time"]))
        self.expect(self.login(totp=self.fresh()), 200)
        listed = self.expect(self.client.get("/users/me/factors", bearer=done["access_token"]), 200).json["factors"]
        self.assertEqual([one["id"] for one in listed], [number])
        self.assertEqual(listed[0]["last_used_from"], "127.0.0.1")

    def test_the_offer_is_what_applications_read_and_stores_nothing(self):
        offered = self.offered()
        self.assertTrue(offered["uri"].startswith("otpauth://totp/"), offered)
        self.assertIn("secret=" + offered["secret"], offered["uri"])
        self.expect(self.login(), 200)
        self.expect(self.client.post("/dev/totp", {"user": self.email}), 404, "factor_not_found")

    def test_a_code_is_taken_once(self):
        self.set_up()
        code = self.fresh()
        self.expect(self.login(totp=code), 200)
        self.expect(self.login(totp=code), 401, "second_factor_failed")
        self.expect(self.login(totp=self.codes()["previous"]), 401, "second_factor_failed")
        self.expect(self.login(totp=self.codes()["next"]), 200)

    def test_the_code_that_set_it_up_is_used(self):
        self.set_up()
        self.expect(self.login(totp=self.codes()["code"]), 401, "second_factor_failed")

    def test_of_many_that_show_one_code_one_is_let_in(self):
        self.set_up()
        code, seen = self.fresh(), []

        def show():
            seen.append(case.Client(self.server.url).post(
                "/login", {"email": self.email, "password": case.PASSWORD, "totp": code}).status)
        threads = [threading.Thread(target=show) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(seen), [200, 401, 401, 401])

    def test_oauth_clients_are_told_in_their_words(self):
        self.set_up()
        form = {"username": self.email, "password": case.PASSWORD}
        refused = self.expect(self.client.form("/token", form), 400, "mfa_required").json
        done = self.client.form("/login/factor", {"step": refused["mfa_token"], "totp": self.fresh()})
        self.expect(done, 200)
        self.expect(self.client.form("/token", {**form, "totp": self.fresh()}), 200)
        self.expect(self.client.form("/token", {**form, "totp": "000000"}), 400, "invalid_grant")

    def test_recovery_codes_are_good_once_each(self):
        self.set_up()
        self.step_up()
        made = self.expect(self.client.post("/users/me/factors/recovery", bearer=self.access), 201).json
        self.assertEqual(len(set(made["codes"])), 10)
        for code in made["codes"]:
            self.assertRegex(code, "^[a-z2-9]{5}-[a-z2-9]{5}$")
        self.assertEqual(self.expect(self.login(), 401).json["factors"], ["totp", "recovery_code"])
        self.expect(self.login(recovery_code=made["codes"][0].upper()), 200)
        self.expect(self.login(recovery_code=made["codes"][0]), 401, "second_factor_failed")
        self.assertEqual(self.client.get("/users/me/factors", bearer=self.access).json["recovery_left"], 9)
        again = self.expect(self.client.post("/users/me/factors/recovery", bearer=self.access), 201).json
        self.expect(self.login(recovery_code=made["codes"][1]), 401, "second_factor_failed")
        self.expect(self.login(recovery_code=again["codes"][1]), 200)

    def test_a_remembered_device_stands_for_the_code(self):
        self.set_up()
        done = self.expect(self.login(totp=self.fresh(), remember=True), 200).json
        by_device = self.expect(self.login(device=done["device"]), 200).json
        self.assertEqual(claims(by_device["access_token"])["acr"], "urn:pawl:acr:1")
        self.expect(self.login(device=done["device"][:-1] + "!"), 401, "second_factor_required")
        self.expect(self.client.delete("/users/me/devices", bearer=by_device["access_token"]), 204)
        self.expect(self.login(device=done["device"]), 401, "second_factor_required")

    def test_changes_want_a_session_that_was_proven_lately(self):
        self.client.advance(301)
        reply = self.expect(self.client.post("/users/me/factors/totp", bearer=self.access), 401, "reauthentication_required")
        self.assertEqual(reply.headers["WWW-Authenticate"],
                         'Bearer error="insufficient_user_authentication", max_age=300')
        stepped = self.expect(self.client.post("/step-up", {"password": case.PASSWORD}, bearer=self.access), 200).json
        self.expect(self.client.me(self.access), 401, "invalid_access_token")
        self.access = stepped["access_token"]
        number = self.set_up()
        path = "/users/me/factors/%d" % number
        self.expect(self.client.delete(path, bearer=self.access), 401, "reauthentication_required")
        refused = {"password": case.PASSWORD, "acr": "urn:pawl:acr:2"}
        self.expect(self.client.post("/step-up", refused, bearer=self.access), 401, "second_factor_required")
        self.step_up()
        self.expect(self.client.send("PATCH", path, {"name": "tablet"}, self.access), 204)
        self.assertEqual(self.client.get("/users/me/factors", bearer=self.access).json["factors"][0]["name"], "tablet")
        self.expect(self.client.delete(path, bearer=self.access), 204)
        self.expect(self.login(), 200)

    def test_a_removal_ends_the_other_sessions(self):
        number = self.set_up()
        other = self.expect(self.login(totp=self.fresh()), 200).json["access_token"]
        self.step_up()
        self.expect(self.client.delete("/users/me/factors/%d" % number, bearer=self.access), 204)
        self.expect(self.client.me(other), 401)
        self.expect(self.client.me(self.access), 200)

    def test_operators_see_and_remove(self):
        self.set_up()
        boss = case.fresh_email()
        self.client.post("/dev/users", {"email": boss, "password": case.PASSWORD, "is_superuser": True})
        root = self.expect(self.client.login(boss), 200).json["access_token"]
        me = self.client.me(self.access).json["id"]
        path = "/admin/users/%d/factors" % me
        self.assertEqual(self.expect(self.client.get(path, bearer=root), 200).json["factors"][0]["kind"], "totp")
        self.expect(self.client.get(path, bearer=self.access), 403, "not_admin")
        self.expect(self.client.delete(path + "/99", bearer=root), 404, "factor_not_found")
        self.expect(self.client.delete(path + "/x", bearer=root), 404, "factor_not_found")
        self.expect(self.client.post("/admin/users/99999/factors/reset", bearer=root), 404, "user_not_found")
        self.expect(self.client.post(path + "/reset", bearer=root), 204)
        self.expect(self.login(), 200)

    def test_too_many_wrong_codes_wait(self):
        self.set_up()
        for _ in range(5):
            self.expect(self.login(totp="000000"), 401, "second_factor_failed")
        reply = self.expect(self.login(totp="000000"), 429, "too_many_attempts")
        self.assertGreater(int(reply.headers["Retry-After"]), 0)
        self.client.advance(1100)
        self.expect(self.login(totp=self.fresh()), 200)

    def test_a_step_is_good_for_five_minutes_and_this_password(self):
        self.set_up()
        step = self.step()
        self.client.advance(300)
        self.expect(self.client.post("/login/factor", {"step": step, "totp": self.fresh()}), 401, "step_expired")
        step = self.step()
        change = {"current_password": case.PASSWORD, "new_password": "another good battery"}
        self.expect(self.client.post("/users/me/password", change, bearer=self.access), 204)
        self.expect(self.client.post("/login/factor", {"step": step, "totp": self.fresh()}), 401, "step_expired")

    def test_every_bad_input_is_named(self):
        self.set_up()
        for body, code in (({}, "validation_failed"), ({"step": "x"}, "validation_failed"),
                           ({"totp": "123456"}, "validation_failed"), ({"step": 5, "totp": "1"}, "validation_failed"),
                           ({"step": "pls_" + "A" * 90, "totp": "123456"}, "step_expired"),
                           ({"step": self.step(), "totp": "12345"}, "second_factor_failed"),
                           ({"step": self.step(), "recovery_code": "aaaaa-aaaaa"}, "second_factor_failed"),
                           ({"step": self.step(), "totp": "1" * 5000}, "second_factor_failed")):
            reply = self.client.post("/login/factor", body)
            self.assertEqual(reply.code, code, (body, reply))
        self.client.advance(1100)
        self.access = self.expect(self.login(totp=self.fresh()), 200).json["access_token"]
        for body in ({}, {"acr": "urn:pawl:acr:1"}, {"totp": 123456}, {"password": case.PASSWORD, "acr": "urn:pawl:acr:9"}):
            self.expect(self.client.post("/step-up", body, bearer=self.access), 422, "validation_failed")
        self.expect(self.client.post("/step-up", {"password": "wrong"}, bearer=self.access), 403, "wrong_password")
        self.step_up()
        offered = self.offered()
        confirm = "/users/me/factors/totp/confirm"
        for body, status, code in (({}, 422, "validation_failed"),
                                   ({"capsule": "pen_x", "totp": "123456"}, 400, "link_invalid"),
                                   ({"capsule": offered["capsule"], "totp": "000000"}, 401, "second_factor_failed"),
                                   ({"capsule": offered["capsule"], "totp": "000000", "name": "x" * 65}, 422, "validation_failed")):
            self.expect(self.client.post(confirm, body, bearer=self.access), status, code)
        self.client.advance(601)
        self.access = self.expect(self.login(totp=self.fresh()), 200).json["access_token"]
        late = {"capsule": offered["capsule"], "totp": self.code_of(offered["secret"])}
        self.expect(self.client.post(confirm, late, bearer=self.access), 410, "link_expired")
        for path in ("/users/me/factors/0", "/users/me/factors/99", "/users/me/factors/x", "/users/me/factors/01"):
            self.expect(self.client.delete(path, bearer=self.access), 404, "factor_not_found")
        self.expect(self.client.get("/users/me/factors"), 401, "missing_access_token")
        self.expect(self.client.post("/users/me/factors/totp"), 401, "missing_access_token")
        self.expect(self.client.post("/dev/totp", {"user": "nobody@example.com"}), 404, "user_not_found")
        self.expect(self.client.post("/dev/totp", {}), 422, "validation_failed")

    def test_a_capsule_of_another_user_sets_up_nothing(self):
        offered = self.offered()
        other = self.logged_in()["access_token"]
        body = {"capsule": offered["capsule"], "totp": self.code_of(offered["secret"])}
        self.expect(self.client.post("/users/me/factors/totp/confirm", body, bearer=other), 400, "link_invalid")


class WithMail(FactorCase):
    """An account whose address is proven: it is told of its factors, and a link alone gives no new password."""
    WISHED = "a third wagon 5 goat"

    def setUp(self):
        case.ServerCase.setUp(self)
        self.email = case.fresh_email()
        body = {"email": self.email, "password": case.PASSWORD, "email_verified": True}
        self.expect(self.client.post("/dev/users", body), 201)
        self.access = self.logged_in(self.email)["access_token"]

    def mails(self, kind):
        return self.client.get("/dev/mail?to=%s&kind=%s" % (self.email, kind)).json

    def link(self):
        self.expect(self.client.post("/password/forgot", {"email": self.email}), 202)
        return self.mails("reset_password")[-1]["link"].rsplit("/", 1)[1]

    def reset(self, link, **more):
        return self.client.post("/password/reset", {"capsule": link, "new_password": self.WISHED, **more})

    def test_the_owner_is_told_what_happens_to_factors(self):
        number = self.set_up("my phone")
        self.assertIn("my phone", self.mails("factor_added")[0]["text"])
        self.step_up()
        made = self.expect(self.client.post("/users/me/factors/recovery", bearer=self.access), 201).json
        for left, code in zip(range(9, -1, -1), made["codes"]):
            self.expect(self.login(recovery_code=code), 200)
            self.assertEqual(len(self.mails("recovery_used")), 10 - left)
            self.assertEqual(len(self.mails("recovery_low")), 1 if left <= 2 else 0)
        for _ in range(5):
            self.assertEqual(self.mails("factor_failures"), [])
            self.expect(self.login(totp="000000"), 401, "second_factor_failed")
        self.assertEqual(len(self.mails("factor_failures")), 1)
        self.client.advance(1100)
        self.access = self.expect(self.login(totp=self.fresh()), 200).json["access_token"]
        self.expect(self.client.delete("/users/me/factors/%d" % number, bearer=self.access), 204)
        self.assertIn("my phone", self.mails("factor_removed")[0]["text"])

    def test_a_new_password_by_a_link_wants_a_code(self):
        self.set_up()
        link = self.link()
        self.expect(self.reset(link), 401, "second_factor_required")
        self.expect(self.reset(link, totp="000000"), 401, "second_factor_failed")
        self.expect(self.login(), 401, "second_factor_required")
        code = self.fresh()
        self.expect(self.reset(link, totp=code), 204)
        self.expect(self.login(), 401, "login_failed")
        changed = {"email": self.email, "password": self.WISHED}
        self.expect(self.client.post("/login", {**changed, "totp": code}), 401, "second_factor_failed")
        self.expect(self.client.post("/login", {**changed, "totp": self.fresh()}), 200)

    def test_the_page_of_a_link_asks_for_the_code(self):
        plain = self.client.get("/l/" + self.link())
        self.assertNotIn(b'name="totp"', plain.body)
        self.set_up()
        link = self.link()
        self.assertIn(b'name="totp"', self.client.get("/l/" + link).body)
        headers = {"Origin": self.server.url, "Content-Type": "application/x-www-form-urlencoded"}

        def sent(**fields):
            return self.client.request("POST", "/l/" + link, urlencode({"new_password": self.WISHED, **fields}), headers)
        for fields in ({}, {"totp": "000000"}, {"totp": "", "recovery_code": "aaaaa-aaaaa"}):
            again = sent(**fields)
            self.assertEqual(again.status, 422, again)
            self.assertIn(b'id="problem"', again.body)
        self.assertEqual(sent(totp=self.fresh()).status, 200)
        self.expect(self.client.post("/login", {"email": self.email, "password": self.WISHED, "totp": self.fresh()}), 200)

    def test_after_a_kill_a_factor_is_there_with_the_mail_that_tells_of_it(self):
        self.expect(self.client.post("/dev/faults", {"fault": "mail", "code": "connect", "count": 0}), 201)
        self.set_up()
        self.server.restart(how=signal.SIGKILL)
        self.client = case.Client(self.server.url)
        self.expect(self.login(), 401, "second_factor_required")
        self.client.advance(7200)  # the clock of before was ahead
        eventually(lambda: self.mails("factor_added"))


class Kills(FactorCase):
    """kill -9 while codes are used: none is good again, and what was set up stays."""

    def test_no_code_is_good_twice_over_a_kill(self):
        self.set_up()
        code = self.fresh()
        self.expect(self.login(totp=code), 200)
        self.server.restart(how=signal.SIGKILL)
        self.client = case.Client(self.server.url)
        self.expect(self.login(totp=code), 401, "second_factor_failed")
        self.client.advance(7200)  # the clock of before was ahead
        self.expect(self.login(totp=self.fresh()), 200)

    def test_a_kill_in_the_middle_leaves_a_used_code_or_an_unused_one(self):
        self.set_up()
        for _ in range(5):
            code, seen = self.fresh(), []

            def show():
                try:
                    seen.append(case.Client(self.server.url).post(
                        "/login", {"email": self.email, "password": case.PASSWORD, "totp": code}).status)
                except OSError:
                    pass  # the server was killed: nothing was told
            threads = [threading.Thread(target=show) for _ in range(3)]
            for thread in threads:
                thread.start()
            self.server.restart(how=signal.SIGKILL)
            for thread in threads:
                thread.join()
            self.client = case.Client(self.server.url)
            after = self.login(totp=code).status
            self.assertLessEqual((seen + [after]).count(200), 1, (seen, after))


class Demanded(FactorCase):
    OPTIONS = ("--require-factor", "all")

    def setUp(self):
        case.ServerCase.setUp(self)
        self.email = self.signed_up()

    def test_who_has_none_sets_one_up_by_the_step(self):
        refused = self.expect(self.login(), 403, "enrolment_required").json
        offered = self.expect(self.client.post("/users/me/factors/totp", {"step": refused["step"]}), 200).json
        body = {"step": refused["step"], "capsule": offered["capsule"], "totp": self.code_of(offered["secret"])}
        self.expect(self.client.post("/users/me/factors/totp/confirm", {**body, "step": "pls_x"}), 401, "step_expired")
        self.expect(self.client.post("/users/me/factors/totp/confirm", body), 201)
        self.expect(self.client.post("/users/me/factors/totp", {"step": refused["step"]}), 401, "step_expired")
        self.expect(self.login(), 401, "second_factor_required")
        self.expect(self.login(totp=self.fresh()), 200)


if __name__ == "__main__":
    case.main()
