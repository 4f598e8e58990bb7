"""Swagger UI and the landing page in a real browser. PAWL_SCREENSHOTS=DIR keeps pictures of what it saw."""
import os
import unittest

from support import axe, case
from support.browser import ENTER, TAB, Browser, installed
from support.pawld import Pawld
from support.wait import eventually

LOOKS = [(theme, width) for theme in ("light", "dark") for width in (320, 1280)]


@unittest.skipUnless(installed(), "chromium and chromium-driver are not installed")
class Pages(case.ServerCase):
    def setUp(self):
        super().setUp()
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def picture(self, name):
        if os.environ.get("PAWL_SCREENSHOTS"):
            self.browser.screenshot(os.path.join(os.environ["PAWL_SCREENSHOTS"], name + ".png"))

    def authorize(self, name, password):
        self.browser.click(".scheme-container .btn.authorize")
        self.browser.type("#oauth_username", name)
        self.browser.type("#oauth_password", password)
        self.picture("authorize")
        self.browser.click(".auth-container .btn.modal-btn.auth.authorize")

    def run_operation(self, operation):
        """Opens an operation, presses Execute and returns the status and text of the live answer."""
        block = "#operations-" + operation
        self.unfold(operation.split("-")[0])
        self.browser.click(block + " .opblock-summary-control")
        self.browser.click(block + " .btn.execute")
        self.browser.find(block + " .live-responses-table .response .response-col_status")
        status = self.browser.text(block + " .live-responses-table .response .response-col_status")
        return status.split()[0], self.browser.text(block + " .live-responses-table .response")

    def unfold(self, group):
        """Opens a group of operations, if it is folded."""
        tag = "#operations-tag-" + group
        self.browser.find(tag)
        if not self.browser.script("return document.querySelector(arguments[0]).closest('.is-open') !== null", tag):
            self.browser.click(tag)

    def focus(self):
        return self.browser.script("return document.activeElement.id || document.activeElement.getAttribute('href') || "
                                   "document.activeElement.getAttribute('aria-label')")

    def test_groups_are_folded_schemas_hidden_and_how_to_try_it_is_first(self):
        self.browser.open(self.server.url + "/docs")
        self.browser.find("#operations-tag-account")
        self.assertEqual(self.browser.script("return document.querySelectorAll('.opblock, .models').length"), 0)
        told = self.browser.script("return [...document.querySelectorAll('.info .description p')].map(p => p.innerText)")
        self.assertTrue(told[0].startswith("Try it here"), told)
        self.unfold("account")
        self.browser.find("#operations-account-signup")

    def test_authorize_opens_at_the_username(self):
        self.browser.open(self.server.url + "/docs")
        for _ in range(2):
            self.browser.click(".scheme-container .btn.authorize")
            self.browser.find("#oauth_username")
            eventually(lambda: self.focus() == "oauth_username")
            self.browser.click(".modal-ux .close-modal")
            eventually(lambda: not self.browser.script("return document.querySelector('.modal-ux')"))

    def test_authorize_by_keyboard_alone(self):
        email = self.signed_up()
        self.browser.open(self.server.url + "/docs")
        self.browser.find(".scheme-container .btn.authorize")
        self.browser.script("document.querySelector('.scheme-container .btn.authorize').focus()")
        self.browser.press(ENTER)
        eventually(lambda: self.focus() == "oauth_username")
        for character in email:
            self.browser.press(character)
        self.browser.press(TAB)
        for character in case.PASSWORD:
            self.browser.press(character)
        for _ in range(8):  # past what belongs to clients, to the button
            self.browser.press(TAB)
            if self.browser.script("return document.activeElement.innerText") == "Authorize":
                break
        self.browser.press(ENTER)
        eventually(lambda: "Logout" in self.browser.text(".auth-container"))

    def test_the_pages_follow_the_system_into_the_dark(self):
        for path in ("/", "/docs"):
            self.browser.look("light", 1280)
            self.browser.open(self.server.url + path)
            self.browser.find("h1, h2")
            shades = [self.shade()]
            self.browser.look("dark", 1280)
            eventually(lambda: self.shade() != shades[0])
            shades.append(self.shade())
            self.picture("dark" + path.replace("/", "-"))
            self.assertGreater(shades[0], 200, path)
            self.assertLess(shades[1], 60, path)

    def shade(self):
        """How bright the page is, 0 to 255."""
        channels = self.browser.script(
            "const of = e => getComputedStyle(e).backgroundColor.match(/[0-9.]+/g).map(Number);"
            "const body = of(document.body); return body.length === 4 && body[3] === 0 ? of(document.documentElement) : body")
        return 255 if len(channels) == 4 and channels[3] == 0 else sum(channels[:3]) / 3

    def test_no_page_is_wider_than_its_screen(self):
        for theme, width in LOOKS:
            self.browser.look(theme, width)
            for path, there in (("/", "h1"), ("/docs", "#operations-tag-account")):
                self.browser.open(self.server.url + path)
                self.browser.find(there)
                self.picture("%s-%d%s" % (theme, width, path.replace("/", "-")))
                self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), width, (theme, path))

    def test_the_landing_page_has_no_barrier(self):
        script = axe.source()
        if script is None:
            self.skipTest("npm can't fetch axe-core")
        with Pawld(dev=False) as plain:
            for url in (self.server.url, plain.url):
                for theme, width in LOOKS:
                    self.browser.look(theme, width)
                    self.browser.open(url + "/")
                    self.browser.find("h1")
                    self.assertEqual(axe.violations(self.browser, script), [], (url, theme, width))

    def test_the_landing_page_by_keyboard(self):
        self.browser.open(self.server.url + "/")
        seen = []
        for _ in range(16):
            self.browser.press(TAB)
            seen.append(self.focus())
        for target in ("docs", "dev/requests", "docs#/development", "Command: refresh"):
            self.assertIn(target, seen)

    def test_the_landing_page_says_what_dev_offers_only_with_dev(self):
        self.browser.open(self.server.url + "/")
        self.assertIn("Development mode", self.browser.text("main"))
        self.browser.click("a[href='docs#/development']")
        self.browser.find("#operations-development-dev_make_user")
        with Pawld(dev=False) as plain:
            self.browser.open(plain.url + "/")
            text = self.browser.text("main")
            self.assertIn("Look around", text)
            self.assertNotIn("dev", text.replace("developer", ""))
            self.assertNotIn("@", text.replace("ada@example.com", ""))

    def test_authorize_then_try_it_out(self):
        email = self.signed_up(first_name="Ada")
        self.browser.open(self.server.url + "/docs")
        self.unfold("account")
        self.browser.find("#operations-account-get_me")
        self.picture("docs")
        self.assertEqual(self.browser.complaints(), [])
        self.authorize(email, case.PASSWORD)
        self.browser.click(".auth-container .btn-done")
        status, text = self.run_operation("account-get_me")
        self.picture("users-me")
        self.assertEqual(status, "200", text)
        self.assertIn(email, text)
        self.assertEqual(self.browser.complaints(), [])

    def test_without_authorization_it_is_401(self):
        self.browser.open(self.server.url + "/docs")
        status, text = self.run_operation("account-get_me")
        self.assertEqual(status, "401", text)
        self.assertIn("missing_access_token", text)

    def test_authorize_shows_a_wrong_password(self):
        email = self.signed_up()
        self.browser.open(self.server.url + "/docs")
        self.authorize(email, "wrong password")
        self.browser.find(".auth-container .errors")
        self.picture("wrong-password")
        self.assertIn("Incorrect username or password", self.browser.text(".auth-container .errors"))

    def test_landing_page_needs_nothing_from_elsewhere(self):
        self.browser.open(self.server.url + "/")
        self.picture("landing")
        self.assertIn("Pawl", self.browser.text("h1"))
        self.assertIn(self.server.url, self.browser.text("body"))
        self.assertEqual(self.browser.complaints(), [])
        loaded = self.browser.script("return performance.getEntriesByType('resource').map(e => e.name)")
        self.assertTrue(loaded)
        for url in loaded:
            self.assertTrue(url.startswith(self.server.url + "/"), url)
        self.browser.click("a[href='docs']")
        self.browser.find("#operations-tag-account")


if __name__ == "__main__":
    case.main()
