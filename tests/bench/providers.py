"""Servers of tests/bench/people: identity providers to which people sign in at a page, for a client. Each has clients, some
people with a session in a browser, and the same works: what an application, a browser and a machine ask of it."""
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.parse

import contenders
import scale
from browser import Browser
from contenders import FORM, Work

CALLBACK = "https://shop.example/cb"
API = "https://orders.example"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PASSWORD, SECRET = "correct horse battery", "measured-with-this-and-used-for-nothing-else"
SESSIONS = 20  # of a person, by codes that are exchanged: as a person has some, not thousands
OWN_FAMILIES = 40_000  # Pawl's first-party ones, half for /logout and half for /revoke


def basic(client, secret):
    return "Basic " + base64.b64encode(("%s:%s" % (client, secret)).encode()).decode()


class Provider(contenders.Contender):
    """`paths` of authorize, token, userinfo, introspect and revoke; `redirect_status` of /authorize."""
    paths, redirect_status, page_has = {}, 303, None
    app = seen = "shop"  # the client that gets JWTs, and the one whose tokens userinfo and introspection know
    login_fields = {"login": None, "password": PASSWORD}
    code_scope = seen_scope = "openid email"
    people_count = 64

    def __init__(self):
        super().__init__()
        self.browsers, self.tokens, self.secrets = [], [], {}

    def asking(self, client):
        scope = self.code_scope if client == self.app else self.seen_scope
        return self.paths["authorize"] + "?" + urllib.parse.urlencode({
            "response_type": "code", "client_id": client, "redirect_uri": CALLBACK, "scope": scope, "state": "st",
            "nonce": "n-0S6", "code_challenge": CHALLENGE, "code_challenge_method": "S256"})

    def proof(self, client):
        return {**FORM, "Authorization": basic(client, self.secrets.get(client, SECRET))}

    def spending(self, code):
        return "grant_type=authorization_code&redirect_uri=%s&code_verifier=%s&code=%s" % (
            urllib.parse.quote(CALLBACK, safe=""), VERIFIER, code)

    def sign_in(self, number):
        """A browser in which that person has a session, and has allowed both clients what they ask; tokens of one."""
        browser, name = Browser(self.port), "person%d@example.com" % number
        fields = {key: value or name for key, value in self.login_fields.items()}
        for client in dict.fromkeys((self.app, self.seen)):
            at = browser.until(CALLBACK, self.asking(client), fields)
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(at).query)["code"][0]
        status, answer = self.call("POST", self.paths["token"], self.spending(code), self.proof(self.seen))
        if status != 200:
            raise RuntimeError("%s: %d %r" % (self.name, status, answer[:300]))
        return browser, json.loads(answer)

    def people(self):
        with concurrent.futures.ThreadPoolExecutor(contenders.SEEDING_AT_ONCE) as pool:
            made = list(pool.map(self.sign_in, range(self.people_count)))
        self.browsers, self.tokens = [browser for browser, _ in made], [tokens for _, tokens in made]

    def at(self, name):
        return os.path.join(self.directory, name)

    def works(self):
        paths, app, seen = self.paths, self.proof(self.app), self.proof(self.seen)

        def cycle(requests, status=200, has=None, **more):
            return lambda connections: Work("spend", {"requests": requests, "status": status, "body_has": has, **more})

        def post(path, body, headers):
            return [{"method": "POST", "path": path, "headers": headers, "body": body}]
        code = {"file": self.at("codes"), "header": "location", "pattern": "[?&]code=([^&]+)"}
        token = {"file": self.at("refresh-tokens"), "pattern": '"refresh_token"%s*:%s*"([^"]+)"'}
        made = {
            "authorize": cycle([{"method": "GET", "path": self.asking(self.app), "headers": {"Cookie": browser.cookie()}}
                                for browser in self.browsers], self.redirect_status, keep=code),
            "exchange": cycle(post(paths["token"], self.spending("@ITEM@"), app), has='"id_token"', items=code["file"], keep=token,
                              most=SESSIONS * self.people_count),
            "userinfo": cycle([{"method": "GET", "path": paths["userinfo"], "headers": {"Authorization": "Bearer " + own["access_token"]}}
                               for own in self.tokens], has='"email"'),
            "introspect": cycle([post(paths["introspect"], "token=" + own["access_token"], seen)[0] for own in self.tokens],
                                has='"active":true'),
            "machine-jwt": cycle(post(paths["token"], "grant_type=client_credentials" + self.machine_scope, self.proof(self.machine)),
                                 has='"access_token"'),
            "revoke": cycle(post(paths["revoke"], "token=@ITEM@&token_type_hint=refresh_token", app), items=token["file"]),
        }
        if self.page_has:
            made["page"] = cycle([{"method": "GET", "path": self.asking(self.app), "headers": {}}], has=self.page_has)
        return made

    machine, machine_scope = "shop", ""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("admin", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Pawl(Provider, contenders.Pawl):
    """On a directory of fill_store, whose first-party tokens are there to be logged out."""
    paths = {"authorize": "/authorize", "token": "/token", "userinfo": "/userinfo", "introspect": "/introspect", "revoke": "/revoke"}
    page_has, machine, people_count = 'name="password"', "report", 256

    def __init__(self, binary=None, id_token="ES256", name="Pawl"):
        contenders.Pawl.__init__(self, "ES256", options=["--code-ttl", "5m"], name=name)
        self.browsers, self.tokens, self.secrets, self.id_token = [], [], {}, id_token
        self.binary = binary or self.binary

    def start(self, directory):
        self.directory = directory
        own, _ = scale.fill(directory, OWN_FAMILIES, tokens=OWN_FAMILIES)
        for name, tokens in (("own-tokens", own[::2]), ("own-tokens-to-revoke", own[1::2])):
            pathlib.Path(self.at(name)).write_text("\n".join(tokens))
        took = contenders.Pawl.start(self, directory)
        self.clients()
        for number in range(self.people_count):
            body = json.dumps({"email": "person%d@example.com" % number, "password": PASSWORD})
            if self.call("POST", "/signup", body, contenders.JSON)[0] != 201:
                raise RuntimeError("sign-up")
        self.people()
        return took

    def add(self, path, **document):
        connection = UnixConnection(self.at("data/admin.sock"))
        status, answer = self.call("POST", "/admin/" + path, json.dumps(document), contenders.JSON, connection)
        connection.close()
        if status != 201:
            raise RuntimeError("%s: %d %r" % (path, status, answer))
        return json.loads(answer)

    def clients(self):
        for identifier, form in ((API, "jwt"), ("https://opaque.example", "opaque")):
            self.add("apis", identifier=identifier, token_format=form)
        for name, api, form in (("orders:read", API, "jwt"), ("opaque:read", "https://opaque.example", "opaque")):
            self.add("scopes", name=name, api=api)
            self.secrets[form] = self.add("clients", client_id="report-" + form, preset="service", apis=[api],
                                          scopes=[name])["client_secret"]
        self.secrets["report"], self.secrets["report-opaque"] = self.secrets["jwt"], self.secrets["opaque"]
        self.secrets["shop"] = self.add(
            "clients", client_id="shop", preset="web", redirect_uris=[CALLBACK], scopes=["openid", "email", "offline_access"],
            id_token_alg=self.id_token)["client_secret"]

    def proof(self, client):
        return {**FORM, "Authorization": basic("report-jwt" if client == "report" else client, self.secrets[client])}

    def works(self):
        made = Provider.works(self)

        def own(path, tokens):
            return lambda connections: Work("spend", {"requests": [{"method": "POST", "path": path, "headers": FORM, "body": (
                "refresh_token" if path == "/logout" else "token") + "=@ITEM@"}], "items": self.at(tokens),
                "status": 204 if path == "/logout" else 200})
        return {**made, "logout": own("/logout", "own-tokens"), "revoke-own": own("/revoke", "own-tokens-to-revoke"),
                "machine-opaque": lambda connections: Work("spend", {"requests": [{
                    "method": "POST", "path": "/token", "headers": self.proof("report-opaque"),
                    "body": "grant_type=client_credentials"}], "status": 200, "body_has": '"access_token":"pat_'})}


class OidcProvider(Provider):
    """node-oidc-provider; `modules` is a folder whose node_modules has it. No page: its own are for development."""
    name, group = "node-oidc-provider", "peers"
    paths = {"authorize": "/auth", "token": "/token", "userinfo": "/me", "introspect": "/token/introspection",
             "revoke": "/token/revocation"}
    seen, code_scope = "plain", "openid email orders:read"

    def __init__(self, modules):
        super().__init__()
        self.modules = pathlib.Path(modules).resolve()

    def start(self, directory):
        self.directory, self.port = directory, contenders.free_port()
        os.symlink(self.modules / "node_modules", self.at("node_modules"))
        shutil.copy(contenders.HERE / "oidc_provider.mjs", directory)
        environment = {**os.environ, "PORT": str(self.port), "SECRET": SECRET, "CALLBACK": CALLBACK, "NODE_ENV": "production"}
        with self.log_file() as log:
            since = time.monotonic()
            self.process = subprocess.Popen(["node", "oidc_provider.mjs"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment, cwd=directory)
        took = self.wait_for_200("/jwks", since)
        self.people()
        return took

    def works(self):
        opaque = {"method": "POST", "path": "/token", "headers": self.proof("plain"), "body": "grant_type=client_credentials"}
        return {**Provider.works(self), "machine-opaque": lambda connections: Work("spend", {
            "requests": [opaque], "status": 200, "body_has": '"access_token"'})}


class Keycloak(Provider):
    """`home` is an unpacked distribution after `kc.sh build --db=dev-file`: a database of files, in its own process."""
    name, group, realm = "Keycloak", "peers", "/realms/bench/protocol/openid-connect"
    paths = {"authorize": realm + "/auth", "token": realm + "/token", "userinfo": realm + "/userinfo",
             "introspect": realm + "/token/introspect", "revoke": realm + "/revoke"}
    redirect_status, page_has = 302, 'name="password"'
    login_fields = {"username": None, "password": PASSWORD}

    def __init__(self, home):
        super().__init__()
        self.home = pathlib.Path(home).resolve()

    def realm_document(self):
        signed = {"access.token.signed.response.alg": "ES256", "id.token.signed.response.alg": "ES256"}
        audience = {"name": "aud", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",  # introspection asks for it
                    "config": {"included.client.audience": "shop", "access.token.claim": "true"}}
        return {"realm": "bench", "enabled": True, "sslRequired": "none", "revokeRefreshToken": True, "refreshTokenMaxReuse": 0,
                "accessTokenLifespan": 600, "accessCodeLifespan": 300, "clients": [{
                    "clientId": "shop", "enabled": True, "secret": SECRET, "redirectUris": [CALLBACK], "serviceAccountsEnabled": True,
                    "attributes": signed, "protocolMappers": [audience]}],
                "users": [{"username": name, "email": name, "enabled": True, "emailVerified": True, "firstName": "A", "lastName": "B",
                           "credentials": [{"type": "password", "value": PASSWORD}]}
                          for name in ("person%d@example.com" % number for number in range(self.people_count))]}

    def start(self, directory):
        self.directory, self.port = directory, contenders.free_port()
        shutil.rmtree(self.home / "data", ignore_errors=True)
        os.makedirs(self.home / "data" / "import")
        (self.home / "data" / "import" / "bench-realm.json").write_text(json.dumps(self.realm_document()))
        with self.log_file() as log:
            since = time.monotonic()
            self.process = subprocess.Popen(
                [self.home / "bin" / "kc.sh", "start", "--optimized", "--import-realm", "--http-enabled=true", "--http-host=127.0.0.1",
                 "--http-port=%d" % self.port, "--hostname-strict=false", "--log-level=error", "--cache=local"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)
        took = self.wait_for_200("/realms/bench/.well-known/openid-configuration", since)
        self.people()
        return took
