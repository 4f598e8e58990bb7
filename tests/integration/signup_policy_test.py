"""Who may sign up, by each policy, at the real server: mails are read out of /dev/mail, and the pages in a browser."""
import concurrent.futures
import html
import os
import re
import tempfile
import unittest
import urllib.parse

from links_test import DEAD, LOOKS, WISHED, LinksCase, capsule, mails
from support import axe, case
from support.browser import Browser, installed
from support.http import Client
from support.pawld import DidNotStart, Pawld
from support.pawlctl import pawlctl
from support.wait import eventually

OURS = {"Sec-Fetch-Site": "same-origin"}
# Values that would end a line of a mail or a header, and names that nothing may be called.
LINES = ["a@b.example\r\nBcc: c@d.example", "a@b.example\n", "\ra@b.example", "a b@c.example", "a@b.example\0", "a@b..example",
         "", "@", "a@"]
RULES = case.PASSWORD_RULES


class PolicyCase(LinksCase):
    KEYWORDS = {"data_dir": ":memory:"}

    def setUp(self):
        super().setUp()
        self.expect(self.client.post("/dev/reset"), 204)

    def ask(self, email, **more):
        return self.client.post("/signup", {"email": email, **more})

    def link(self, email):
        self.expect(self.ask(email), 202)
        return self.last(email, "sign_up")

    def complete(self, link, password=WISHED, **more):
        return self.client.post("/signup/complete", {"capsule": link, "password": password, **more})

    def operator(self):
        self.expect(self.client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD, "is_superuser": True}), 201)
        return self.logged_in("root@example.com")["access_token"]

    def made(self, **more):
        """A user there is whatever the policy."""
        email = case.fresh_email()
        self.expect(self.client.post("/dev/users", {"email": email, "password": case.PASSWORD, **more}), 201)
        return email

    def told(self, mode):
        self.assertEqual(self.client.get("/").json["sign_up"], mode)
        self.assertEqual(self.client.get("/api/v1/auth/signup").status, 405)


