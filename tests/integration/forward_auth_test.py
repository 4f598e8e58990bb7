"""Forward auth: what a proxy that asks is told, and what a protected host serves. Here the test is the proxy;
forward_auth_proxy_test.py has real ones."""
import base64
import hashlib
import urllib.parse

from support import case
from support.http import Client, raw
from support.pawld import Pawld
from support.person import Person

APP, WIKI = "app.localhost:9443", "wiki.localhost:9443"
HEADERS = ("Remote-User", "Remote-Email", "Remote-Name", "Remote-Groups")


class Visitor:
    """A browser, and the proxy before each protected host: keeps a host's cookies apart."""

    def __init__(self, test):
        self.url, self.client, self.cookies = test.server.url, test.client, {}
        self.person = Person(self.url)

    def headers(self, host, more):
        jar = self.cookies.get(host, {})
        cookie = {"Cookie": "; ".join("%s=%s" % pair for pair in jar.items())} if jar else {}
        return {**cookie, **{name.replace("_", "-"): value for name, value in more.items() if value is not None}}

    def ask(self, host, uri="/", query="", **more):
        """What the proxy of the host asks."""
        forwarded = {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "http", "X-Forwarded-Host": host, "X-Forwarded-Uri": uri}
        forwarded.update((name.replace("_", "-"), value) for name, value in more.items())
        return self.client.request("GET", "/forward-auth" + query, None, self.headers(host, forwarded))

    def at(self, host, path, method="GET", **more):
        """A request for /.pawl/ of the host, which the proxy hands on."""
        reply = self.client.request(method, path, None, self.headers(host, {"Host": host, "X-Forwarded-Host": host, **more}))
        for line in reply.headers.get_all("Set-Cookie", []):
            name, value = line.split(";")[0].split("=", 1)
            jar = self.cookies.setdefault(host, {})
            if value:
                jar[name] = value
            else:
                jar.pop(name, None)
        return reply

    def started(self, host, rd="/"):
        """The page of Pawl that a start leads to, or the callback's address where none is needed."""
        reply = self.at(host, "/.pawl/start?" + urllib.parse.urlencode({"rd": rd}))
        assert reply.status == 303, reply
        target = reply.headers["Location"]
        assert target.startswith(self.url + "/authorize?"), target
        return self.person.visit(target[len(self.url):])

    def enter(self, host, email=None, rd="/"):
        page = self.started(host, rd)
        if email:
            page = self.person.sign_in(page, email, case.PASSWORD)
        assert page.outside and page.outside.startswith("http://%s/.pawl/callback?" % host), page.text
        return self.at(host, page.outside[len("http://" + host):])


class ForwardCase(case.ServerCase):
    OPTIONS = ("--trusted-proxy", "127.0.0.1/32")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        maker = cls("setUp")
        maker.client = Client(cls.server.url)
        maker.expect(maker.client.post("/dev/users", {"email": "root@example.com", "password": case.PASSWORD,
                                                      "is_superuser": True}), 201)
        cls.root = maker.expect(maker.client.login("root@example.com"), 200).json["access_token"]
        maker.protect(APP)
        maker.protect(WIKI, roles=["staff", "boss"])

    def setUp(self):
        super().setUp()
        self.visitor = Visitor(self)

    def protect(self, host, status=201, **rule):
        document = {"client_id": "forward:" + host, "forward": {"hosts": [host], **rule}}
        return self.expect(self.client.post("/admin/clients", document, bearer=self.root), status).json

    def change(self, client_id, status=200, **members):
        return self.expect(self.client.send("PATCH", "/admin/clients/" + client_id, members, bearer=self.root), status).json

    def user(self, **more):
        email = case.fresh_email()
        made = self.expect(self.client.post("/dev/users", {"email": email, "password": case.PASSWORD, **more}), 201)
        return {**made.json, "email": email}

    def entered(self, host=APP, **more):
        user = self.user(**more)
        reply = self.visitor.enter(host, user["email"])
        self.assertEqual((reply.status, reply.headers["Location"]), (303, "/"), reply)
        return user


