"""The pages of sign-in in a real browser: light and dark, narrow and wide, in both languages, by keyboard, without
scripts. PAWL_SCREENSHOTS=DIR keeps pictures of what it saw."""
import http.server
import os
import threading
import unittest
import urllib.parse

from support import axe, case, totp
from support.browser import ENTER, TAB, Browser, installed
from support.wait import eventually

LOOKS = [(theme, width) for theme in ("light", "dark") for width in (320, 1280)]
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
LONG = "A Shop With A Name As Long As A Name May Be, And A Word Donaudampfschifffahrtsgesellschaft"


class Application(http.server.BaseHTTPRequestHandler):
    """Says what it was given."""
    protocol_version = "HTTP/1.1"

    def answer(self, given):
        self.server.seen.append(dict(urllib.parse.parse_qsl(given)))
        body = b"<!doctype html><html lang=en><title>application</title><p id=there>there</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/favicon.ico":
            self.send_response(204)
            return self.end_headers()
        return self.answer(urllib.parse.urlsplit(self.path).query)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_):
        pass


@unittest.skipUnless(installed(), "chromium and chromium-driver are not installed")
class Pages(case.ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.application = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
        threading.Thread(target=cls.application.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.application.server_close)
        cls.addClassCleanup(cls.application.shutdown)
        cls.back = "http://127.0.0.1:%d/cb" % cls.application.server_port
        client = case.Client(cls.server.url)
        client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD, "is_superuser": True})
        root = client.login("root@example.com").json["access_token"]
        for name, shown, consent in (("shop", LONG, "ask"), ("own", "Own", "never")):
            made = client.post("/admin/clients", {"client_id": name, "name": shown, "preset": "web", "consent": consent,
                                                  "redirect_uris": [cls.back], "post_logout_redirect_uris": [cls.back],
                                                  "scopes": ["openid", "profile", "email", "offline_access"]}, bearer=root)
            assert made.status == 201, made

    def setUp(self):
        super().setUp()
        self.application.seen = []
        self.email = self.signed_up()
        self.browser = self.opened()

    def opened(self, *arguments):
        browser = Browser(*arguments)
        self.addCleanup(browser.close)
        return browser

    def picture(self, name):
        if os.environ.get("PAWL_SCREENSHOTS"):
            self.browser.screenshot(os.path.join(os.environ["PAWL_SCREENSHOTS"], name + ".png"))

    def authorize(self, client_id="own", **more):
        query = {"response_type": "code", "client_id": client_id, "redirect_uri": self.back, "scope": "openid profile email",
                 "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "s", **more}
        self.browser.open(self.server.url + "/authorize?" + urllib.parse.urlencode(query))

    def sign_in(self, password=case.PASSWORD):
        self.browser.type("#login", self.email)
        self.browser.type("#password", password)
        self.browser.click("#signin-submit")

    def code(self):
        self.browser.find("#there")
        return self.application.seen[-1]["code"]

    def looked_at(self, name, script):
        """The page that is open now, as every reader sees it."""
        for theme, width in LOOKS:
            self.browser.look(theme, width)
            self.picture("%s-%s-%d" % (name, theme, width))
            self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), width, (name, theme))
            self.assertEqual(axe.violations(self.browser, script), [], (name, theme, width))
        self.browser.look("light", 640)
        self.browser.script("document.documentElement.style.fontSize = '200%'")
        self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), 640, name)

    def test_every_page_is_clean_for_every_reader(self):
        script = axe.source()
        if script is None:
            self.skipTest("npm can't fetch axe-core")
        for tongue in ("en", "de"):
            self.browser, self.email = self.opened(), self.signed_up()
            self.authorize("shop", ui_locales=tongue)
            self.browser.find("#signin-submit")
            self.assertEqual(self.browser.complaints(), [])
            self.looked_at("sign-in-" + tongue, script)
            self.sign_in("wrong")
            self.browser.find("#problem")
            self.looked_at("sign-in-wrong-" + tongue, script)
            self.browser.script("document.getElementById('login').value = ''")
            self.sign_in()
            self.browser.find("#consent-allow")
            self.looked_at("consent-" + tongue, script)
            self.browser.click("#consent-allow")
            self.code()
            self.authorize("shop", ui_locales=tongue, prompt="select_account")
            self.browser.find("#select-continue")
            self.looked_at("select-" + tongue, script)
            self.authorize("nobody", ui_locales=tongue)
            self.browser.find(".problem")
            self.looked_at("error-" + tongue, script)
            self.browser.open(self.server.url + "/end_session?client_id=shop&ui_locales=" + tongue)
            self.browser.find("#signout-yes")
            self.looked_at("sign-out-" + tongue, script)
            self.browser.click("#signout-yes")
            eventually(lambda: not self.browser.script("return document.getElementById('signout-yes')"))
            self.looked_at("signed-out-" + tongue, script)

    def with_totp(self):
        """Gives the user a second factor."""
        access = self.logged_in(self.email)["access_token"]
        offered = self.expect(self.client.post("/users/me/factors/totp", bearer=access), 200).json
        now = self.client.get("/dev/clock").json["unix"]
        body = {"capsule": offered["capsule"], "totp": totp.code(offered["secret"], now)}
        self.expect(self.client.post("/users/me/factors/totp/confirm", body, bearer=access), 201)

    def next_code(self):
        self.client.advance(60)
        return self.expect(self.client.post("/dev/totp", {"user": self.email}), 200).json["code"]

    def test_the_page_that_asks_for_a_code_is_clean_and_takes_it(self):
        script = axe.source()
        if script is None:
            self.skipTest("npm can't fetch axe-core")
        for tongue in ("en", "de"):
            self.browser, self.email = self.opened(), self.signed_up()
            self.with_totp()
            self.authorize(ui_locales=tongue)
            self.sign_in()
            self.browser.find("#factor-submit")
            self.looked_at("factor-" + tongue, script)
            self.browser.type("#totp", "000000")
            self.browser.click("#factor-submit")
            self.browser.find("#problem")
            self.looked_at("factor-wrong-" + tongue, script)
            self.browser.type("#totp", self.next_code())
            self.browser.click("#factor-submit")
            self.assertTrue(self.code().startswith("pac_"))
            self.assertEqual([one for one in self.browser.complaints() if "422" not in str(one)], [])

    def test_a_user_signs_in_by_keyboard_alone(self):
        self.authorize("shop")
        self.browser.find("#login")
        eventually(lambda: self.browser.script("return document.activeElement.id") == "login")
        for text, key in ((self.email, TAB), (case.PASSWORD, ENTER)):
            for character in text:
                self.browser.press(character)
            self.browser.press(key)
        self.browser.find("#consent-allow")
        for _ in range(8):
            self.browser.press(TAB)
            if self.browser.script("return document.activeElement.id") == "consent-allow":
                break
        outline = self.browser.script("return getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid", "what has the focus is seen")
        self.browser.press(ENTER)
        self.assertTrue(self.code().startswith("pac_"))
        self.assertEqual(self.browser.complaints(), [])

    def test_the_policy_lets_the_answer_through_and_says_nothing(self):
        self.authorize()
        self.sign_in()
        self.code()
        self.authorize(response_mode="form_post")
        eventually(lambda: len(self.application.seen) == 2)
        self.assertEqual(set(self.application.seen[1]), {"code", "state", "iss"})
        self.assertEqual(self.browser.complaints(), [])

    def test_a_button_posts_the_answer_where_scripts_are_off(self):
        self.browser = self.opened("--blink-settings=scriptEnabled=false")
        self.authorize(response_mode="form_post")
        self.sign_in()
        self.browser.click("#form-post-continue")
        eventually(lambda: self.application.seen)
        self.assertEqual(set(self.application.seen[0]), {"code", "state", "iss"})

    def test_a_request_posted_from_another_site_finds_its_session(self):
        self.authorize()
        self.sign_in()
        self.code()
        self.browser.open("http://localhost:%d/" % self.application.server_port)  # another site than 127.0.0.1
        fields = {"response_type": "code", "client_id": "own", "redirect_uri": self.back, "scope": "openid", "prompt": "none",
                  "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        self.browser.script("const form = document.createElement('form'); form.method = 'post'; form.action = arguments[0];"
                            "for (const [name, value] of Object.entries(arguments[1])) {"
                            " const field = document.createElement('input'); field.name = name; field.value = value; form.append(field); }"
                            "document.body.append(form); form.submit();", self.server.url + "/authorize", fields)
        eventually(lambda: any("iss" in seen for seen in self.application.seen[1:]))
        self.assertIn("code", self.application.seen[-1])

    def test_another_site_can_not_sign_in_here(self):
        self.authorize()
        flow = self.browser.script("return document.getElementsByName('flow')[0].value")
        self.browser.open("http://localhost:%d/" % self.application.server_port)
        self.browser.script("const form = document.createElement('form'); form.method = 'post'; form.action = arguments[0];"
                            "for (const [name, value] of Object.entries(arguments[1])) {"
                            " const field = document.createElement('input'); field.name = name; field.value = value; form.append(field); }"
                            "document.body.append(form); form.submit();", self.server.url + "/sign-in",
                            {"flow": flow, "login": self.email, "password": case.PASSWORD})
        eventually(lambda: "forbidden_origin" in self.browser.text("main"))
        self.authorize()
        self.browser.find("#signin-submit")


if __name__ == "__main__":
    case.main()