class Confirm(PolicyCase):
    OPTIONS = (*RULES, "--sign-up", "confirm")

    def test_an_account_begins_with_its_link(self):
        email = "Ada@Example.com"
        link = self.link(email)
        self.expect(self.client.login(email, WISHED), 401, "login_failed")
        user = self.expect(self.complete(link, username="ada", first_name="Ada", surname="Lovelace"), 201).json
        self.assertEqual((user["email"], user["username"], user["first_name"], user["surname"], user["email_verified"]),
                         (email, "ada", "Ada", "Lovelace", True))
        self.assertNotIn("pending", user)
        self.expect(self.client.login("ada", WISHED), 200)
        self.expect(self.complete(link), 410, "link_used")
        self.told("confirm")
        self.assertIn("by mail", self.client.get("/openapi.json").json["info"]["description"])
        self.assertIn("by mail", self.client.get("/", Accept="text/html").body.decode())

    def test_who_has_an_account_is_told_so_by_mail_and_the_answer_says_nothing(self):
        email, off = self.made(), self.made()
        root = self.operator()
        id_of = lambda name: self.client.get("/admin/users?login=" + name, bearer=root).json["users"][0]["id"]
        self.expect(self.client.send("PATCH", "/admin/users/%d" % id_of(off), {"enabled": False}, root), 200)
        answers = [self.expect(self.ask(who), 202) for who in (email, "new@example.com", off, email.upper())]
        for reply in answers:
            self.assertEqual(reply.body, b"")
            names = [name for name in reply.headers if name.lower() not in ("date", "x-request-id")]
            self.assertEqual(names, [name for name in answers[0].headers if name.lower() not in ("date", "x-request-id")])
        self.assertEqual(len(mails(self.client, email, "sign_up_taken")), 2)
        self.assertEqual(mails(self.client, email, "sign_up"), [])
        self.assertEqual(mails(self.client, off), [])
        self.assertFalse(mails(self.client, email, "sign_up_taken")[0].get("link"))

    def test_a_password_or_no_address_is_refused(self):
        for body in ({"email": "a@example.com", "password": WISHED}, {"email": "a@example.com", "password": ""}, {}, {"email": None},
                     {"email": 7}, {"email": ["a@example.com"]}):
            self.expect(self.client.post("/signup", body), 422, "validation_failed")
        for email in LINES:
            self.expect(self.ask(email), 422, "validation_failed")
        self.expect(self.client.form("/signup", {"email": "a@example.com"}), 415, "unsupported_media_type")
        self.assertEqual(self.client.get("/dev/mail").json, [])

    def test_limits_are_those_of_links(self):
        email = case.fresh_email()
        for _ in range(5):
            self.expect(self.ask(email), 202)
        self.assertEqual(len(mails(self.client, email, "sign_up")), 3)
        for n in range(15):
            self.expect(self.ask("u%d@example.com" % n), 202)
        refused = self.expect(self.ask("one.more@example.com"), 429, "too_many_attempts")
        self.assertGreater(int(refused.headers["Retry-After"]), 0)
        self.client.advance(7200)
        self.expect(self.ask(email), 202)
        self.assertEqual(len(mails(self.client, email, "sign_up")), 4)

    def test_links_are_good_for_an_hour_and_for_nothing_else(self):
        email = case.fresh_email()
        link = self.link(email)
        for path, more in (("/password/reset", {"new_password": WISHED}), ("/email/change", {}), ("/email/undo", {}),
                           ("/email/verify", {"password": "x"})):
            self.expect(self.client.post(path, {"capsule": link, **more}), 400, "link_invalid")
        other = self.made()
        self.expect(self.client.post("/password/forgot", {"email": other}), 202)
        self.expect(self.complete(self.last(other, "reset_password")), 400, "link_invalid")
        for dead, status, code in DEAD:
            self.expect(self.complete(dead), status, code)
        self.client.advance(3599)
        self.assertEqual(self.client.get("/l/" + link).status, 200)
        self.client.advance(1)
        self.assertEqual(self.client.get("/l/" + link).status, 410)
        self.expect(self.complete(link), 410, "link_expired")

    def test_a_link_ends_when_its_address_is_taken_in_another_way(self):
        email = case.fresh_email()
        link = self.link(email)
        self.expect(self.client.post("/dev/users", {"email": email.upper(), "password": case.PASSWORD}), 201)
        self.expect(self.complete(link), 410, "link_used")
        self.assertEqual(self.client.get("/l/" + link).status, 410)
        self.expect(self.client.login(email), 200)

    def test_what_is_said_with_a_link_is_checked_and_uses_none_up(self):
        link = self.link("eve@example.com")
        taken = self.made(username="taken")
        for more in ({"password": "short"}, {"password": "password"}, {"username": "two\r\nlines"}, {"username": taken},
                     {"first_name": "a\r\nb"}, {"surname": "\0"}, {"username": 7}, {"password": None}):
            self.expect(self.complete(link, **more), 422, "validation_failed")
        self.expect(self.complete(link, username="TAKEN"), 409, "username_taken")
        self.expect(self.complete(link, username="eve"), 201)

    def test_of_many_completions_at_once_one_makes_the_account(self):
        email = case.fresh_email()
        link = self.link(email)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: Client(self.server.url).post(
                "/signup/complete", {"capsule": link, "password": WISHED + str(n), "username": "user%d" % n}), range(8)))
        self.assertEqual(sorted(reply.status for reply in answers), [201] + [410] * 7)
        self.assertEqual({reply.code for reply in answers if reply.status == 410}, {"link_used"})
        won = [n for n, reply in enumerate(answers) if reply.status == 201][0]
        self.expect(self.client.login(email, WISHED + str(won)), 200)

    def test_mails_speak_the_language_of_the_request_and_hold_no_header_of_others(self):
        self.expect(self.client.post("/signup", {"email": "de@example.com"}, headers={"Accept-Language": "de-CH"}), 202)
        self.expect(self.client.post("/signup", {"email": "en@example.com"},
                                     headers={"User-Agent": "x\tBcc: y@z.example"}), 202)
        german, english = mails(self.client, "de@example.com")[-1], mails(self.client, "en@example.com")[-1]
        self.assertNotEqual(german["subject"], english["subject"])
        self.assertEqual(self.client.get("/l/" + capsule(german), **{"Accept-Language": "de"}).headers["Content-Language"], "de")

    def test_an_operator_still_makes_and_invites(self):
        root = self.operator()
        self.expect(self.client.post("/admin/users", {"email": "x@example.com", "password": case.PASSWORD}, bearer=root), 201)
        self.expect(self.client.post("/admin/invitations", {"email": "eve@example.com"}, bearer=root), 201)
        self.assertEqual(len(mails(self.client, "eve@example.com", "invite")), 1)
        self.expect(self.ask("eve@example.com"), 202) # it waits for its invitation: nothing more is sent
        self.assertEqual(len(mails(self.client, "eve@example.com")), 1)
        self.expect(self.complete(self.last("eve@example.com", "invite")), 201)

    def test_the_pages_take_the_address_then_the_password(self):
        post = lambda path, fields, **more: self.client.form(path, fields, {**OURS, **more})
        email = case.fresh_email()
        self.assertNotIn(b"new_password", self.client.get("/sign-up").body)
        self.assertEqual(self.client.form("/sign-up", {"email": email}).status, 403)
        self.assertEqual(self.client.form("/sign-up", {"email": email}, {"Origin": "https://thief.example"}).status, 403)
        for wrong in LINES:
            self.assertEqual(post("/sign-up", {"email": wrong}).status, 422, wrong)
        self.assertEqual(post("/sign-up", [("email", "a@b.example"), ("email", "c@d.example")]).status, 400)
        self.assertEqual(self.client.send("POST", "/sign-up", {"email": email}, None, OURS).status, 415)
        done = post("/sign-up", {"email": email}, **{"Accept-Language": "de"})
        self.assertEqual((done.status, done.headers["Content-Language"]), (200, "de"))
        self.assertEqual(done.body, post("/sign-up", {"email": email}, **{"Accept-Language": "de"}).body)
        link = self.last(email, "sign_up")
        self.assertEqual(post("/l/" + link, {"new_password": "short"}).status, 422)
        self.assertEqual(self.client.form("/l/" + link, {"new_password": WISHED}).status, 403)
        self.assertEqual(post("/l/" + link, {"new_password": WISHED}).status, 200)
        self.expect(self.client.login(email, WISHED), 200)
        self.assertEqual(post("/l/" + link, {"new_password": WISHED}).status, 410)
        self.assertNotIn(link, self.server.log())


