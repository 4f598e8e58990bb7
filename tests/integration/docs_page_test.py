"""Swagger UI and the landing page in a real browser. PAWL_SCREENSHOTS=DIR keeps pictures of what it saw."""
import os
import unittest

from support import case
from support.browser import Browser, installed


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
        self.browser.click(block + " .opblock-summary-control")
        self.browser.click(block + " .btn.execute")
        self.browser.find(block + " .live-responses-table .response .response-col_status")
        status = self.browser.text(block + " .live-responses-table .response .response-col_status")
        return status.split()[0], self.browser.text(block + " .live-responses-table .response")

    def test_authorize_then_try_it_out(self):
        email = self.signed_up(first_name="Ada")
        self.browser.open(self.server.url + "/docs")
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
        self.browser.find("#operations-account-signup")


if __name__ == "__main__":
    case.main()
