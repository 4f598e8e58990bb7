"""pawlctl health: what a container's health check asks. It finds the server by the settings that the server has."""
import tempfile
import unittest

from support.case import main
from support.http import Client
from support.pawld import Pawld
from support.pawlctl import pawlctl

ISSUER = {"PAWL_ISSUER": "http://auth.example"}


class Health(unittest.TestCase):
    def server(self, *options, **keywords):
        one = Pawld(*options, **keywords)
        self.addCleanup(one.close)
        return one.start()

    def health(self, *arguments, env=None, **keywords):
        return pawlctl("health", *arguments, env=env, **keywords)

    def test_a_server_that_serves_is_found_by_the_address_of_its_settings(self):
        server = self.server("--issuer", ISSUER["PAWL_ISSUER"], listen="0.0.0.0:0", dev=False)
        for listen in ("0.0.0.0", "127.0.0.1"):
            done = self.health(env={**ISSUER, "PAWL_LISTEN": "%s:%s" % (listen, server.url.rsplit(":", 1)[1])})
            self.assertEqual(done.status, 0, done)
            self.assertIn("ready", done.out)

    def test_it_needs_no_data_no_token_and_no_name_that_is_allowed(self):
        server = self.server("--allowed-host", "auth.example", data_dir=":memory:")
        self.assertEqual(self.health("--url", server.url).status, 0)
        self.assertEqual(self.health(env={"PAWL_LISTEN": server.url.removeprefix("http://")}).status, 0)

    def test_its_own_certificate_need_not_name_the_address(self):
        server = self.server("--tls-self-signed")
        told = {"PAWL_LISTEN": server.url.removeprefix("https://"), "PAWL_TLS_SELF_SIGNED": "true", "PAWL_DEV": "true"}
        self.assertEqual(self.health(env=told).status, 0)
        self.assertEqual(self.health("--url", server.url).status, 76)  # another's has to be trusted

    def test_a_socket_is_asked_by_way_of_the_directory(self):
        with tempfile.TemporaryDirectory() as place:
            listen = "unix:%s/pawl.sock" % place
            server = self.server("--issuer", ISSUER["PAWL_ISSUER"], listen=listen, dev=False)
            told = {**ISSUER, "PAWL_LISTEN": listen}
            self.assertEqual(self.health(data_dir=server.data_dir, env=told).status, 0)
            server.stop()
            done = self.health(data_dir=server.data_dir, env=told)
            self.assertEqual((done.status, done.err.count("\n")), (76, 1), done)

    def test_without_a_server_it_is_one_line_and_no_health(self):
        server = self.server(dev=False)
        told = {"PAWL_LISTEN": server.url.removeprefix("http://")}
        self.assertEqual(self.health(env=told).status, 0)
        server.stop()
        done = self.health(env=told)
        self.assertEqual((done.status, done.out, done.err.count("\n")), (76, "", 1), done)

    def test_a_server_that_does_not_serve_is_unhealthy_in_one_line(self):
        server = self.server()
        fault = Client(server.url).post("/dev/faults", {"fault": "status", "status": 503, "route": "readyz"})
        self.assertEqual(fault.status, 201, fault)
        done = self.health("--url", server.url)
        self.assertEqual((done.status, done.out, done.err.count("\n")), (1, "", 1), done)


if __name__ == "__main__":
    main()