class Domains(PolicyCase):
    OPTIONS = (*RULES, "--sign-up", "confirm", "--sign-up-domain", "example.org", "--sign-up-domain", "*.example.net")

    def test_addresses_of_named_domains_alone_sign_up(self):
        known = self.made() # of example.com: by an operator
        for email in ("a@example.com", known, "a@sub.example.org", "a@example.net", "a@badexample.org", "a@example.org.evil.com",
                      "example.org@evil.com"):
            self.expect(self.ask(email), 403, "domain_not_allowed")
            self.assertEqual(self.client.form("/sign-up", {"email": email}, OURS).status, 403)
        self.expect(self.ask("no address"), 422, "validation_failed")
        for email in ("a@EXAMPLE.org", "b@www.example.net", "c@a.b.Example.NET"):
            self.expect(self.complete(self.link(email)), 201)
        root = self.operator()
        self.expect(self.client.post("/admin/invitations", {"email": "eve@example.com"}, bearer=root), 201)
        self.expect(self.complete(self.last("eve@example.com", "invite")), 201)


class Approve(PolicyCase):
    OPTIONS = (*RULES, "--sign-up", "approve")

    def test_an_account_waits_until_an_operator_allows_it(self):
        root = self.operator()
        user = self.expect(self.ask("ada@example.com", password=WISHED, first_name="Ada"), 201).json
        self.assertTrue(user["pending"])
        self.told("approve")
        self.expect(self.client.login("ada@example.com", WISHED), 403, "approval_pending")
        self.expect(self.client.login("ada@example.com", "wrong"), 401, "login_failed")
        self.expect(self.client.form("/token", {"username": "ada@example.com", "password": WISHED}), 400, "invalid_grant")
        self.expect(self.client.post("/password/forgot", {"email": "ada@example.com"}), 202)
        self.assertEqual(mails(self.client, "ada@example.com"), [])
        path = "/admin/users/%d" % user["id"]
        seen = self.client.get(path, bearer=root).json
        self.assertEqual((seen["pending"], seen["enabled"]), (True, False))
        self.expect(self.client.post(path + "/approve"), 401, "missing_access_token")
        self.expect(self.client.delete("/admin/invitations/%d" % user["id"], bearer=root), 404, "user_not_found")
        for _ in range(2):
            self.expect(self.client.post(path + "/approve", bearer=root), 204)
        tokens = self.expect(self.client.login("ada@example.com", WISHED), 200).json
        self.expect(self.client.post(path + "/approve", bearer=tokens["access_token"]), 403, "not_admin")
        self.assertEqual(len(mails(self.client, "ada@example.com", "approved")), 1)
        self.assertNotIn("pending", self.client.get(path, bearer=root).json)
        for wrong in ("0", "99", "x", "-1"):
            self.expect(self.client.post("/admin/users/%s/approve" % wrong, bearer=root), 404, "user_not_found")

    def test_fields_are_checked_as_ever_and_a_taken_address_is_told(self):
        for email in LINES:
            self.expect(self.ask(email, password=WISHED), 422, "validation_failed")
        for more in ({"username": "a\r\nb"}, {"first_name": "\n"}, {"surname": "\0"}):
            self.expect(self.ask("a@example.com", password=WISHED, **more), 422, "validation_failed")
        self.expect(self.ask("a@example.com"), 422, "validation_failed")
        self.expect(self.ask("a@example.com", password=WISHED), 201)
        self.expect(self.ask("A@example.com", password=WISHED), 409, "email_taken")

    def test_one_who_is_refused_is_removed_and_the_address_is_free(self):
        root = self.operator()
        user = self.expect(self.ask("b@example.com", password=WISHED), 201).json
        self.expect(self.client.delete("/admin/users/%d" % user["id"], bearer=root), 204)
        self.expect(self.client.post("/admin/users/%d/approve" % user["id"], bearer=root), 404, "user_not_found")
        self.expect(self.client.login("b@example.com", WISHED), 401, "login_failed")
        self.expect(self.ask("b@example.com", password=WISHED), 201)

    def test_the_page_says_that_it_waits(self):
        done = self.client.form("/sign-up", {"email": "c@example.com", "new_password": WISHED}, OURS)
        self.assertEqual(done.status, 200)
        self.assertIn(b"operator", done.body)
        self.expect(self.client.login("c@example.com", WISHED), 403, "approval_pending")
        self.assertEqual(self.client.form("/sign-up", {"email": "c@example.com", "new_password": WISHED}, OURS).status, 409)


