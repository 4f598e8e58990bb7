"""Clients, APIs and scopes over HTTP and with pawlctl, on a running and on a stopped server, and after a kill."""
import base64
import concurrent.futures
import os
import signal

from support.case import ServerCase, main
from support.http import Client, SocketClient, token_parts
from support.pawlctl import pawlctl

API = "https://orders.example/v1"


class ClientsCase(ServerCase):
    def setUp(self):
        super().setUp()
        self.admin = SocketClient(os.path.join(self.server.data_dir, "admin.sock"))
        for client in self.expect(self.admin.get("/admin/clients"), 200).json["clients"]:
            self.expect(self.admin.delete("/admin/clients/" + client["client_id"]), 204)

    def made(self, client_id, **more):
        return self.expect(self.admin.post("/admin/clients", {"client_id": client_id, "preset": "service", **more}), 201)

    def run_pawlctl(self, *arguments, status=0, stdin=""):
        done = pawlctl(*arguments, data_dir=self.server.data_dir, stdin=stdin)
        self.assertEqual(done.status, status, done)
        return done

    def token(self, client_id, secret, **form):
        basic = base64.b64encode(("%s:%s" % (client_id, secret)).encode()).decode()
        return self.client.form("/token", {"grant_type": "client_credentials", **form},
                                {"Authorization": "Basic " + basic})


class OverHttpTest(ClientsCase):
    def test_a_client_is_made_used_changed_and_removed(self):
        made = self.made("shop")
        self.assertEqual(made.headers["Location"], "/admin/clients/shop")
        secret = made.json["client_secret"]
        self.assertRegex(secret, r"^pcs_[\w-]+$")
        token = self.expect(self.token("shop", secret), 200).json
        self.assertEqual(token_parts(token["access_token"])[1]["sub"], "client:shop")
        second = self.expect(self.admin.post("/admin/clients/shop/secrets", {"overlap": 3600}), 201).json
        self.expect(self.token("shop", secret), 200)
        self.expect(self.token("shop", second["secret"]), 200)
        self.expect(self.admin.delete("/admin/clients/shop/secrets/1"), 204)
        self.expect(self.token("shop", secret), 401)
        self.expect(self.admin.send("PATCH", "/admin/clients/shop", {"enabled": False}), 200)
        self.expect(self.token("shop", second["secret"]), 401)
        self.expect(self.admin.delete("/admin/clients/shop"), 204)
        self.expect(self.admin.get("/admin/clients/shop"), 404, "client_not_found")

    def test_what_was_answered_is_there_after_a_kill(self):
        secret = self.made("kept", attributes={"team": "a"}).json["client_secret"]
        path = self.expect(self.admin.post("/admin/apis", {"identifier": API, "scopes": ["kept:read"]}), 201).headers["Location"]
        self.server.restart(how=signal.SIGKILL)
        self.admin = SocketClient(os.path.join(self.server.data_dir, "admin.sock"))
        self.assertEqual(self.expect(self.admin.get("/admin/clients/kept"), 200).json["attributes"], {"team": "a"})
        self.assertEqual(self.expect(self.admin.get(path), 200).json["scopes"], ["kept:read"])
        self.client = Client(self.server.url)
        self.expect(self.token("kept", secret), 200)
        self.expect(self.admin.delete("/admin/scopes/kept:read"), 204)
        self.expect(self.admin.delete(path), 204)

    def test_a_target_with_two_parameters_reaches_its_row_through_the_real_parser(self):
        self.made("shop")
        self.expect(self.admin.delete("/admin/clients/shop/secrets/9"), 404, "secret_not_found")
        self.expect(self.admin.get("/admin/clients/shop/secrets"), 405)
        self.expect(self.admin.get("/admin/clients/shop/nothing"), 404, "not_found")


