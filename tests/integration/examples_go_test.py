"""examples/go: a server that knows the issuer alone, and takes what Pawl gives, no more."""
import json

from support import app, case, packages
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import ROOT
from support.ports import free_port
from support.resource_server import ResourceServerCase

EXAMPLE = ROOT / "examples" / "go"


class Go(ResourceServerCase):
    OPTIONS = ("--claims", "roles")

    def test_right_tokens_are_taken_and_roles_are_looked_at(self):
        program, port = packages.go_programs(EXAMPLE) / "resource-server", free_port()
        api = Client(app.App(self, [program], port, EXAMPLE, PAWL=self.server.url, PORT=str(port)).url)
        self.assertEqual(self.expect_right_tokens_only(api, "/me").json["roles"], [])
        said = self.expect_readme(EXAMPLE / "README.md", {"http://127.0.0.1:8080": self.server.url, "http://127.0.0.1:8082": api.url})
        self.assertEqual(json.loads(said)["roles"], [])
        email = self.signed_up()
        self.expect(api.get("/drafts", self.logged_in(email)["access_token"]), 403)
        self.assertEqual(pawlctl("user", "edit", email, "--role", "editor", data_dir=self.server.data_dir).status, 0)
        self.assertEqual(self.expect(api.get("/drafts", self.logged_in(email)["access_token"]), 200).json["roles"], ["editor"])


if __name__ == "__main__":
    case.main()