class ByInvitation(PolicyCase):
    OPTIONS = (*RULES, "--sign-up", "invite")

    def test_only_who_is_invited_gets_an_account(self):
        root = self.operator()
        self.told("invite")
        for body in ({"email": "a@example.com"}, {"email": "a@example.com", "password": WISHED}, {}, {"password": 7}):
            self.expect(self.client.post("/signup", body), 403, "sign_up_closed")
        page = self.client.get("/sign-up")
        self.assertEqual(page.status, 403)
        self.assertIn(b"invitation", page.body)
        self.assertNotIn(b"<form", page.body)
        self.assertEqual(self.client.form("/sign-up", {"email": "a@example.com", "new_password": WISHED}, OURS).status, 403)
        self.expect(self.client.post("/admin/invitations", {"email": "a@example.com"}, bearer=root), 201)
        self.expect(self.complete(self.last("a@example.com", "invite")), 201)
        self.expect(self.client.login("a@example.com", WISHED), 200)


class Open(PolicyCase):
    OPTIONS = (*RULES, "--require-verified-email", "on")

    def test_sign_in_waits_for_the_proof_of_the_address(self):
        self.told("open")
        self.expect(self.ask("a@example.com", password=WISHED), 201)
        self.expect(self.client.login("a@example.com", WISHED), 403, "email_not_verified")
        self.expect(self.client.login("a@example.com", "wrong"), 401, "login_failed")
        self.expect(self.client.form("/token", {"username": "a@example.com", "password": WISHED}), 400, "invalid_grant")
        link = self.last("a@example.com", "verify_email")
        self.expect(self.client.post("/email/verify", {"capsule": link, "password": WISHED}), 204)
        self.expect(self.client.login("a@example.com", WISHED), 200)

    def test_a_new_password_by_mail_proves_it_too(self):
        self.expect(self.ask("b@example.com", password=WISHED), 201)
        self.expect(self.reset(self.reset_link("b@example.com"), WISHED + " 2"), 204)
        self.expect(self.client.login("b@example.com", WISHED + " 2"), 200)

    def test_the_page_makes_accounts(self):
        post = lambda **fields: self.client.form("/sign-up", fields, OURS)
        self.assertEqual(post(email="c@example.com", new_password="short").status, 422)
        self.assertEqual(post(email="c@example.com").status, 422)
        self.assertEqual(post(email="c@example.com", new_password=WISHED).status, 200)
        self.assertEqual(post(email="c@example.com", new_password=WISHED).status, 409)
        self.expect(self.client.login("c@example.com", WISHED), 403, "email_not_verified")
        for flow in ("x", "pfl_" + "A" * 200, "\"><script>"):
            page = self.client.get("/sign-up?" + urllib.parse.urlencode({"flow": flow}))
            self.assertEqual(page.status, 200)
            self.assertNotIn(flow.encode(), page.body)


