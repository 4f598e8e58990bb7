"""People sign in to applications by clients that others wrote, unmodified: openid-client, oauth4webapi, passport-oauth2,
simple-oauth2 in Node, authlib in Python, oidc-client-ts in Chromium, mod_auth_openidc in Apache, oauth2-proxy. Each knows the
issuer's URL and its own client alone. express-oauth2-jwt-bearer and jose take the tokens that they get."""
import functools
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

from support import browser, case, echo
from support.app import App
from support.packages import go_tool, installed, need
from support.person import Person
from support.ports import free_port
from support.wait import eventually

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # http on loopback
try:
    from authlib.common.security import generate_token
    from authlib.integrations.requests_client import OAuth2Session, OAuthError
    from authlib.jose import JsonWebKey, jwt
    from authlib.oidc.core import CodeIDToken
except ImportError:
    OAuth2Session = None

NODE = pathlib.Path(__file__).resolve().parent / "node"
ORDERS, STOCK = "https://orders.example", "https://stock.example"
OAUTH2_PROXY = ("github.com/oauth2-proxy/oauth2-proxy/v7", "v7.15.6")
APACHE_MODULES = pathlib.Path("/usr/lib/apache2/modules")


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
        return self.made("/admin/clients", document).get("client_secret")

    def made(self, path, document):
        return self.expect(self.client.post(path, document, bearer=self.root), 201).json


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

    def by_simple_oauth2(self, name, email, *scope):
        seen = self.node("people_simple_oauth2.mjs", name, self.secret, "https://books.example/cb", email, case.PASSWORD, *scope)
        self.assertEqual((seen["state"], seen["scope"], seen["expired"], seen["rotated"]), (True, " ".join(scope), False, True))
        self.assertEqual(seen["thief"], {"status": 400, "error": "invalid_grant"}, "without the verifier")
        return seen

    def test_simple_oauth2_and_apis_that_take_a_users_token_for_them_and_no_other(self):
        for api in (ORDERS, STOCK):
            self.made("/admin/apis", {"identifier": api, "name": api})
        for scope, api in (("orders:read", ORDERS), ("orders:write", ORDERS), ("stock:read", STOCK)):
            self.made("/admin/scopes", {"name": scope, "api": api})
        self.secret = self.registered("books", redirect_uris=["https://books.example/cb"], apis=[ORDERS, STOCK],
                                      scopes=["openid", "email", "orders:read", "orders:write", "stock:read"])
        email = self.signed_up()
        good = self.by_simple_oauth2("books", email, "openid", "email", "orders:read")
        self.assertEqual(good["user"]["email"], email)
        self.assertEqual((good["after"], good["refused"]), (401, "invalid_grant"), "what was revoked is over")
        bare = self.by_simple_oauth2("books", email, "orders:read")
        without_scope = self.by_simple_oauth2("books", email, "openid", "orders:write")
        elsewhere = self.by_simple_oauth2("books", email, "openid", "stock:read")
        first_party = self.logged_in(email)["access_token"]
        *taken, scopeless, other, own, id_token = self.node(
            "machine_express.mjs", ORDERS, good["access_token"], bare["access_token"], without_scope["access_token"],
            elsewhere["access_token"], first_party, good["id_token"])
        for one in taken:
            self.assertEqual((one["express"], one["jose"]), ({"status": 200, "sub": good["user"]["sub"]}, good["user"]["sub"]))
        self.assertEqual((scopeless["express"]["status"], scopeless["jose"]), (403, good["user"]["sub"]))
        for one in (other, own, id_token):
            self.assertEqual((one["express"]["status"], one["jose"]), (401, "ERR_JWT_CLAIM_VALIDATION_FAILED"))
        there, = self.node("machine_express.mjs", STOCK, good["access_token"])
        self.assertEqual((there["express"]["status"], there["jose"]), (401, "ERR_JWT_CLAIM_VALIDATION_FAILED"))


