"""examples/spring: a resource server that knows the issuer and the audience, and takes what Pawl gives, no more."""
import json

from support import app, case, packages
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import ROOT
from support.ports import free_port
from support.resource_server import ResourceServerCase

EXAMPLE = ROOT / "examples" / "spring"
START_SECONDS_MAX = 180  # a virtual machine for Java on a busy machine


class Spring(ResourceServerCase):
    OPTIONS = ("--claims", "roles")

    def serve(self, pawl):
        jar, port = packages.maven_jar(EXAMPLE), free_port()
        command = ["java", "-XX:TieredStopAtLevel=1", "-jar", jar]
        return Client(app.App(self, command, port, EXAMPLE, seconds=START_SECONDS_MAX, PAWL=pawl, PORT=str(port)).url)

    def test_right_tokens_are_taken_and_roles_are_authorities(self):
        api = self.serve(self.server.url)
        self.assertEqual(self.expect_right_tokens_only(api, "/me").json["iss"], self.server.url)
        said = self.expect_readme(EXAMPLE / "README.md", {"http://127.0.0.1:8080": self.server.url, "http://127.0.0.1:8081": api.url})
        self.assertEqual(json.loads(said)["iss"], self.server.url)
        email = self.signed_up()
        self.expect(api.get("/drafts", self.logged_in(email)["access_token"]), 403)
        self.assertEqual(pawlctl("user", "edit", email, "--role", "editor", data_dir=self.server.data_dir).status, 0)
        self.assertEqual(self.expect(api.get("/drafts", self.logged_in(email)["access_token"]), 200).json, {"drafts": []})

    def test_it_starts_while_pawl_is_down(self):
        api = self.serve("http://127.0.0.1:%d" % free_port())
        # Spring's 500, whose error page is for logged-in users as well.
        self.expect(api.get("/me", self.logged_in()["access_token"]), 401)


if __name__ == "__main__":
    case.main()