class Settings(unittest.TestCase):
    def refused(self, *options):
        server = Pawld(*options, dev=False)
        self.addCleanup(server.close)
        with self.assertRaises(DidNotStart) as why:
            server.start()
        self.assertEqual(why.exception.status, 2)
        return why.exception.stderr

    def test_what_can_not_work_does_not_start(self):
        self.assertIn("--sign-up", self.refused("--sign-up", "confirm"))
        self.assertIn("--require-verified-email", self.refused("--require-verified-email", "on"))
        self.assertIn("--sign-up", self.refused("--sign-up", "ajar"))
        for domain in ("*", "*.", "a@example.org", "exa mple.org", "b\N{LATIN SMALL LETTER U WITH DIAERESIS}.example", "*.*.org"):
            self.assertIn("--sign-up-domain", self.refused("--sign-up-domain", domain))

    def test_a_policy_that_was_changed_ends_links_of_before(self):
        with tempfile.TemporaryDirectory() as base:
            server = Pawld(*RULES, "--sign-up", "confirm", data_dir=os.path.join(base, "data"))
            self.addCleanup(server.close)
            server.start()
            client = Client(server.url)
            self.assertEqual(client.post("/signup", {"email": "a@example.com"}).status, 202)
            link = capsule(mails(client, "a@example.com", "sign_up")[-1])
            for policy, status, code in (("closed", 403, "sign_up_closed"), ("invite", 403, "sign_up_closed"), ("approve", 201, None)):
                server.stop()
                server.options = [*RULES, "--sign-up", policy]
                server.start()
                client = Client(server.url)
                page = client.form("/l/" + link, {"new_password": "short"}, OURS)
                self.assertEqual(page.status, 403 if status == 403 else 422, policy)
                reply = client.post("/signup/complete", {"capsule": link, "password": WISHED})
                self.assertEqual(reply.status, status, reply)
                if code:
                    self.assertEqual(reply.code, code)
            self.assertEqual(client.login("a@example.com", WISHED).code, "approval_pending")


