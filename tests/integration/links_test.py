"""Links of mails at the real server, read out of /dev/mail: what they do, what they refuse, that known and unknown
addresses are answered alike, what a kill leaves, and their pages in a browser."""
import concurrent.futures
import os
import tempfile
import unittest

from support import axe, case
from support.browser import Browser, installed
from support.http import Client
from support.pawld import Pawld
from support.wait import eventually

WISHED = "a third wagon 5 goat"
LOOKS = [(theme, width) for theme in ("light", "dark") for width in (320, 1280)]
DEAD = [("x", 400, "link_invalid"), ("pml_", 400, "link_invalid"), ("pml_" + "A" * 120, 400, "link_invalid"),
        ("pfl_" + "A" * 120, 400, "link_invalid"), ("", 400, "link_invalid"), ("%00", 400, "link_invalid"),
        ("\N{SNOWMAN}", 400, "link_invalid"), ("A" * 9000, 400, "link_invalid")]


def mails(client, to, kind=None):
    query = "?to=" + to + ("&kind=" + kind if kind else "")
    listed = client.get("/dev/mail" + query).json
    return listed["mails"] if isinstance(listed, dict) else listed


def capsule(mail):
    return mail["link"].rsplit("/", 1)[1]


class LinksCase(case.ServerCase):
    OPTIONS = case.PASSWORD_RULES
    KEYWORDS = {"data_dir": ":memory:"}  # /dev/reset wants such a world

    def last(self, to, kind):
        found = mails(self.client, to, kind)
        self.assertTrue(found, "no mail of the kind %s to %s" % (kind, to))
        return capsule(found[-1])

    def forgot(self, email):
        return self.client.post("/password/forgot", {"email": email})

    def reset_link(self, email):
        self.expect(self.forgot(email), 202)
        return self.last(email, "reset_password")

    def reset(self, link, password=WISHED):
        return self.client.post("/password/reset", {"capsule": link, "new_password": password})

    def verified(self):
        email = self.signed_up()
        access = self.logged_in(email)["access_token"]
        self.expect(self.client.post("/users/me/email/verification", bearer=access), 202)
        self.expect(self.client.post("/email/verify", {"capsule": self.last(email, "verify_email")}, bearer=access), 204)
        return email

    def changed(self, email, to):
        access = self.logged_in(email)["access_token"]
        self.expect(self.client.post("/users/me/email", {"new_email": to, "current_password": case.PASSWORD}, bearer=access), 202)
        self.expect(self.client.post("/email/change", {"capsule": self.last(to, "change_email")}), 204)


