"""examples/nginx and examples/caddy: the proxy lets through who is logged in at Pawl, and asks for each request."""
import json
import os
import pathlib
import shutil
import tempfile
import urllib.parse

from support import app, case, echo, packages
from support.http import Client
from support.pawld import ROOT
from support.ports import free_port
from support.resource_server import ResourceServerCase

EXAMPLES = ROOT / "examples"
# The example is a file of conf.d: this is what the distribution has around it.
NGINX = """daemon off; pid {home}/pid; error_log stderr; {user} events {{ }}
http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi; include {home}/pawl.conf; }}
"""


class Proxy:
    """What both are held to; `proxied()` starts one and gives a client of it; `pawl` is another port of Pawl's."""
    OPTIONS = ("--trusted-proxy", "127.0.0.1/32")

    def placed(self, path, pawl):
        """The example's file in a folder of its own, with the ports of this test for its own, Pawl's and the app's."""
        home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-proxy-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        text, port = path.read_text(), free_port()
        pawl = pawl or urllib.parse.urlsplit(self.server.url).port
        for written, real in ((self.PORT, port), ("8080", pawl), ("3000", echo.served(self))):
            self.assertIn(":%s" % written, text)
            text = text.replace(":%s" % written, ":%d" % real)
        (home / path.name).write_text(text)
        return home, port

    def test_only_right_tokens_reach_the_app(self):
        seen = self.expect_right_tokens_only(self.proxied(), "/some/page").json
        self.assertEqual((seen["method"], seen["path"]), ("GET", "/some/page"))
        self.assertTrue(seen["headers"]["authorization"].startswith("Bearer "))

    def test_a_session_that_has_ended_is_refused_at_once(self):
        proxy, token = self.proxied(), self.logged_in()
        self.expect(proxy.get("/", token["access_token"]), 200)
        self.expect(self.client.logout(token["refresh_token"]), 204)
        self.expect(proxy.get("/", token["access_token"]), 401)

    def test_a_login_through_the_proxy_counts_for_the_address_of_the_client(self):
        proxy, email = self.proxied(), self.signed_up()
        token = self.expect(proxy.post("/pawl/login", {"email": email, "password": case.PASSWORD}), 200).json
        again = self.expect(proxy.form("/pawl/refresh", {"refresh_token": token["refresh_token"]}), 200).json
        self.assertEqual(self.expect(proxy.post("/", {"a": 1}, again["access_token"]), 200).json["method"], "POST")
        self.assertNotIn("not trusted", self.server.log())
        requests = self.client.get("/dev/requests").json["requests"]
        self.assertEqual([r["headers"]["x-forwarded-for"] for r in requests if r["path"] == "/refresh"], ["127.0.0.1"])

    def test_the_session_of_the_readme(self):
        said = self.expect_readme(self.FOLDER / "README.md", {"http://127.0.0.1:" + self.PORT: self.proxied().url})
        self.assertEqual(json.loads(said)["path"], "/")

    def test_where_pawl_cant_be_reached_nothing_is_let_through(self):
        reply = self.proxied(pawl=free_port()).get("/", self.logged_in()["access_token"])
        self.expect(reply, self.WITHOUT_PAWL)


class Nginx(Proxy, ResourceServerCase):
    FOLDER, PORT, WITHOUT_PAWL = EXAMPLES / "nginx", "8090", 500

    def proxied(self, pawl=None):
        packages.need("nginx")
        home, port = self.placed(self.FOLDER / "pawl.conf", pawl)
        (home / "nginx.conf").write_text(NGINX.format(home=home, user="user root;" if os.geteuid() == 0 else ""))
        app.App(self, ["nginx", "-p", home, "-e", "stderr", "-c", home / "nginx.conf"], port, home)
        return Client("http://127.0.0.1:%d" % port)


class Caddy(Proxy, ResourceServerCase):
    FOLDER, PORT, WITHOUT_PAWL = EXAMPLES / "caddy", "8091", 502

    def proxied(self, pawl=None):
        packages.need("caddy")
        home, port = self.placed(self.FOLDER / "Caddyfile", pawl)
        text = (home / "Caddyfile").read_text()
        (home / "Caddyfile").write_text("{\n\tadmin off\n}\n" + text)  # its administration has one port for all
        app.App(self, ["caddy", "run", "--config", home / "Caddyfile", "--adapter", "caddyfile"], port, home, HOME=str(home))
        return Client("http://127.0.0.1:%d" % port)


if __name__ == "__main__":
    case.main()
