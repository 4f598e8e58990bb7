"""The recipes of docs/forward-auth.md in the real nginx and the real Caddy, with an app behind: two hosts, one sign-in."""
import os
import pathlib
import re
import shutil
import tempfile
import urllib.parse

from forward_auth_test import HEADERS, ForwardCase, Visitor
from support import app, case, echo, packages
from support.http import Client
from support.pawld import ROOT
from support.ports import free_port

RECIPES = ROOT / "docs" / "forward-auth.md"
# The recipe is a file of conf.d: this is what the distribution has around it.
NGINX = """daemon off; pid {home}/pid; error_log stderr; {user} events {{ }}
http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
{servers} }}
"""


def recipe(language):
    return re.search("```%s\n(.*?)```" % language, RECIPES.read_text(), re.DOTALL).group(1)


class Browser(Visitor):
    """Goes through the proxy, and by redirects between the hosts and Pawl."""

    def __init__(self, test, port):
        super().__init__(test)
        self.proxy = Client("http://127.0.0.1:%d" % port)

    def get(self, host, path="/", method="GET", **more):
        body = b"x=1" if method == "POST" else None
        reply = self.proxy.request(method, path, body, self.headers(host, {"Host": host, **more}))
        for line in reply.headers.get_all("Set-Cookie", []):
            name, value = line.split(";")[0].split("=", 1)
            self.cookies.setdefault(host, {})[name] = value
        return reply

    def open(self, host, path="/", email=None):
        """The first answer that is no redirect, after a sign-in where a page asks for one."""
        reply = self.get(host, path)
        for _ in range(10):
            if reply.status not in (302, 303):
                return reply
            target = urllib.parse.urljoin("http://%s%s" % (host, path), reply.headers["Location"])
            if target.startswith(self.url):
                page = self.person.visit(target[len(self.url):])
                if page.outside is None:
                    page = self.person.sign_in(page, email, case.PASSWORD)
                target = page.outside
            assert target.startswith("http://%s/" % host), target
            path = target[len("http://" + host):]
            reply = self.get(host, path)
        raise AssertionError("redirects without an end")


class Proxy:
    """What both are held to; `proxied(hosts, port)` starts one for two hosts at this port."""
    NAMES = "one.localhost", "two.localhost"

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-forward-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.one, self.two = ("%s:%d" % (name, self.port) for name in self.NAMES)
        self.ports = {"8080": urllib.parse.urlsplit(self.server.url).port, "3000": echo.served(self)}
        self.start()
        self.protect(self.one)
        self.protect(self.two, roles=["staff"])
        self.browser = Browser(self, self.port)

    def placed(self, text, host):
        """The recipe for this host and these ports."""
        for written, real in self.ports.items():
            self.assertIn("127.0.0.1:" + written, text)
            text = text.replace("127.0.0.1:" + written, "127.0.0.1:%d" % real)
        return text.replace("app.example", host)

    def test_a_visitor_signs_in_and_comes_back_with_its_headers(self):
        user = self.user(username="una%d" % self.port, roles=["staff"], first_name="Una")
        seen = self.expect(self.browser.open(self.one, "/page?x=1&y=%20z", user["email"]), 200).json
        self.assertEqual(seen["path"], "/page?x=1&y=%20z")
        self.assertEqual([seen["headers"].get(name.lower(), "") for name in HEADERS],
                         ["una%d" % self.port, user["email"], "Una", "staff"])
        self.assertEqual(self.expect(self.browser.open(self.two), 200).json["path"], "/")  # without a page

    def test_a_visitors_own_headers_are_overwritten(self):
        user = self.user()
        self.browser.open(self.one, "/", user["email"])
        own = {name: "root" for name in HEADERS}
        seen = self.expect(self.browser.get(self.one, **own), 200).json["headers"]
        self.assertNotIn("root", [seen.get(name.lower()) for name in HEADERS])
        self.assertEqual(seen["remote-email"], user["email"])
        stranger = Browser(self, self.port)
        self.assertIn(stranger.get(self.one, **own).status, (302, 401))

    def test_a_visitor_without_the_role_is_403(self):
        user = self.user()
        self.expect(self.browser.open(self.two, "/", user["email"]), 403)

    def test_a_sign_out_closes_both_hosts_at_once(self):
        user = self.user(roles=["staff"])
        for host in (self.one, self.two):
            self.expect(self.browser.open(host, "/", user["email"]), 200)
        person = self.browser.person
        person.press(person.visit("/end_session"), "yes")
        for host in (self.one, self.two):
            self.assertEqual(self.browser.get(host).status, 302)

    def test_the_sign_out_of_a_host_goes_through_the_proxy(self):
        user = self.user()
        self.browser.open(self.one, "/", user["email"])
        reply = self.expect(self.browser.get(self.one, "/.pawl/signout", "POST", Sec_Fetch_Site="same-origin"), 303)
        self.assertTrue(reply.headers["Location"].startswith(self.server.url + "/end_session?"))
        self.assertEqual(self.browser.get(self.one).status, 302)

    def test_only_pages_are_sent_to_the_sign_in(self):
        self.expect(self.browser.get(self.one, "/", "POST"), 401)
        user = self.user()
        self.browser.open(self.one, "/", user["email"])
        self.assertEqual(self.expect(self.browser.get(self.one, "/form", "POST"), 200).json["method"], "POST")

    def test_a_visitor_says_nothing_about_the_host(self):
        user = self.user()
        self.browser.open(self.one, "/", user["email"])
        cookies = self.browser.cookies[self.one]
        self.browser.cookies[self.two] = cookies  # the app of the one host has it, and tries it at the other
        reply = self.browser.get(self.two, X_Forwarded_Host=self.one, X_Forwarded_Uri="/")
        self.assertIn(reply.status, (302, 400, 401))

    def test_other_paths_of_pawl_are_the_apps(self):
        user = self.user()
        self.browser.open(self.one, "/", user["email"])
        self.assertEqual(self.expect(self.browser.get(self.one, "/authorize"), 200).json["path"], "/authorize")
        self.assertEqual(self.browser.get(self.one, "/.pawl/other").status, 404)


class Nginx(Proxy, ForwardCase):
    def start(self):
        packages.need("nginx")
        text = recipe("nginx")
        servers = ""
        for name, host in zip(self.NAMES, (self.one, self.two)):
            one = text.replace("listen 443 ssl;", "listen 127.0.0.1:%d;" % self.port)
            one = one.replace("server_name app.example;", "server_name %s;" % name)
            servers += self.placed(one, host)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.home / "nginx.conf").write_text(NGINX.format(home=self.home, user=user, servers=servers))
        app.App(self, ["nginx", "-p", self.home, "-e", "stderr", "-c", self.home / "nginx.conf"], self.port, self.home)


class Caddy(Proxy, ForwardCase):
    def start(self):
        packages.need("caddy")
        sites = "".join(self.placed(recipe("caddy").replace("https://", "http://"), host) for host in (self.one, self.two))
        (self.home / "Caddyfile").write_text("{\n\tadmin off\n}\n" + sites)
        app.App(self, ["caddy", "run", "--config", self.home / "Caddyfile", "--adapter", "caddyfile"], self.port, self.home,
                HOME=str(self.home))


if __name__ == "__main__":
    case.main()