class AfterAKill(unittest.TestCase):
    def test_accounts_approvals_and_used_links_outlive_a_kill(self):
        with tempfile.TemporaryDirectory() as base:
            server = Pawld(*RULES, "--sign-up", "confirm", data_dir=os.path.join(base, "data"))
            self.addCleanup(server.close)
            server.start()
            client = Client(server.url)
            links = []
            for n in range(3):
                self.assertEqual(client.post("/signup", {"email": "u%d@example.com" % n}).status, 202)
                links.append(capsule(mails(client, "u%d@example.com" % n, "sign_up")[-1]))
            complete = lambda n: client.post("/signup/complete", {"capsule": links[n], "password": WISHED})
            self.assertEqual(complete(0).status, 201)
            server.kill()
            server.options = [*RULES, "--sign-up", "approve"]
            server.start()
            client = Client(server.url)
            self.assertEqual(complete(0).code, "link_used")
            self.assertEqual(client.login("u0@example.com", WISHED).status, 200)
            waiting = complete(1)
            self.assertEqual((waiting.status, waiting.json["pending"]), (201, True))
            server.kill()
            server.start()
            client = Client(server.url)
            self.assertEqual(complete(1).code, "link_used")
            self.assertEqual(client.login("u1@example.com", WISHED).code, "approval_pending")
            done = pawlctl("user", "approve", "u1@example.com", data_dir=server.data_dir)
            self.assertEqual(done.status, 0, done.err)
            server.kill()
            server.start()
            client = Client(server.url)
            self.assertEqual(client.login("u1@example.com", WISHED).status, 200)
            self.assertEqual(complete(2).status, 201) # not used before, so good


class AtTheTerminal(unittest.TestCase):
    def test_operators_invite_approve_and_look_by_pawlctl(self):
        server = Pawld(*RULES, "--sign-up", "approve")
        self.addCleanup(server.close)
        server.start()
        client = Client(server.url)
        run = lambda *arguments: pawlctl(*arguments, data_dir=server.data_dir)
        self.assertEqual(client.sign_up("ada@example.com", WISHED).status, 201)
        listed = run("user", "ls")
        self.assertIn("pending", listed.out)
        self.assertEqual(run("user", "approve", "ada@example.com", "--json").lines, [{"approved": 1}])
        self.assertEqual(client.login("ada@example.com", WISHED).status, 200)
        self.assertEqual(run("user", "approve", "noone@example.com").status, 1)
        invited = run("user", "invite", "eve@example.com", "--role", "writer", "--days", "2", "--json")
        self.assertEqual(invited.status, 0, invited.err)
        self.assertEqual(invited.lines[0]["email"], "eve@example.com")
        link = capsule(mails(client, "eve@example.com", "invite")[-1])
        self.assertEqual(client.post("/signup/complete", {"capsule": link, "password": WISHED}).json["roles"], ["writer"])
        self.assertEqual(run("user", "reset-link", "ada@example.com").status, 0)
        self.assertEqual(len(mails(client, "ada@example.com", "reset_password")), 1)
        self.assertIn("KIND", run("user", "factors", "ada@example.com").out)
        self.assertEqual(run("user", "factors", "ada@example.com", "--json").lines, [])