class Answers(ForwardCase):
    def test_an_unknown_visitor_is_401_with_the_way_to_the_sign_in(self):
        reply = self.expect(self.visitor.ask(APP, "/a?b=c&d=%20"), 401, "missing_access_token")
        self.assertEqual(reply.headers["Location"], "http://%s/.pawl/start?rd=/a%%3Fb%%3Dc%%26d%%3D%%2520" % APP)
        self.assertIsNone(reply.headers["Set-Cookie"])

    def test_with_redirect_an_unknown_visitor_is_sent_there(self):
        for query in ("?redirect", "?redirect=1"):
            reply = self.expect(self.visitor.ask(APP, "/a?b=c", query), 302)
            self.assertEqual(reply.headers["Location"], "http://%s/.pawl/start?rd=/a%%3Fb%%3Dc" % APP)
            self.assertIsNone(reply.headers["Set-Cookie"])

    def test_only_pages_are_sent_elsewhere(self):
        self.expect(self.visitor.ask(APP, "/", "?redirect", X_Forwarded_Method="HEAD"), 302)
        for more in ({"X_Forwarded_Method": "POST"}, {"Authorization": "Bearer x.y.z"}):
            reply = self.expect(self.visitor.ask(APP, "/", "?redirect", **more), 401)
            self.assertIsNone(reply.headers["Location"])

    def test_an_address_that_no_browser_may_be_sent_to_leads_to_the_front_page(self):
        for uri in ("//evil.example/", "/\\evil.example", "/" + "a" * 2048, "/.pawl/start"):
            reply = self.expect(self.visitor.ask(APP, uri, "?redirect"), 302)
            self.assertTrue(reply.headers["Location"].endswith("/.pawl/start?rd=/"), reply)

    def test_others_than_trusted_proxies_are_403(self):
        stranger = Pawld()
        self.addCleanup(stranger.close)
        stranger.start()
        reply = Client(stranger.url).get("/forward-auth", **{"X-Forwarded-Host": APP})
        self.expect(reply, 403, "untrusted_proxy")

    def test_a_host_that_no_client_has_is_403(self):
        for host in ("other.localhost:9443", "app.localhost", "app.localhost:9444", "evil.app.localhost:9443"):
            self.expect(self.visitor.ask(host), 403, "unknown_host")

    def test_a_host_is_known_in_any_case(self):
        self.expect(self.visitor.ask(APP.upper()), 401)

    def test_what_no_proxy_sends_is_400(self):
        for more in ({"X_Forwarded_Host": None}, {"X_Forwarded_Host": ""}, {"X_Forwarded_Host": APP + "," + APP},
                     {"X_Forwarded_Host": APP + ", " + WIKI}, {"X_Forwarded_Host": "app.localhost:9443/x"},
                     {"X_Forwarded_Host": "a b"}, {"X_Forwarded_Host": "[::1]"}, {"X_Forwarded_Proto": "ftp"},
                     {"X_Forwarded_Proto": "https,http"}, {"X_Forwarded_Method": "GET,POST"}, {"X_Forwarded_Method": ""},
                     {"X_Forwarded_Uri": "x"}, {"X_Forwarded_Uri": "http://app.localhost/"}, {"X_Forwarded_Uri": "/a b"}):
            self.expect(self.visitor.ask(APP, **more), 400, "malformed_request")

    def test_a_header_twice_is_400(self):
        good = {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "http", "X-Forwarded-Host": APP, "X-Forwarded-Uri": "/"}
        for twice in good:
            lines = "".join("%s: %s\r\n" % pair for pair in list(good.items()) + [(twice, good[twice])])
            answer = raw(self.server.url, ("GET /forward-auth HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                                "%s\r\n" % lines).encode())
            self.assertIn(b" 400 ", answer.split(b"\r\n")[0] + b" ", answer)

    def test_a_cookie_that_is_none_of_ours_is_401(self):
        self.entered()
        good = self.visitor.cookies[APP]["pawl-app"]
        for bad in ("x", good[:-4] + "AAAA", good.replace("pfs_", "pws_"), self.visitor.person.cookies["pawl"]):
            self.visitor.cookies[APP]["pawl-app"] = bad
            self.expect(self.visitor.ask(APP), 401, "invalid_access_token")
        self.visitor.cookies[APP] = {"pawl-app": good, " pawl-app": good}
        self.expect(self.visitor.ask(APP), 401)
        self.visitor.cookies[APP] = {"pawl-app": good}
        self.expect(self.visitor.ask(APP), 200)

    def test_long_headers_and_targets_of_other_requests_are_read(self):
        self.entered()
        self.visitor.cookies[APP]["other"] = "c" * 7000
        self.expect(self.visitor.ask(APP, "/" + "u" * 5000), 200)


class Entering(ForwardCase):
    def test_a_visitor_signs_in_and_is_let_in_with_its_headers(self):
        user = self.user(username="ann", first_name="Ann", surname="Lee", roles=["staff", "a,b"])
        reply = self.visitor.enter(APP, user["email"], rd="/page?x=1&y=2#z")
        self.assertEqual((reply.status, reply.headers["Location"]), (303, "/page?x=1&y=2#z"))
        self.assertEqual(set(self.visitor.cookies[APP]), {"pawl-app"})
        seen = self.expect(self.visitor.ask(APP), 200)
        self.assertEqual([seen.headers[name] for name in HEADERS], ["ann", user["email"], "Ann Lee", "staff,a%2Cb"])
        self.assertIsNone(seen.headers["Set-Cookie"])
        self.assertEqual(seen.body, b"")

    def test_values_are_printable_ascii(self):
        self.entered(username="zo\u00eb:50%", first_name="Zo\u00eb")
        seen = self.expect(self.visitor.ask(APP), 200)
        self.assertEqual([seen.headers[name] for name in ("Remote-User", "Remote-Name", "Remote-Groups")],
                         ["zo%C3%AB%3A50%25", "Zo%C3%AB", ""])

    def test_the_second_host_opens_without_a_page(self):
        self.entered(roles=["boss"])
        self.assertEqual(self.visitor.enter(WIKI).status, 303)
        self.expect(self.visitor.ask(WIKI), 200)

    def test_a_cookie_opens_its_own_host_alone(self):
        self.protect("two.localhost:1", 201)
        self.change("forward:two.localhost:1", forward={"hosts": ["two.localhost:1", "three.localhost:1"]})
        self.entered("two.localhost:1")
        for other in (APP, "three.localhost:1"):
            self.visitor.cookies[other] = dict(self.visitor.cookies["two.localhost:1"])
            self.expect(self.visitor.ask(other), 401)
        self.expect(self.visitor.ask("two.localhost:1"), 200)

    def test_a_role_is_asked_at_each_request(self):
        user = self.entered(WIKI, roles=[])
        self.expect(self.visitor.ask(WIKI), 403, "forward_denied")
        for roles, status in ((["boss"], 200), (["other"], 403)):
            self.expect(self.client.send("PATCH", "/admin/users/%d" % user["id"], {"roles": roles}, bearer=self.root), 200)
            self.expect(self.visitor.ask(WIKI), status)

    def test_a_scope_is_what_the_users_roles_allow(self):
        self.expect(self.client.post("/admin/scopes", {"name": "tools", "roles": ["smith"]}, bearer=self.root), 201)
        self.protect("tools.localhost:1", scopes=["tools"])
        self.entered("tools.localhost:1", roles=["smith"])
        self.expect(self.visitor.ask("tools.localhost:1"), 200)
        self.visitor = Visitor(self)
        self.entered("tools.localhost:1")
        self.expect(self.visitor.ask("tools.localhost:1"), 403, "forward_denied")

    def test_a_disabled_client_lets_none_in_and_its_sessions_stay_ended(self):
        self.protect("off.localhost:1")
        self.entered("off.localhost:1")
        self.change("forward:off.localhost:1", enabled=False)
        self.expect(self.visitor.ask("off.localhost:1"), 403, "unknown_host")
        self.expect(self.visitor.at("off.localhost:1", "/.pawl/start"), 404)
        self.change("forward:off.localhost:1", enabled=True)
        self.expect(self.visitor.ask("off.localhost:1"), 401)

    def test_a_session_ends_with_the_browsers_and_not_by_idleness(self):
        self.entered()
        self.client.advance(13 * 86400)
        self.expect(self.visitor.ask(APP), 200)
        self.client.advance(86400)
        self.expect(self.visitor.ask(APP), 401)


class Tokens(ForwardCase):
    """Access tokens for https://HOST."""
    def setUp(self):
        super().setUp()
        self.api = "https://" + APP
        if self.client.get("/admin/apis/~" + base64.urlsafe_b64encode(self.api.encode()).decode().rstrip("="),
                           bearer=self.root).status == 404:
            self.expect(self.client.post("/admin/apis", {"identifier": self.api, "scopes": ["read"]}, bearer=self.root), 201)

    def machine_token(self, name, api, **more):
        made = self.expect(self.client.post("/admin/clients", {"client_id": name, "preset": "service", "apis": [api], **more},
                                            bearer=self.root), 201).json
        form = {"grant_type": "client_credentials", "client_id": name, "client_secret": made["client_secret"]}
        credentials = base64.b64encode(("%s:%s" % (name, made["client_secret"])).encode()).decode()
        form.pop("client_secret"), form.pop("client_id")
        return self.expect(self.client.form("/token", form, {"Authorization": "Basic " + credentials}), 200).json["access_token"]

    def test_a_machine_with_a_token_for_the_host_is_let_in(self):
        for name, more in (("jwt-machine", {}), ("opaque-machine", {"token_format": "opaque"})):
            token = self.machine_token(name, self.api, **more)
            seen = self.expect(self.visitor.ask(APP, Authorization="Bearer " + token), 200)
            self.assertEqual([seen.headers[h] for h in HEADERS], ["client:" + name, "", "", ""])
            self.change(name, enabled=False)
            self.expect(self.visitor.ask(APP, Authorization="Bearer " + token), 401)

    def test_a_token_for_another_audience_is_refused(self):
        other = "https://other.example"
        self.expect(self.client.post("/admin/apis", {"identifier": other}, bearer=self.root), 201)
        token = self.machine_token("other-machine", other)
        for bad in (token, self.root, "x"):
            self.expect(self.visitor.ask(APP, Authorization="Bearer " + bad), 401, "invalid_access_token")

    def test_a_machine_has_no_roles(self):
        api = "https://" + WIKI
        self.expect(self.client.post("/admin/apis", {"identifier": api}, bearer=self.root), 201)
        token = self.machine_token("wiki-machine", api)
        self.expect(self.visitor.ask(WIKI, Authorization="Bearer " + token), 403, "forward_denied")

    def test_a_user_with_a_clients_token_for_the_host_is_let_in_while_the_session_lives(self):
        self.expect(self.client.post("/admin/clients", {"client_id": "cli", "preset": "mobile", "apis": [self.api],
                                                        "scopes": ["read"], "consent": "never",
                                                        "redirect_uris": ["http://127.0.0.1/cb"]}, bearer=self.root), 201)
        user = self.user(username="tess")
        verifier = "v" * 43
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        code = self.expect(self.client.post("/dev/code", {"user": user["email"], "client_id": "cli", "scope": "read",
                                                          "redirect_uri": "http://127.0.0.1/cb", "code_challenge": challenge}),
                           201).json["code"]
        tokens = self.expect(self.client.form("/token", {"grant_type": "authorization_code", "code": code, "client_id": "cli",
                                                         "redirect_uri": "http://127.0.0.1/cb", "code_verifier": verifier}),
                             200).json
        seen = self.expect(self.visitor.ask(APP, Authorization="Bearer " + tokens["access_token"]), 200)
        self.assertEqual(seen.headers["Remote-User"], "tess")
        self.expect(self.client.logout(tokens["refresh_token"]), 204)
        self.expect(self.visitor.ask(APP, Authorization="Bearer " + tokens["access_token"]), 401)


class Hosts(ForwardCase):
    """What a protected host serves, and what no other does."""
    def test_a_protected_host_serves_no_other_path(self):
        for path in ("/", "/login", "/authorize", "/sign-in", "/users/me", "/admin/clients", "/healthz", "/openapi.json",
                     "/.pawl", "/.pawl/", "/.pawl/other", "/.pawlx/start", "/dev/clock", "/t/x/.pawl/start"):
            for headers in ({"Host": APP}, {"X-Forwarded-Host": APP}):
                self.assertEqual(self.client.get(path, **headers).status, 404, (path, headers))

    def test_no_other_host_serves_these_paths(self):
        for path in ("/.pawl/start", "/.pawl/callback", "/.pawl/pages.css", "/.pawl/brand/logo"):
            self.expect(self.client.get(path), 404, "not_found")
        self.expect(self.client.request("POST", "/.pawl/signout"), 404, "not_found")
        self.expect(self.client.get("/.pawl/start", Host="other.example"), 421)

    def test_pages_at_a_protected_host_have_their_style(self):
        self.assertEqual(self.visitor.at(APP, "/.pawl/pages.css").headers["Content-Type"].split(";")[0], "text/css")
        self.expect(self.visitor.at(APP, "/.pawl/brand/logo"), 200)

    def test_what_may_not_be_gone_back_to_is_400(self):
        for rd in ("//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb", "/\tb", "/a\x7f",
                   "/" + "a" * 2048, "/.pawl/start"):
            reply = self.visitor.at(APP, "/.pawl/start?" + urllib.parse.urlencode({"rd": rd}))
            self.assertEqual((reply.status, reply.headers["Set-Cookie"]), (400, None), rd)
        self.assertEqual(self.visitor.at(APP, "/.pawl/start?rd=/a&rd=/b").status, 400)

    def test_the_start_asks_with_a_challenge_and_a_state(self):
        reply = self.visitor.at(APP, "/.pawl/start?rd=/x")
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(reply.headers["Location"]).query))
        self.assertEqual((asked["client_id"], asked["redirect_uri"], asked["code_challenge_method"]),
                         ("forward:" + APP, "http://%s/.pawl/callback" % APP, "S256"))
        self.assertRegex(reply.headers["Set-Cookie"], r"^pawl-flow=pff_[\w-]+; Path=/; HttpOnly; SameSite=Lax$")
        self.assertLess(len(self.visitor.at(APP, "/.pawl/start?rd=/" + "a" * 2000).headers["Set-Cookie"]), 4096)

    def test_a_callback_wants_the_flow_of_its_own_browser(self):
        user = self.user()
        page = self.visitor.person.sign_in(self.visitor.started(APP), user["email"], case.PASSWORD)
        callback = page.outside[len("http://" + APP):]
        stranger = Visitor(self)
        self.expect(stranger.at(APP, callback), 400)
        stranger.started(APP)
        self.expect(stranger.at(APP, callback), 400)
        self.assertNotIn("pawl-app", stranger.cookies[APP])
        self.expect(self.visitor.at(APP, callback), 303)
        self.expect(self.visitor.at(APP, callback), 303)  # the second tab of one who is in by now

    def test_a_flow_of_another_host_is_no_flow_of_this_one(self):
        user = self.user(roles=["boss"])
        page = self.visitor.person.sign_in(self.visitor.started(WIKI), user["email"], case.PASSWORD)
        self.visitor.cookies[APP] = self.visitor.cookies[WIKI]
        self.expect(self.visitor.at(APP, page.outside[len("http://" + WIKI):]), 400)

    def test_what_is_no_answer_is_400(self):
        for query in ("", "?code=x", "?state=y", "?code=x&error=y&state=z", "?code=x&code=y&state=z",
                      "?code=x&state=z&iss=https://evil.example"):
            self.expect(self.visitor.at(APP, "/.pawl/callback" + query), 400)

    def test_an_old_flow_is_none(self):
        user = self.user()
        page = self.visitor.person.sign_in(self.visitor.started(APP), user["email"], case.PASSWORD)
        self.client.advance(3601)
        self.expect(self.visitor.at(APP, page.outside[len("http://" + APP):]), 400)

    def test_a_code_is_of_no_use_at_the_token_endpoint(self):
        page = self.visitor.person.sign_in(self.visitor.started(APP), self.user()["email"], case.PASSWORD)
        reply = self.client.form("/token", {"grant_type": "authorization_code", "code": page.answer["code"],
                                            "client_id": "forward:" + APP, "code_verifier": "v" * 43,
                                            "redirect_uri": "http://%s/.pawl/callback" % APP})
        self.expect(reply, 400, "unauthorized_client")
        self.expect(self.visitor.at(APP, page.outside[len("http://" + APP):]), 303)

    def test_no_answer_goes_to_another_address(self):
        for uri in ("http://evil.example/.pawl/callback", "http://%s/.pawl/callback/" % APP, "http://%s/" % APP,
                    "http://app.localhost/.pawl/callback"):
            page = self.visitor.person.visit("/authorize", response_type="code", client_id="forward:" + APP, redirect_uri=uri,
                                             code_challenge="c" * 43, code_challenge_method="S256")
            self.assertEqual((page.status, page.outside), (400, None), uri)


