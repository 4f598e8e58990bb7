"""FastAPI's own Swagger UI, of an app on another origin, logs in at Pawl and calls what the app protects."""
import os
import pathlib
import socket
import subprocess
import sys
import unittest

from support import case
from support.browser import Browser, installed
from support.ports import free_port

try:
    import fastapi  # noqa: F401
    import uvicorn  # noqa: F401
    HAS_FASTAPI = True
except ImportError:
    HAS_FASTAPI = False

APPS = pathlib.Path(__file__).resolve().parent / "apps"


@unittest.skipUnless(installed() and HAS_FASTAPI, "chromium, chromium-driver, python3-fastapi or python3-uvicorn is not installed")
class FastApi(case.ServerCase):
    def setUp(self):
        super().setUp()
        port = free_port()
        self.url = "http://localhost:%d" % port
        app = subprocess.Popen([sys.executable, "-m", "uvicorn", "--port", str(port), "--log-level", "warning", "fastapi_docs:app"],
                               cwd=APPS, env={**os.environ, "PAWL": self.server.url, "PYTHONDONTWRITEBYTECODE": "1"})
        self.addCleanup(lambda: (app.terminate(), app.wait()))
        case.eventually(lambda: self.listens(port))
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    @staticmethod
    def listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def test_authorize_logs_in_from_the_other_origin_and_the_protected_path_answers(self):
        email = self.signed_up()
        self.browser.open(self.url + "/docs")
        self.browser.click(".scheme-container .btn.authorize")
        self.browser.type("#oauth_username", email)
        self.browser.type("#oauth_password", case.PASSWORD)
        self.browser.click(".auth-container .btn.modal-btn.auth.authorize")
        self.browser.click(".auth-container .btn-done")  # only there once it is logged in
        block = "#operations-default-me_me_get"
        self.browser.click(block + " .opblock-summary-control")
        self.browser.click(block + " .try-out__btn")
        self.browser.click(block + " .btn.execute")
        self.browser.find(block + " .live-responses-table .response .response-col_status")
        text = self.browser.text(block + " .live-responses-table .response")
        self.assertTrue(text.startswith("200"), text)
        self.assertIn(email, text)


if __name__ == "__main__":
    case.main()
