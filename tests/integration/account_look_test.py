"""The pages of an account in a real browser: light and dark, narrow and wide, in both languages, by keyboard, without
scripts, on paper. PAWL_SCREENSHOTS=DIR keeps pictures of what it saw."""
import os
import re
import shutil
import subprocess
import unittest

from support import axe, case, totp
from support.browser import ENTER, TAB, Browser, installed
from support.wait import eventually

LOOKS = [(theme, width) for theme in ("light", "dark") for width in (320, 1280)]
PLACES = ("account", "account/security", "account/security/totp", "account/sessions", "account/apps", "account/data")


@unittest.skipUnless(installed(), "chromium and chromium-driver are not installed")
class AccountLook(case.ServerCase):
    def setUp(self):
        super().setUp()
        self.email = self.signed_up(first_name="Zoë", surname="Donaudampfschifffahrtsgesellschaftskapitän")
        self.browser = self.opened()

    def opened(self, *arguments):
        browser = Browser(*arguments)
        self.addCleanup(browser.close)
        return browser

    def open(self, path):
        self.browser.open(self.server.url + "/" + path)

    def sign_in(self, path="account"):
        self.open(path)
        self.browser.type("#login", self.email)
        self.browser.type("#password", case.PASSWORD)
        self.browser.click("#signin-submit")
        self.browser.find("#account-sign-out")

    def in_german(self):
        self.browser.script("document.getElementById('language').value = 'de'")
        self.browser.click("#language-save")
        self.browser.find(".note")

    def set_up(self):
        """A TOTP, by its page."""
        self.open("account/security/totp")
        secret = self.browser.text("#totp-secret")
        self.browser.type("#totp", totp.code(secret, self.client.get("/dev/clock").json["unix"]))
        self.browser.type("#name", "Telephone")
        self.browser.click("#offer-confirm")
        self.browser.find(".note")

    def picture(self, name):
        if os.environ.get("PAWL_SCREENSHOTS"):
            self.browser.screenshot(os.path.join(os.environ["PAWL_SCREENSHOTS"], name + ".png"))

    def looked_at(self, name, script):
        for theme, width in LOOKS:
            self.browser.look(theme, width, 2600)
            self.picture("%s-%s-%d" % (name, theme, width))
            self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), width, (name, theme))
            self.assertEqual(axe.violations(self.browser, script), [], (name, theme, width))
        self.browser.look("light", 640)
        self.browser.script("document.documentElement.style.fontSize = '200%'")
        self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), 640, name)

    def complaints(self):
        return [one for one in self.browser.complaints() if "422" not in str(one)]

    def test_every_page_is_clean_for_every_reader(self):
        script = axe.source()
        if script is None:
            self.skipTest("npm can't fetch axe-core")
        for tongue in ("en", "de"):
            self.browser, self.email = self.opened(), self.signed_up(first_name="Zoë")
            for _ in range(32):
                self.logged_in(self.email)
            self.sign_in()
            if tongue == "de":
                self.in_german()
            self.set_up()
            self.looked_at("account-security-note-" + tongue, script)
            for path in PLACES:
                self.open(path)
                self.browser.find("#account-sign-out")
                self.looked_at("%s-%s" % (path.replace("/", "-"), tongue), script)
            self.open("account/sessions?page=2")
            self.browser.find("#page-older")
            self.looked_at("account-pages-" + tongue, script)
            self.open("account")
            self.browser.type("#new_email", "new@example.com")
            self.browser.type("#current_password", "wrong wrong")
            self.browser.click("#email-change")
            self.browser.find("#problem")
            self.looked_at("account-wrong-" + tongue, script)
            self.open("account/security")
            self.browser.click("#codes-make")
            self.browser.find("#recovery-codes")
            self.looked_at("account-codes-" + tongue, script)
            self.open("sign-in?to=security&again=yes")
            self.browser.find("#signin-submit")
            self.looked_at("account-again-" + tongue, script)
            self.assertEqual(self.complaints(), [])

    def focus(self, wanted, steps=40):
        for _ in range(steps):
            if self.browser.script("return document.activeElement.id") == wanted:
                outline = self.browser.script("return getComputedStyle(document.activeElement).outlineStyle")
                return self.assertEqual(outline, "solid", "what has the focus is seen")
            self.browser.press(TAB)
        return self.fail("no way to %s by keyboard" % wanted)

    def typed(self, text):
        for character in text:
            self.browser.press(character)

    def test_a_user_gets_everywhere_by_keyboard_alone(self):
        self.sign_in()
        self.focus("place-security")
        self.browser.press(ENTER)
        self.browser.find("#totp-offer")
        self.focus("totp-offer")
        self.browser.press(ENTER)
        self.browser.find("#totp-secret")
        secret = self.browser.text("#totp-secret")
        self.focus("totp")
        self.typed(totp.code(secret, self.client.get("/dev/clock").json["unix"]))
        self.browser.press(ENTER)
        self.browser.find(".note")
        self.focus("codes-make")
        self.browser.press(ENTER)
        self.browser.find("#recovery-codes")
        self.focus("place-data")
        self.browser.press(ENTER)
        self.browser.find("#account-delete")
        self.focus("current_password")
        self.typed(case.PASSWORD)
        self.focus("sure")
        self.browser.press(" ")
        self.focus("account-delete")
        self.browser.press(ENTER)
        eventually(lambda: "deleted" in self.browser.text("h1"))
        self.assertEqual(self.browser.complaints(), [])

    def test_a_long_list_is_walked_by_keyboard(self):
        for _ in range(20):
            self.logged_in(self.email)
        self.sign_in("account/sessions")
        self.focus("page-older", 80)
        self.browser.press(ENTER)
        self.browser.find("#page-newer")
        self.focus("page-newer", 80)
        self.browser.press(ENTER)
        self.browser.find("#page-older")
        self.assertEqual(self.complaints(), [])

    def test_it_works_without_scripts_and_asks_no_one_else(self):
        self.browser = self.opened("--blink-settings=scriptEnabled=false")
        self.sign_in("account/sessions")
        self.open("account")
        self.browser.type("#surname", "X")
        self.browser.click("#profile-save")
        self.browser.find(".note")
        self.assertEqual(self.browser.complaints(), [])

    def test_the_codes_are_on_paper_without_what_is_of_no_use_there(self):
        self.sign_in()
        self.set_up()
        self.browser.click("#codes-make")
        self.browser.find("#recovery-codes")
        self.browser._devtools("Emulation.setEmulatedMedia", media="print")
        shown = self.browser.script("return ['nav', '.leave', '#recovery-codes'].map("
                                    "s => getComputedStyle(document.querySelector(s)).display)")
        self.assertEqual(shown[:2], ["none", "none"])
        self.assertNotEqual(shown[2], "none")
        self.picture("account-codes-print")

    def test_the_picture_is_the_secret(self):
        """Read by zbarimg where it is; else its size is looked at."""
        self.sign_in()
        self.open("account/security/totp")
        self.browser.look("dark", 1280)
        box = self.browser.script("const b = document.querySelector('.qr').getBoundingClientRect(); return [b.width, b.height]")
        self.assertGreater(min(box), 150)
        if shutil.which("zbarimg") is None:
            return
        path = os.path.join(self.browser.profile, "qr.png")
        self.browser.screenshot(path)
        text = subprocess.run(["zbarimg", "-q", "--raw", path], check=True, capture_output=True).stdout.decode().strip()
        self.assertTrue(re.match(r"otpauth://totp/.*secret=" + self.browser.text("#totp-secret"), text), text)


if __name__ == "__main__":
    case.main()
