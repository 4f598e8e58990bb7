"""Clients written by others, as they come from Debian and npm: curl, requests-oauthlib, authlib, openid-client,
simple-oauth2."""
import json
import os
import pathlib
import subprocess

from support import case
from support.packages import installed

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # http on loopback
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession  # noqa: E402
from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient  # noqa: E402
from requests_oauthlib import OAuth2Session  # noqa: E402

NODE = pathlib.Path(__file__).resolve().parent / "node"


class Curl(case.ServerCase):
    def curl(self, *arguments):
        done = subprocess.run(["curl", "-sS", "--max-time", "30", "-w", "\n%{http_code}", *arguments], capture_output=True,
                              text=True, check=True)
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), body

    def test_json_form_and_bearer(self):
        url, email = self.server.url, case.fresh_email()
        status, _ = self.curl(url + "/signup", "--json", json.dumps({"email": email, "password": case.PASSWORD}))
        self.assertEqual(status, 201)
        status, body = self.curl(url + "/token", "-d", "username=" + email, "--data-urlencode", "password=" + case.PASSWORD)
        self.assertEqual(status, 200)
        token = json.loads(body)
        status, body = self.curl(url + "/users/me", "--oauth2-bearer", token["access_token"])
        self.assertEqual((status, json.loads(body)["email"]), (200, email))
        status, _ = self.curl(url + "/refresh", "-d", "refresh_token=" + token["refresh_token"])
        self.assertEqual(status, 200)
        status, _ = self.curl("-X", "POST", url + "/logout", "-d", "refresh_token=" + token["refresh_token"])
        self.assertEqual(status, 204)
        status, body = self.curl("-T", "/dev/null", url + "/users/me")  # PUT, with Expect and perhaps chunked
        self.assertIn(status, (405, 501, 411))


class RequestsOauthlib(case.ServerCase):
    def test_password_grant_refresh_and_refusal(self):
        email = self.signed_up()
        session = OAuth2Session(client=LegacyApplicationClient(client_id="pawl"))
        first = session.fetch_token(self.server.url + "/token", username=email, password=case.PASSWORD, include_client_id=True)
        second = session.refresh_token(self.server.url + "/token", refresh_token=first["refresh_token"])
        self.assertNotEqual(first["refresh_token"], second["refresh_token"])
        self.assertEqual(session.get(self.server.url + "/users/me").json()["email"], email)
        with self.assertRaises(InvalidGrantError):
            session.refresh_token(self.server.url + "/token", refresh_token="prt_nonsense")

    def test_automatic_refresh_keeps_the_new_token(self):
        email, saved = self.signed_up(), []
        session = OAuth2Session(client=LegacyApplicationClient(client_id="pawl"), auto_refresh_url=self.server.url + "/token",
                                token_updater=saved.append)
        session.fetch_token(self.server.url + "/token", username=email, password=case.PASSWORD)
        session.token = {**session.token, "expires_in": "-1", "expires_at": 1}
        self.assertEqual(session.get(self.server.url + "/users/me").status_code, 200)
        self.assertEqual(len(saved), 1)


class Authlib(case.ServerCase):
    def test_password_grant_and_refresh(self):
        email = self.signed_up()
        session = AuthlibSession("pawl", token_endpoint_auth_method="none", token_endpoint=self.server.url + "/token")
        first = session.fetch_token(self.server.url + "/token", grant_type="password", username=email, password=case.PASSWORD)
        second = session.refresh_token(self.server.url + "/token", refresh_token=first["refresh_token"])
        self.assertNotEqual(first["refresh_token"], second["refresh_token"])
        self.assertEqual(session.get(self.server.url + "/users/me").json()["email"], email)


class Node(case.ServerCase):
    @classmethod
    def setUpClass(cls):
        installed(NODE)
        super().setUpClass()

    def node(self, script):
        done = subprocess.run(["node", str(NODE / script), self.server.url, self.signed_up(), case.PASSWORD],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_openid_client(self):
        seen = self.node("openid_client.mjs")
        self.assertEqual(seen["rotated"], 3)
        self.assertEqual(seen["refusal"]["error"], "invalid_grant")
        self.assertEqual(seen["me_after_reuse"], 401)

    def test_simple_oauth2(self):
        seen = self.node("simple_oauth2.mjs")
        self.assertEqual((seen["rotated"], seen["me"], seen["expired"]), (3, 200, False))
        self.assertEqual(seen["refusal"], {"status": 400, "error": "invalid_grant"})


if __name__ == "__main__":
    case.main()
