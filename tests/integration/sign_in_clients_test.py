"""People sign in to applications by clients that others wrote, unmodified: openid-client, oauth4webapi, passport-oauth2 in
Node, oidc-client-ts in Chromium, mod_auth_openidc in Apache. Each knows the issuer's URL and its own client alone."""
import functools
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from support import browser, case
from support.packages import installed, need
from support.person import Person
from support.wait import eventually

NODE = pathlib.Path(__file__).resolve().parent / "node"
APACHE_MODULES = pathlib.Path("/usr/lib/apache2/modules")


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class SignInCase(case.ServerCase):
    def setUp(self):
        super().setUp()
        root = case.fresh_email()
        self.expect(self.client.post("/dev/users", {"email": root, "password": case.PASSWORD, "is_superuser": True}), 201)
        self.root = self.expect(self.client.login(root), 200).json["access_token"]

    def registered(self, name, **members):
        """Its secret, if it has one."""
        document = {"client_id": name, "name": name, "preset": "web", "consent": "ask",
                    "scopes": ["openid", "profile", "email", "offline_access"], **members}
        return self.expect(self.client.post("/admin/clients", document, bearer=self.root), 201).json.get("client_secret")


class Node(SignInCase):
    @classmethod
    def setUpClass(cls):
        installed(NODE)
        super().setUpClass()

    def node(self, script, *arguments):
        done = subprocess.run(["node", str(NODE / script), self.server.url, *map(str, arguments)], capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_openid_client(self):
        back = "http://127.0.0.1:9999/cb"
        secret = self.registered("shop", redirect_uris=[back], post_logout_redirect_uris=[back])
        email = self.signed_up()
        seen = self.node("people_openid_client.mjs", "shop", secret, back, email, case.PASSWORD)
        self.assertEqual((seen["claims"]["aud"], seen["claims"]["iss"], seen["alg"]), ("shop", self.server.url, "RS256"))
        self.assertEqual((seen["user"]["email"], seen["user"]["sub"]), (email, seen["claims"]["sub"]))
        self.assertEqual(seen["pages"], [2, 1], "sign-in and consent; then nothing but the page that posts itself")
        self.assertTrue(seen["refresh"])
        self.assertEqual(seen["refreshed"]["auth_time"], seen["claims"]["auth_time"])
        self.assertNotIn("nonce", seen["refreshed"])
        self.assertEqual((seen["reused"], seen["after"]), ("invalid_grant", 401), "a code that comes back ends what it gave")
        self.assertEqual(seen["left"], back + "?state=bye")
        self.assertEqual(seen["denied"], "login_required", "the sign-out ended the browser session")

    def test_oauth4webapi(self):
        back = "http://127.0.0.1/cb"
        self.registered("spa", preset="spa", redirect_uris=[back], consent="never")
        email = self.signed_up()
        seen = self.node("people_oauth4webapi.mjs", "spa", back.replace("/cb", ":9998/cb"), email, case.PASSWORD)
        self.assertEqual(seen["thief"], [400, "invalid_grant"], "without the verifier")
        self.assertEqual((seen["user"]["email"], seen["iss"], seen["methods"]), (email, self.server.url, ["S256"]))

    def test_passport(self):
        port = free_port()
        secret = self.registered("express", redirect_uris=["http://127.0.0.1:%d/callback" % port], auth_method="client_secret_post")
        email = self.signed_up()
        seen = self.node("people_passport.mjs", "express", secret, port, email, case.PASSWORD)
        self.assertEqual((seen["status"], seen["user"]["email"], seen["user"]["refresh"]), (200, email, True))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class OidcClientTs(SignInCase):
    PAGE = """<!doctype html><meta charset=utf-8><title>app</title><p id=said>waiting</p><script src=oidc-client-ts.min.js></script><script>
const manager = new oidc.UserManager({authority: '%s', client_id: 'browser', redirect_uri: location.origin + '/index.html',
  post_logout_redirect_uri: location.origin + '/index.html?left', scope: 'openid email', loadUserInfo: true});
const say = (text) => { document.getElementById('said').textContent = text; };
(async () => {
  if (location.search.includes('code=')) { const user = await manager.signinRedirectCallback(); say('signed in ' + user.profile.email); }
  else if (location.search.startsWith('?left')) { await manager.signoutRedirectCallback(); say('signed out'); }
  else if (location.hash === '#out') { await manager.signoutRedirect(); }
  else { await manager.signinRedirect(); }
})().catch((error) => say('failed: ' + error));
</script>"""

    @classmethod
    def setUpClass(cls):
        if not browser.installed():
            raise unittest.SkipTest("chromium is not installed")
        installed(NODE)
        cls.site = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.site.cleanup)
        handler = functools.partial(Quiet, directory=cls.site.name)
        cls.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        cls.origin = "http://127.0.0.1:%d" % cls.web.server_port
        cls.OPTIONS = ("--cors-origin", cls.origin)
        threading.Thread(target=cls.web.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.web.server_close)
        cls.addClassCleanup(cls.web.shutdown)
        super().setUpClass()
        shutil.copy(NODE / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", cls.site.name)
        pathlib.Path(cls.site.name, "index.html").write_text(cls.PAGE % cls.server.url, encoding="utf-8")

    def test_signs_in_and_out(self):
        page = self.origin + "/index.html"
        self.registered("browser", preset="spa", consent="never", redirect_uris=[page], post_logout_redirect_uris=[page + "?left"])
        email = self.signed_up()
        seen = browser.Browser()
        self.addCleanup(seen.close)
        seen.open(page)
        seen.type("[name=login]", email)
        seen.type("[name=password]", case.PASSWORD)
        seen.click("#signin-submit")
        eventually(lambda: seen.text("#said") == "signed in " + email)
        seen.open("about:blank")
        seen.open(page + "#out")
        eventually(lambda: seen.text("#said") == "signed out")


HTTPD = """
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {home}/pid
ErrorLog {home}/error.log
DocumentRoot {home}/site
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
{user}
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret {secret}
OIDCRedirectURI http://127.0.0.1:{port}/redirect
OIDCCryptoPassphrase only-for-this-test
OIDCScope "openid email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim email
<Location "/">
  AuthType openid-connect
  Require valid-user
  Header always set X-Seen-User "expr=%{{REMOTE_USER}}"
</Location>
"""


class Apache(SignInCase):
    def test_mod_auth_openidc(self):
        need("apache2")
        if not (APACHE_MODULES / "mod_auth_openidc.so").exists():
            self.skipTest("mod_auth_openidc is not installed")
        port = free_port()
        secret = self.registered("apache", consent="never", redirect_uris=["http://127.0.0.1:%d/redirect" % port])
        home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-apache-"))
        self.addCleanup(shutil.rmtree, home, True)
        (home / "site").mkdir()
        (home / "site" / "index.html").write_text("only for who is signed in")
        os.chmod(home, 0o755)
        user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
        (home / "httpd.conf").write_text(HTTPD.format(port=port, home=home, modules=APACHE_MODULES, issuer=self.server.url,
                                                      secret=secret, user=user))
        apache = subprocess.Popen(["apache2", "-f", str(home / "httpd.conf"), "-DFOREGROUND"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(apache.wait)
        self.addCleanup(apache.terminate)
        email = self.signed_up()
        eventually(lambda: (home / "error.log").exists() and "resuming normal operations" in (home / "error.log").read_text())
        app = Person("http://127.0.0.1:%d" % port, Accept="text/html", **{"Sec-Fetch-Mode": "navigate"})
        log = lambda: (home / "error.log").read_text()[-3000:]
        first = app.request("GET", "/")
        self.assertEqual(first.status, 302, log())
        self.assertTrue(first.headers["Location"].startswith(self.server.url + "/authorize?"), first)
        person = Person(self.server.url)
        page = person.visit(first.headers["Location"][len(self.server.url):])
        back = person.sign_in(page, email, case.PASSWORD).outside
        callback = app.request("GET", back[len(app.url):])
        self.assertEqual(callback.status, 302, log())
        seen = app.request("GET", "/")
        self.assertEqual((seen.status, seen.headers["X-Seen-User"], seen.body), (200, email, b"only for who is signed in"), log())


if __name__ == "__main__":
    case.main()