class Links(LinksCase):
    def setUp(self):
        super().setUp()
        self.expect(self.client.post("/dev/reset"), 204)

    def test_a_reset_ends_sessions_and_every_other_link_and_is_told_of(self):
        email = self.verified()
        tokens = self.logged_in(email)
        first, second = self.reset_link(email), self.reset_link(email)
        self.expect(self.reset(second), 204)
        self.expect(self.client.me(tokens["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.login(email), 401, "login_failed")
        self.expect(self.client.login(email, WISHED), 200)
        self.expect(self.reset(second), 410, "link_used")
        self.expect(self.reset(first), 410, "link_used")
        self.assertEqual(len(mails(self.client, email, "password_changed")), 1)

    def test_bad_links_say_what_is_wrong_at_every_endpoint(self):
        for path, more in (("/password/reset", {"new_password": WISHED}), ("/email/change", {}), ("/email/undo", {}),
                           ("/email/verify", {"password": "x"}), ("/signup/complete", {"password": WISHED})):
            for link, status, code in DEAD:
                self.expect(self.client.post(path, {"capsule": link, **more}), status, code)
            self.expect(self.client.post(path, more), 422, "validation_failed")
            self.expect(self.client.post(path, {"capsule": 7, **more}), 422, "validation_failed")
            self.expect(self.client.post(path, {"capsule": None, **more}), 422, "validation_failed")
            self.expect(self.client.post(path, {"capsule": ["x"], **more}), 422, "validation_failed")
            self.expect(self.client.form(path, {"capsule": "x"}), 415, "unsupported_media_type")
            self.expect(self.client.request("POST", path, b'{"capsule":"a","capsule":"b"}',
                                            {"Content-Type": "application/json"}), 400, "duplicate_parameter")

    def test_a_link_is_for_its_purpose_and_its_time_alone(self):
        email = self.verified()
        link = self.reset_link(email)
        self.expect(self.client.post("/email/change", {"capsule": link}), 400, "link_invalid")
        self.expect(self.client.post("/email/verify", {"capsule": link, "password": case.PASSWORD}), 400, "link_invalid")
        self.expect(self.reset(link, "password"), 422, "validation_failed")
        self.client.advance(30 * 60)
        self.expect(self.reset(link), 410, "link_expired")
        self.expect(self.reset(self.reset_link(email)), 204)

    def test_links_of_before_a_step_back_of_the_clock_are_not_good(self):
        email = self.verified()
        link = self.reset_link(email)
        self.expect(self.client.post("/dev/clock", {"advance": -7200}), 200)
        self.expect(self.reset(link), 410, "link_expired")

    def test_known_unknown_and_limited_addresses_are_answered_alike(self):
        email = self.verified()
        answers = [self.forgot(email if n % 2 else "stranger%d@example.com" % n) for n in range(18)]
        for reply in answers:
            self.expect(reply, 202)
            self.assertEqual(reply.body, b"")
            names = [name for name in reply.headers if name.lower() not in ("date", "x-request-id")]
            self.assertEqual(names, [name for name in answers[0].headers if name.lower() not in ("date", "x-request-id")])
        self.assertEqual(len(mails(self.client, email, "reset_password")), 2) # one of three was the verification
        for n in range(2):
            self.forgot(email)
        self.expect(self.forgot("stranger@example.com"), 429, "too_many_attempts") # of this network, whatever the address

    def test_the_mailbox_alone_verifies_no_account(self):
        email = self.signed_up()
        access = self.logged_in(email)["access_token"]
        other = self.logged_in()["access_token"]
        self.expect(self.client.post("/users/me/email/verification", bearer=access), 202)
        link = self.last(email, "verify_email")
        self.expect(self.client.post("/email/verify", {"capsule": link}), 422, "validation_failed")
        self.expect(self.client.post("/email/verify", {"capsule": link}, bearer=other), 400, "link_invalid")
        self.expect(self.client.post("/email/verify", {"capsule": link}, bearer="x"), 401, "invalid_access_token")
        self.expect(self.client.post("/email/verify", {"capsule": link, "password": "no"}), 403, "wrong_password")
        self.assertFalse(self.client.me(access).json["email_verified"])
        for _ in range(2):
            self.expect(self.client.post("/email/verify", {"capsule": link, "password": case.PASSWORD}), 204)
        self.assertTrue(self.client.me(access).json["email_verified"])
        self.expect(self.client.post("/users/me/email/verification", bearer=access), 409, "already_verified")

    def test_an_address_changes_is_kept_and_comes_back(self):
        email, new, thiefs = self.verified(), "new@example.com", "thief@example.com"
        self.changed(email, new)
        undo = self.last(email, "undo_email")
        self.client.advance(2)
        self.changed(new, thiefs)
        self.expect(self.client.sign_up(email), 409, "email_taken")
        self.expect(self.client.login(email), 401, "login_failed")
        tokens = self.logged_in(thiefs)
        self.client.advance(2)
        self.expect(self.client.post("/email/undo", {"capsule": undo}), 204)
        self.expect(self.client.me(tokens["access_token"]), 401, "invalid_access_token")
        self.expect(self.client.post("/email/undo", {"capsule": undo}), 410, "link_used")
        self.expect(self.client.post("/email/undo", {"capsule": self.last(new, "undo_email")}), 410, "link_used")
        self.expect(self.reset(self.last(email, "reset_password")), 204)
        self.assertEqual(self.client.me(self.client.login(email, WISHED).json["access_token"]).json["email"], email)

    def test_a_change_wants_the_password_and_tells_no_one_who_has_an_account(self):
        email, other = self.verified(), self.signed_up()
        access = self.logged_in(email)["access_token"]
        ask = lambda **body: self.client.post("/users/me/email", body, bearer=access)
        self.expect(ask(new_email="new@example.com"), 422, "validation_failed")
        self.expect(ask(new_email="new@example.com", current_password="no"), 403, "wrong_password")
        self.expect(ask(new_email="no address", current_password=case.PASSWORD), 422, "validation_failed")
        self.expect(ask(new_email="a@b\r\nBcc: c@d", current_password=case.PASSWORD), 422, "validation_failed")
        self.expect(ask(new_email=email, current_password=case.PASSWORD), 422, "validation_failed")
        self.expect(ask(new_email=other, current_password=case.PASSWORD), 202)
        self.assertEqual(len(mails(self.client, other, "sign_up_taken")), 1)
        self.assertEqual(mails(self.client, other, "change_email"), [])

    def test_of_many_resets_by_one_link_at_once_one_is_done(self):
        email = self.verified()
        link = self.reset_link(email)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(lambda n: Client(self.server.url).post(
                "/password/reset", {"capsule": link, "new_password": WISHED + str(n)}).status, range(8)))
        self.assertEqual(statuses, [204] + [410] * 7)

    def test_operators_invite_withdraw_and_send_links(self):
        self.client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD, "is_superuser": True})
        root = self.client.login("root@example.com").json["access_token"]
        ask = lambda **body: self.client.post("/admin/invitations", body, bearer=root)
        self.expect(ask(email="eve@example.com", roles=["writer"], days=2), 201)
        self.expect(ask(email="eve@example.com"), 409, "email_taken")
        self.expect(ask(email="no"), 422, "validation_failed")
        self.expect(ask(email="bob@example.com", days=31), 422, "validation_failed")
        self.expect(self.client.post("/admin/invitations", {"email": "x@example.com"}), 401, "missing_access_token")
        link = self.last("eve@example.com", "invite")
        made = self.expect(self.client.post("/signup/complete", {"capsule": link, "password": WISHED, "username": "eve"}), 201).json
        self.assertTrue(made["email_verified"])
        self.expect(self.client.login("eve@example.com", WISHED), 200)
        self.expect(self.client.post("/signup/complete", {"capsule": link, "password": WISHED}), 410, "link_used")
        bob = self.expect(ask(email="bob@example.com"), 201).json["user_id"]
        link = self.last("bob@example.com", "invite")
        self.expect(self.client.delete("/admin/invitations/%d" % bob, bearer=root), 204)
        self.expect(self.client.delete("/admin/invitations/%d" % bob, bearer=root), 404, "user_not_found")
        self.expect(self.client.post("/signup/complete", {"capsule": link, "password": WISHED}), 410, "link_used")
        path = "/admin/users/%d" % made["id"]
        self.expect(self.client.post(path + "/reset-link", bearer=root), 202)
        self.expect(self.client.post(path + "/verify-email", bearer=root), 409, "already_verified")
        self.expect(self.reset(self.last("eve@example.com", "reset_password"), WISHED + " 2"), 204)

    def test_pages_show_and_do_and_say_what_is_wrong(self):
        email = self.verified()
        link = self.reset_link(email)
        ours = {"Sec-Fetch-Site": "same-origin"}
        for _ in range(3):
            page = self.client.get("/l/" + link, **{"Accept-Language": "de"})
            self.assertEqual((page.status, page.headers["Content-Language"]), (200, "de"))
        self.assertEqual(self.client.form("/l/" + link, {"new_password": WISHED}).status, 403)
        self.assertEqual(self.client.form("/l/" + link, {"new_password": WISHED}, {"Sec-Fetch-Site": "cross-site"}).status, 403)
        self.assertEqual(self.client.form("/l/" + link, {"new_password": WISHED}, {"Origin": "https://thief.example"}).status, 403)
        self.assertEqual(self.client.form("/l/" + link, {}, ours).status, 422)
        self.assertEqual(self.client.form("/l/" + link, {"new_password": "x"}, ours).status, 422)
        self.assertEqual(self.client.form("/l/" + link, [("new_password", "x"), ("new_password", "y")], ours).status, 400)
        self.assertEqual(self.client.send("POST", "/l/" + link, {"new_password": WISHED}, None, ours).status, 415)
        self.expect(self.client.login(email), 200)
        self.assertEqual(self.client.form("/l/" + link, {"new_password": WISHED}, ours).status, 200)
        self.expect(self.client.login(email, WISHED), 200)
        self.assertEqual(self.client.get("/l/" + link).status, 410)
        self.assertEqual(self.client.get("/l/pml_x").status, 400)
        self.assertNotIn(link, self.server.log())