@unittest.skipIf(OAuth2Session is None, "authlib is not installed")
class Authlib(SignInCase):
    BACK = "https://notes.example/cb"

    def signed_in(self, session, metadata, email):
        """The token, by a code; and the nonce that its ID token has to have."""
        verifier, nonce = generate_token(48), generate_token()
        to, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce,
                                                     prompt="consent")
        person = Person(self.server.url)
        page = person.sign_in(person.visit(to[len(self.server.url):]), email, case.PASSWORD)
        back = person.press(page, "allow").outside
        with self.assertRaises(OAuthError) as thief:
            session.fetch_token(metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=generate_token(48))
        self.assertEqual(thief.exception.error, "invalid_grant")
        token = session.fetch_token(metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)
        return token, nonce

    def test_code_with_pkce_userinfo_and_refresh(self):
        for method in ("client_secret_basic", "client_secret_post", "none"):
            with self.subTest(method=method):
                name = method.rsplit("_", 1)[-1]
                preset = {"preset": "spa"} if method == "none" else {"auth_method": method}
                secret = self.registered(name, redirect_uris=[self.BACK], **preset)
                session = OAuth2Session(name, secret, scope="openid email offline_access", redirect_uri=self.BACK,
                                        code_challenge_method="S256", token_endpoint_auth_method=method,
                                        revocation_endpoint_auth_method=method)
                self.addCleanup(session.close)
                metadata = session.request("GET", self.server.url + "/.well-known/openid-configuration", withhold_token=True).json()
                email = self.signed_up()
                token, nonce = self.signed_in(session, metadata, email)
                keys = JsonWebKey.import_key_set(session.get(metadata["jwks_uri"]).json())
                claims = jwt.decode(token["id_token"], keys, claims_cls=CodeIDToken, claims_params={
                    "nonce": nonce, "client_id": name, "access_token": token["access_token"]},
                    claims_options={"iss": {"values": [metadata["issuer"]]}, "aud": {"values": [name]}})
                claims.validate()
                user = session.get(metadata["userinfo_endpoint"]).json()
                self.assertEqual((user["sub"], user["email"]), (claims["sub"], email))
                renewed = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
                self.assertNotEqual(renewed["refresh_token"], token["refresh_token"])
                self.assertEqual(session.get(metadata["userinfo_endpoint"]).json(), user)
                self.assertEqual(session.revoke_token(metadata["revocation_endpoint"],
                                                      token=renewed["refresh_token"]).status_code, 200)
                self.assertEqual(session.get(metadata["userinfo_endpoint"]).status_code, 401)


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


class Oauth2Proxy(SignInCase):
    """An application that knows nothing of sign-in, behind the proxy."""

    def test_signs_in_tells_the_application_who_it_is_and_signs_out(self):
        program, port, upstream = go_tool(*OAUTH2_PROXY), free_port(), echo.served(self)
        own = "http://127.0.0.1:%d" % port
        secret = self.registered("proxy", consent="never", redirect_uris=[own + "/oauth2/callback"],
                                 post_logout_redirect_uris=[own + "/"])
        email = case.fresh_email()
        self.expect(self.client.post("/dev/users", {"email": email, "password": case.PASSWORD, "email_verified": True}), 201)
        proxy = App(self, [program, "--provider=oidc", "--oidc-issuer-url=" + self.server.url, "--client-id=proxy",
                           "--client-secret=" + secret, "--redirect-url=" + own + "/oauth2/callback", "--scope=openid email",
                           "--code-challenge-method=S256", "--insecure-oidc-skip-nonce=false", "--email-domain=*",
                           "--http-address=127.0.0.1:%d" % port, "--upstream=http://127.0.0.1:%d" % upstream,
                           "--cookie-secret=" + "0123456789abcdef" * 2, "--cookie-secure=false", "--skip-provider-button",
                           "--pass-access-token", "--whitelist-domain=" + self.server.url.split("//")[1]], port, "/")
        app, person = Person(own, Accept="text/html"), Person(self.server.url)
        first = app.request("GET", "/orders?id=7")
        self.assertEqual(first.status, 302, proxy.log())
        self.assertTrue(first.headers["Location"].startswith(self.server.url + "/authorize?"), first)
        page = person.visit(first.headers["Location"][len(self.server.url):])
        back = person.sign_in(page, email, case.PASSWORD).outside
        callback = app.request("GET", back[len(own):])
        self.assertEqual((callback.status, callback.headers["Location"]), (302, "/orders?id=7"), proxy.log())
        seen = self.expect(app.request("GET", "/orders?id=7"), 200).json
        told = seen["headers"]
        self.assertEqual((seen["path"], told["x-forwarded-email"]), ("/orders?id=7", email))
        user = self.expect(self.client.get("/userinfo", bearer=told["x-forwarded-access-token"]), 200).json
        self.assertEqual((told["x-forwarded-user"], user["email"]), (user["sub"], email))
        there = self.server.url + "/end_session?" + urllib.parse.urlencode(
            {"client_id": "proxy", "post_logout_redirect_uri": own + "/"})
        left = app.request("GET", "/oauth2/sign_out?" + urllib.parse.urlencode({"rd": there}))
        self.assertEqual((left.status, left.headers["Location"]), (302, there), proxy.log())
        asked = person.visit(there[len(self.server.url):])
        self.assertEqual(person.press(asked, "yes").outside, own + "/")
        self.expect(self.client.get("/userinfo", bearer=told["x-forwarded-access-token"]), 401)
        again = app.request("GET", "/")
        self.assertEqual(again.status, 302)
        self.assertIsNone(person.visit(again.headers["Location"][len(self.server.url):]).outside, "the sign-in page asks again")


if __name__ == "__main__":
    case.main()