class RaceTest(ClientsCase):
    ROUNDS = 40

    def at_once(self, *acts):
        """The answers of requests that leave together, each on a connection of its own."""
        with concurrent.futures.ThreadPoolExecutor(len(acts)) as pool:
            path = os.path.join(self.server.data_dir, "admin.sock")
            return list(pool.map(lambda act: act(SocketClient(path)), acts))

    def test_one_of_many_gets_the_name(self):
        body = {"client_id": "wanted", "preset": "service"}
        replies = self.at_once(*[lambda admin: admin.post("/admin/clients", body)] * 16)
        self.assertEqual(sorted(reply.status for reply in replies), [201] + [409] * 15)

    def test_two_secrets_are_good_however_many_are_made_at_once(self):
        self.made("shop")
        replies = self.at_once(*[lambda admin: admin.post("/admin/clients/shop/secrets")] * 16)
        added = {self.expect(reply, 201).json["serial"]: reply.json["secret"] for reply in replies}
        self.assertEqual(sorted(added), list(range(2, 18)))
        good = [serial for serial, secret in added.items() if self.token("shop", secret).status == 200]
        self.assertEqual(sorted(good), [16, 17])

    def test_what_one_change_names_no_other_removes_meanwhile(self):
        for number in range(self.ROUNDS):
            api = "race-%d" % number
            self.expect(self.admin.post("/admin/apis", {"identifier": api}), 201)
            named, removed = self.at_once(
                lambda admin: admin.post("/admin/clients", {"client_id": "c%s" % api, "preset": "service", "apis": [api]}),
                lambda admin: admin.delete("/admin/apis/" + api))
            self.assertIn((named.status, removed.status), ((201, 409), (422, 204)))

    def test_changes_of_different_members_are_all_kept(self):
        self.made("shop")
        self.at_once(lambda admin: admin.send("PATCH", "/admin/clients/shop", {"name": "Shop"}),
                     lambda admin: admin.send("PATCH", "/admin/clients/shop", {"access_token_ttl": 60}),
                     lambda admin: admin.send("PATCH", "/admin/clients/shop", {"attributes": {"a": 1}}),
                     lambda admin: admin.post("/admin/clients/shop/secrets"))
        shown = self.expect(self.admin.get("/admin/clients/shop"), 200).json
        self.assertEqual((shown["name"], shown["access_token_ttl"], shown["attributes"], len(shown["secrets"])),
                         ("Shop", 60, {"a": 1}, 2))


class PawlctlTest(ClientsCase):
    def test_the_first_machine_client_in_a_few_lines(self):
        self.run_pawlctl("api", "add", API, "--scope", "orders:read")
        added = self.run_pawlctl("--json", "client", "add", "report", "--preset", "service", "--api", API, "--scope",
                                 "orders:read")
        token = self.expect(self.token("report", added.json["client_secret"]), 200).json
        self.assertEqual(token_parts(token["access_token"])[1]["aud"], API)
        self.assertEqual(token["scope"], "orders:read")
        self.run_pawlctl("api", "rm", API, "--yes", status=1)
        self.run_pawlctl("client", "rm", "report", "--yes")
        self.run_pawlctl("scope", "rm", "orders:read", "--yes")
        self.run_pawlctl("api", "rm", API, "--yes")

    def test_each_command_also_on_a_stopped_server(self):
        for stopped in (False, True):
            with self.subTest(stopped=stopped):
                if stopped:
                    self.server.stop()
                    self.addCleanup(self.server.start)
                shown = self.run_pawlctl("client", "add", "shop", "--preset", "service", "--name", "Shop")
                self.assertIn("pcs_", shown.out)
                self.assertIn("grant_type", shown.err)
                self.assertIn("shop", self.run_pawlctl("client", "ls").out)
                self.assertNotIn("pcs_", self.run_pawlctl("client", "show", "shop").out)
                changed = self.run_pawlctl("--json", "client", "set", "shop", "--access-token-ttl", "60", "--clear", "name")
                self.assertEqual((changed.json["access_token_ttl"], changed.json["name"]), (60, "shop"))
                self.run_pawlctl("client", "set", "shop", status=2)
                rotated = self.run_pawlctl("--json", "client", "rotate-secret", "shop", "--overlap", "0")
                self.assertEqual(rotated.json["serial"], 2)
                self.run_pawlctl("client", "logout", "shop", "--yes")
                self.run_pawlctl("scope", "add", "stock", "--text-en", "Stock", "--role", "clerk")
                self.assertEqual(self.run_pawlctl("--json", "scope", "ls").json["texts"]["en"], "Stock")
                self.run_pawlctl("scope", "set", "stock", "--clear", "roles")
                self.run_pawlctl("scope", "rm", "stock", "--yes")
                self.run_pawlctl("client", "rm", "shop", "--yes")
                self.run_pawlctl("client", "rm", "shop", "--yes", status=1)

    def test_every_act_is_in_the_log(self):
        self.made("seen")
        self.expect(self.admin.delete("/admin/clients/seen"), 204)
        kinds = [(record.get("kind"), record.get("about")) for record in self.run_pawlctl("--json", "log", "dump").lines]
        self.assertIn(("client_created", "seen"), kinds)
        self.assertIn(("client_removed", "seen"), kinds)


if __name__ == "__main__":
    main()
