"""examples/fastapi: each file is served as its README says and takes what Pawl gives, no more."""
import secrets
import unittest

from support import app, case, packages
from support.browser import Browser, installed
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import ROOT
from support.ports import free_port
from support.resource_server import ResourceServerCase

EXAMPLE = ROOT / "examples" / "fastapi"
APPS = ROOT / "tests" / "integration" / "apps"


class Example(ResourceServerCase):
    def serve(self, module, folder=EXAMPLE, **environment):
        """The app of a module, by uvicorn, as a client."""
        python, port = packages.python_with(EXAMPLE / "requirements.txt"), free_port()
        served = app.App(self, [python, "-m", "uvicorn", "--port", port, "--log-level", "warning", module + ":app"], port, folder,
                         PAWL=self.server.url, PYTHONPATH=str(EXAMPLE), **environment)
        return Client(served.url)


class Keys(Example):
    OPTIONS = ("--claims", "roles")

    def test_a_login_at_pawl_is_a_login_here(self):
        api, email = self.serve("main"), self.signed_up()
        token = self.logged_in(email)["access_token"]
        claims = self.expect(api.get("/me", token), 200).json
        self.assertEqual(claims["sub"], str(self.client.me(token).json["id"]))

    def test_no_token_and_tokens_that_are_not_for_it_are_refused(self):
        api = self.serve("main")
        self.expect_right_tokens_only(api, "/me")
        self.assertEqual(api.get("/me", "nonsense").headers["WWW-Authenticate"], "Bearer")

    def test_where_pawl_cant_be_reached_no_client_is_told_to_log_in(self):
        token = self.logged_in()["access_token"]
        python, port = packages.python_with(EXAMPLE / "requirements.txt"), free_port()
        lonely = app.App(self, [python, "-m", "uvicorn", "--port", port, "--log-level", "warning", "main:app"], port, EXAMPLE,
                         PAWL="http://127.0.0.1:%d" % free_port())
        self.expect(Client(lonely.url).get("/me", token), 503)

    def test_a_role_is_asked_for_as_a_scope(self):
        api, email = self.serve("roles"), self.signed_up()
        self.expect(api.get("/drafts", self.logged_in(email)["access_token"]), 403)
        done = pawlctl("user", "edit", email, "--role", "editor", data_dir=self.server.data_dir)
        self.assertEqual(done.status, 0, done)
        token = self.logged_in(email)["access_token"]
        self.assertEqual(self.expect(api.get("/drafts", token), 200).json["drafts"], [])
        self.expect(api.get("/me", token), 200)
        self.expect(api.get("/drafts"), 401)

    @unittest.skipUnless(installed(), "chromium or chromium-driver is not installed")
    def test_its_own_docs_page_logs_in_across_origins(self):
        api, email = self.serve("example_docs", folder=APPS), self.signed_up()
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(api.url + "/docs")
        browser.click(".scheme-container .btn.authorize")
        browser.type("#oauth_username", email)
        browser.type("#oauth_password", case.PASSWORD)
        browser.click(".auth-container .btn.modal-btn.auth.authorize")
        browser.click(".auth-container .btn-done")  # only there once it is logged in
        block = "#operations-default-me_me_get"
        browser.click(block + " .opblock-summary-control")
        browser.click(block + " .try-out__btn")
        browser.click(block + " .btn.execute")
        browser.find(block + " .live-responses-table .response .response-col_status")
        text = browser.text(block + " .live-responses-table .response")
        self.assertTrue(text.startswith("200"), text)
        self.assertIn(self.server.url, text)  # the issuer


class SecretKey(Example):
    SECRET = secrets.token_urlsafe(32)
    OPTIONS = ("--audience", "none", "--subject", "username")
    KEYWORDS = {"env": {"SECRET_KEY": SECRET}}

    def test_the_lines_of_the_tutorial_know_the_user(self):
        api = self.serve("secret_key", SECRET_KEY=self.SECRET)
        self.expect(self.client.sign_up("johndoe@example.com", username="johndoe"), 201)
        token = self.expect(self.client.form("/token", {"username": "johndoe", "password": case.PASSWORD}), 200).json["access_token"]
        self.assertEqual(self.expect(api.get("/users/me", token), 200).json["full_name"], "John Doe")
        self.expect(api.get("/users/me", self.logged_in()["access_token"]), 401)  # no user of this app
        self.expect(api.get("/users/me", "nonsense"), 401)


if __name__ == "__main__":
    case.main()