class Leaving(ForwardCase):
    def signed_in_at_both(self):
        self.entered(roles=["boss"])
        self.visitor.enter(WIKI)
        for host in (APP, WIKI):
            self.expect(self.visitor.ask(host), 200)

    def test_a_sign_out_at_pawl_closes_all_hosts(self):
        self.signed_in_at_both()
        page = self.visitor.person.press(self.visitor.person.visit("/end_session"), "yes")
        self.assertEqual(page.title, "You are signed out")
        for host in (APP, WIKI):
            self.expect(self.visitor.ask(host), 401)

    def test_a_sign_out_at_a_host_ends_its_session_and_asks_about_the_rest(self):
        self.signed_in_at_both()
        cookie = self.visitor.cookies[APP]["pawl-app"]
        reply = self.visitor.at(APP, "/.pawl/signout", "POST", Sec_Fetch_Site="same-origin")
        self.assertEqual((reply.status, reply.headers["Location"]),
                         (303, self.server.url + "/end_session?client_id=forward%3A" + APP.replace(":", "%3A")))
        self.assertNotIn("pawl-app", self.visitor.cookies[APP])
        self.visitor.cookies[APP]["pawl-app"] = cookie
        self.expect(self.visitor.ask(APP), 401)
        self.expect(self.visitor.ask(WIKI), 200)
        page = self.visitor.person.visit(reply.headers["Location"][len(self.server.url):])
        self.assertIn("signout-yes", page.buttons)
        self.visitor.person.press(page, "yes")
        self.expect(self.visitor.ask(WIKI), 401)

    def test_no_other_site_signs_a_visitor_out(self):
        self.entered()
        for headers in ({}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": self.server.url}):
            self.expect(self.visitor.at(APP, "/.pawl/signout", "POST", **headers), 403)
        self.expect(self.visitor.at(APP, "/.pawl/signout"), 405)
        self.expect(self.visitor.ask(APP), 200)
        self.expect(self.visitor.at(APP, "/.pawl/signout", "POST", Origin="http://" + APP), 303)
        self.expect(self.visitor.ask(APP), 401)

    def test_disabling_the_user_closes_all_hosts(self):
        user = self.entered()
        self.expect(self.client.send("PATCH", "/admin/users/%d" % user["id"], {"enabled": False}, bearer=self.root), 200)
        self.expect(self.visitor.ask(APP), 401)


class Clients(ForwardCase):
    def refused(self, **members):
        reply = self.client.post("/admin/clients", {"client_id": "forward:x", "forward": {"hosts": ["x.example"]}, **members},
                                 bearer=self.root)
        return [e["field"] for e in self.expect(reply, 422, "validation_failed").json["errors"]]

    def test_a_client_is_what_forward_auth_needs(self):
        made = self.protect("new.example", roles=["staff"])
        self.assertEqual(made["forward"], {"hosts": ["new.example"], "roles": ["staff"], "scopes": []})
        self.assertEqual((made["type"], made["auth_method"], made["grants"], made["bind"], made["consent"], made["scopes"]),
                         ("public", "none", ["authorization_code"], "session", "never", ["profile", "email", "roles"]))
        self.assertNotIn("client_secret", made)

    def test_ids_and_members_go_together(self):
        self.assertEqual(self.refused(client_id="x"), ["client_id"])
        self.assertEqual(self.refused(client_id="forward:"), ["client_id"])
        self.assertEqual(self.refused(forward=None), ["client_id", "redirect_uris"])
        self.assertEqual(self.refused(forward={}), ["forward.hosts"])
        self.assertEqual(self.refused(forward={"hosts": ["x.example"], "more": 1}), ["forward.more"])
        self.assertEqual(self.refused(type="confidential", auth_method="client_secret_basic"), ["type"])
        self.assertEqual(self.refused(redirect_uris=["https://x.example/"]), ["redirect_uris"])
        self.assertEqual(self.refused(scopes=["openid"]), ["scopes"])
        self.assertEqual(self.refused(bind="none"), ["bind"])

    def test_hosts_are_names_in_lower_case(self):
        for bad in ("X.example", "https://x.example", "x.example/", "*.example", "x.example:443", "x.example:0",
                    "x.example:65536", "x..example", ".x", "-x.example", "[::1]", "", "x y", "x.example."):
            self.assertEqual(self.refused(forward={"hosts": [bad]}), ["forward.hosts[0]"], bad)

    def test_a_host_is_of_one_client_and_never_our_own(self):
        own = self.server.url[len("http://"):]
        self.assertEqual(self.refused(forward={"hosts": ["x.example", APP]}), ["forward.hosts[1]"])
        self.assertEqual(self.refused(forward={"hosts": [own]}), ["forward.hosts[0]"])
        self.assertEqual(self.refused(forward={"hosts": ["x.example", "x.example"]}), ["forward.hosts[1]"])

    def test_a_host_is_free_again_with_its_client(self):
        self.protect("free.example")
        self.expect(self.client.delete("/admin/clients/forward:free.example", bearer=self.root), 204)
        self.expect(self.visitor.ask("free.example"), 403, "unknown_host")
        self.protect("free.example")

    def test_a_client_for_others_is_not_touched_by_a_null(self):
        self.expect(self.client.post("/admin/clients", {"client_id": "plain", "redirect_uris": ["https://plain.example/"],
                                                        "scopes": ["openid"]}, bearer=self.root), 201)
        self.assertEqual(self.change("plain", forward=None)["scopes"], ["openid"])


class Secure(ForwardCase):
    OPTIONS = ("--trusted-proxy", "127.0.0.1/32", "--issuer", "https://id.example", "--allowed-host", "127.0.0.1")

    def test_cookies_are_of_the_host_alone(self):
        reply = self.visitor.at("app.example", "/.pawl/start")
        self.expect(reply, 421)
        self.protect("app.example")
        reply = self.expect(self.visitor.at("app.example", "/.pawl/start"), 303)
        self.assertRegex(reply.headers["Set-Cookie"], r"^__Host-pawl-flow=pff_[\w-]+; Path=/; HttpOnly; SameSite=Lax; Secure$")
        self.assertIn("redirect_uri=https%3A//app.example/.pawl/callback", reply.headers["Location"])
        self.assertTrue(reply.headers["Location"].startswith("https://id.example/authorize?"))

    def test_what_came_by_http_is_sent_to_https(self):
        self.protect("plain.example")
        reply = self.expect(self.visitor.ask("plain.example", "/x", "?redirect", X_Forwarded_Proto="http"), 302)
        self.assertEqual(reply.headers["Location"], "https://plain.example/.pawl/start?rd=/x")


if __name__ == "__main__":
    case.main()