class WithoutRelay(case.ServerCase):
    KEYWORDS = {"dev": False}

    def test_a_server_without_a_relay_sends_no_links(self):
        self.expect(self.client.post("/password/forgot", {"email": "a@example.com"}), 409, "mail_off")
        self.expect(self.client.post("/password/reset", {"capsule": "x", "new_password": WISHED}), 400, "link_invalid")


class AfterAKill(unittest.TestCase):
    def test_what_was_answered_is_there_and_links_stay_good_or_used(self):
        with tempfile.TemporaryDirectory() as base:
            server = Pawld(*case.PASSWORD_RULES, data_dir=os.path.join(base, "data"))
            self.addCleanup(server.close)
            server.start()
            client = Client(server.url)
            emails = [case.fresh_email() for _ in range(4)]
            for email in emails:
                self.assertEqual(client.sign_up(email).status, 201)
                self.assertEqual(client.post("/password/forgot", {"email": email}).status, 202)
            links = [capsule(mails(client, email, "reset_password")[-1]) for email in emails]
            reset = lambda n: client.post("/password/reset", {"capsule": links[n], "new_password": WISHED})
            self.assertEqual(reset(0).status, 204)
            access = client.login(emails[2]).json["access_token"]
            new = "moved@example.com"
            client.post("/users/me/email", {"new_email": new, "current_password": case.PASSWORD}, bearer=access)
            change = capsule(mails(client, new, "change_email")[-1])
            self.assertEqual(client.post("/email/change", {"capsule": change}).status, 204)
            server.kill()
            server.start()
            client = Client(server.url)
            self.assertEqual((reset(0).status, reset(0).code), (410, "link_used"))
            self.assertEqual(client.login(emails[0], WISHED).status, 200)
            self.assertEqual(reset(1).status, 204)
            self.assertEqual(client.sign_up(emails[2]).code, "email_taken")
            self.assertEqual(client.post("/email/change", {"capsule": change}).code, "link_used")
            self.assertEqual(client.login(new).status, 200)