@unittest.skipUnless(installed(), "chromium and chromium-driver are not installed")
class Pages(unittest.TestCase):
    """By each policy, light and dark, narrow and wide, in both languages; without scripts they have none."""

    def server_of(self, policy):
        server = Pawld(*RULES, "--sign-up", policy)
        self.addCleanup(server.close)
        server.start()
        return server

    def looked_at(self, browser, script, name):
        for theme, width in LOOKS:
            browser.look(theme, width)
            if os.environ.get("PAWL_SCREENSHOTS"):
                browser.screenshot(os.path.join(os.environ["PAWL_SCREENSHOTS"], "sign-up-%s-%s-%d.png" % (name, theme, width)))
            self.assertLessEqual(browser.script("return document.documentElement.scrollWidth"), width, (name, theme))
            self.assertEqual(axe.violations(browser, script), [], (name, theme, width))

    def test_every_page_is_clean_in_both_languages(self):
        script = axe.source()
        if script is None:
            self.skipTest("npm can't fetch axe-core")
        for language in ("en", "de"):
            browser = Browser("--lang=" + language, "--accept-lang=" + language)
            self.addCleanup(browser.close)
            for policy in ("open", "confirm", "approve", "invite", "closed"):
                server = self.server_of(policy)
                client = Client(server.url)
                name = "%s-%s" % (policy, language)
                browser.open(server.url + "/sign-up")
                self.assertEqual(browser.script("return document.documentElement.lang"), language)
                self.looked_at(browser, script, name)
                if policy in ("invite", "closed"):
                    continue
                browser.type("#email", "ada@example.com")
                if policy != "confirm":
                    browser.type("#new_password", "short")
                    browser.click("#signup-submit")
                    browser.find("#problem")
                    self.looked_at(browser, script, name + "-weak")
                    browser.type("#new_password", WISHED)
                browser.click("#signup-submit")
                eventually(lambda: not browser.script("return !!document.querySelector('form')"))
                if policy == "confirm":
                    eventually(lambda: mails(client, "ada@example.com", "sign_up"))
                else:  # asked before, this could be the one who makes the account
                    self.assertEqual(client.sign_up("ada@example.com", WISHED).status, 409)
                self.looked_at(browser, script, name + "-done")
                if policy == "confirm":
                    browser.open(server.url + "/l/" + capsule(mails(client, "ada@example.com", "sign_up")[-1]))
                    browser.find("#new_password")
                    self.looked_at(browser, script, name + "-link")
                    browser.type("#new_password", WISHED)
                    browser.click("#link-submit")
                    eventually(lambda: client.login("ada@example.com", WISHED).status == 200)
                    self.looked_at(browser, script, name + "-linked")

    def test_the_sign_in_page_leads_there_and_back(self):
        server = self.server_of("open")
        client = Client(server.url)
        client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD, "is_superuser": True})
        root = client.login("root@example.com").json["access_token"]
        back = "http://127.0.0.1:9/cb"
        made = client.post("/admin/clients", {"client_id": "own", "name": "Own", "preset": "web", "consent": "never",
                                              "redirect_uris": [back], "scopes": ["openid"]}, bearer=root)
        self.assertEqual(made.status, 201, made)
        query = {"response_type": "code", "client_id": "own", "redirect_uri": back, "scope": "openid", "state": "s" * 900,
                 "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
        link = lambda page, name: html.unescape(re.search(r'id="%s" href="([^"]*)"' % name, page.body.decode()).group(1))
        page = client.get("/authorize?" + urllib.parse.urlencode(query))
        sign_up = client.get("/" + link(page, "signup-link"))
        self.assertEqual(sign_up.status, 200)
        flow = re.search(r'name="flow" value="([^"]*)"', sign_up.body.decode()).group(1)
        done = client.form("/sign-up", {"email": "ada@example.com", "new_password": WISHED, "flow": flow}, OURS)
        self.assertEqual(done.status, 200)
        again = client.get("/" + link(done, "signup-back"))
        flow = re.search(r'name="flow" value="([^"]*)"', again.body.decode()).group(1)
        signed_in = client.form("/sign-in", {"login": "ada@example.com", "password": WISHED, "flow": flow}, OURS)
        self.assertEqual(signed_in.status, 303)
        self.assertTrue(signed_in.headers["Location"].startswith(back + "?"))
        closed = self.server_of("closed")
        self.assertNotIn(b"signup-link", Client(closed.url).get("/sign-up").body)


if __name__ == "__main__":
    case.main()
