"""examples/express: both servers take what Pawl gives, no more."""
import json
import shutil

from support import app, case, packages
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import ROOT
from support.ports import free_port
from support.resource_server import ResourceServerCase

EXAMPLE = ROOT / "examples" / "express"


class Express(ResourceServerCase):
    OPTIONS = ("--claims", "roles")

    def serve(self, script, pawl=None):
        folder, port = packages.node_with(EXAMPLE / "package.json"), free_port()
        shutil.copy(EXAMPLE / script, folder)  # beside its node_modules
        return Client(app.App(self, ["node", script], port, folder, PAWL=pawl or self.server.url, PORT=str(port)).url)

    def test_jose_takes_a_login_and_no_other_token(self):
        api = self.serve("server.mjs")
        claims = self.expect_right_tokens_only(api, "/me").json
        self.assertEqual(claims["iss"], self.server.url)
        self.assertEqual(api.get("/me", self.minted(flaw="wrong_type")).status, 401)
        self.assertEqual(api.get("/me").headers["WWW-Authenticate"], "Bearer")

    def test_the_session_of_the_readme(self):
        api = self.serve("server.mjs")
        said = self.expect_readme(EXAMPLE / "README.md", {"http://127.0.0.1:8080": self.server.url, "http://127.0.0.1:3000": api.url})
        self.assertEqual(json.loads(said)["iss"], self.server.url)

    def test_the_issuer_alone_is_enough_for_express_oauth2_jwt_bearer(self):
        api = self.serve("issuer_only.mjs")
        self.expect_right_tokens_only(api, "/me")
        self.assertEqual(api.get("/me", self.minted(flaw="wrong_type")).status, 401)

    def test_a_page_for_editors(self):
        api, email = self.serve("issuer_only.mjs"), self.signed_up()
        self.expect(api.get("/drafts", self.logged_in(email)["access_token"]), 401)
        self.assertEqual(pawlctl("user", "edit", email, "--role", "editor", data_dir=self.server.data_dir).status, 0)
        self.assertEqual(self.expect(api.get("/drafts", self.logged_in(email)["access_token"]), 200).json, {"drafts": []})

    def test_where_pawl_cant_be_reached_jose_lets_the_server_say_so(self):
        token = self.logged_in()["access_token"]
        nowhere = "http://127.0.0.1:%d" % free_port()
        self.expect(self.serve("server.mjs", nowhere).get("/me", token), 500)
        self.expect(self.serve("issuer_only.mjs", nowhere).get("/me", token), 401)  # the library's doing; the README says so


if __name__ == "__main__":
    case.main()