@unittest.skipUnless(installed(), "chromium and chromium-driver are not installed")
class Pages(LinksCase):
    def looked_at(self, browser, script, name):
        for theme, width in LOOKS:
            browser.look(theme, width)
            if os.environ.get("PAWL_SCREENSHOTS"):
                browser.screenshot(os.path.join(os.environ["PAWL_SCREENSHOTS"], "link-%s-%s-%d.png" % (name, theme, width)))
            self.assertLessEqual(browser.script("return document.documentElement.scrollWidth"), width, (name, theme))
            self.assertEqual(axe.violations(browser, script), [], (name, theme, width))

    def test_every_page_of_a_link_is_clean_and_does_its_work(self):
        script = axe.source()
        if script is None:
            self.skipTest("npm can't fetch axe-core")
        browser = Browser()
        self.addCleanup(browser.close)
        self.expect(self.client.post("/dev/reset"), 204)
        email, new = self.signed_up(), "moved@example.com"
        access = self.logged_in(email)["access_token"]
        show = lambda link: browser.open(self.server.url + "/l/" + link)

        self.client.post("/users/me/email/verification", bearer=access)
        show(self.last(email, "verify_email"))
        browser.find("#password")
        self.looked_at(browser, script, "verify")
        browser.type("#password", "wrong")
        browser.click("#link-submit")
        browser.find("#problem")
        self.looked_at(browser, script, "verify, wrong")
        browser.type("#password", case.PASSWORD)
        browser.click("#link-submit")
        eventually(lambda: self.client.me(access).json["email_verified"])
        self.looked_at(browser, script, "verified")

        self.client.post("/users/me/email", {"new_email": new, "current_password": case.PASSWORD}, bearer=access)
        show(self.last(new, "change_email"))
        browser.find("#sure")
        self.looked_at(browser, script, "change")
        browser.click("#sure")
        browser.click("#link-submit")
        eventually(lambda: self.client.me(access).json["email"] == new)

        show(self.last(email, "undo_email"))
        browser.find("#sure")
        self.looked_at(browser, script, "undo")
        browser.click("#sure")
        browser.click("#link-submit")
        eventually(lambda: self.client.login(email).status == 200)

        link = self.last(email, "reset_password")
        show(link)
        browser.find("#new_password")
        self.looked_at(browser, script, "reset")
        browser.type("#new_password", WISHED)
        browser.click("#link-submit")
        eventually(lambda: self.client.login(email, WISHED).status == 200)
        show(link)
        self.looked_at(browser, script, "dead")
        self.assertEqual([one for one in browser.complaints() if not any(status in str(one) for status in ("410", "422"))], [])


if __name__ == "__main__":
    case.main()
