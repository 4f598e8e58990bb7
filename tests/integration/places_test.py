"""Starting on the machines of others: every form of address, volumes of a group, little memory, few threads."""
import itertools
import json
import os
import shutil
import stat
import unittest

from support import case
from support.case import PASSWORD
from support.http import Client
from support.pawlctl import pawlctl
from support.pawld import Pawld, refused_start
from support.ports import free_port

SANITIZED = "PAWL_SANITIZED" in os.environ
IS_ROOT = os.geteuid() == 0
USER, GROUP = 64321, 64322  # no user has them


def can_have_a_network_of_its_own():
    return IS_ROOT and shutil.which("ip") and os.system("unshare -n true 2>/dev/null") == 0


class Addresses(unittest.TestCase):
    ISSUER = ("--issuer", "http://auth.example")

    def listening(self, *addresses, dev=False):
        options = list(itertools.chain.from_iterable(("--listen", a) for a in addresses))
        server = Pawld(*options, *self.ISSUER, dev=dev, listen=None)
        self.addCleanup(server.close)
        server.start()
        log = server.log_with("process.ready")
        self.assertEqual(log.count("server.listening"), len(addresses) + 1, log)  # and the admin socket
        return server

    def forms(self, home):
        return ["127.0.0.1:0", "localhost:0", "0.0.0.0:0", "[::1]:0", "[::]:0", "unix:%s/a.sock" % home]

    def test_each_form_starts_alone_and_each_two_together(self):
        home = Pawld()
        self.addCleanup(home.close)
        forms = self.forms(home.home)
        for addresses in [(a,) for a in forms] + list(itertools.combinations(forms, 2)) + [tuple(forms)]:
            with self.subTest(addresses=addresses):
                server = self.listening(*addresses)
                if server.url.startswith("http"):
                    url = server.url.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
                    self.assertEqual(Client(url).get("/healthz").status, 200)
                self.assertEqual(server.stop(), 0)

    def test_both_families_start_on_one_port(self):
        for first, second in (("0.0.0.0", "[::]"), ("127.0.0.1", "[::1]"), ("localhost", "[::]"), ("localhost", "[::1]")):
            port = free_port()
            with self.subTest(first=first, second=second):
                server = self.listening("%s:%d" % (first, port), "%s:%d" % (second, port))
                for host in ("127.0.0.1", "[::1]"):
                    self.assertEqual(Client("http://%s:%d" % (host, port)).get("/healthz").status, 200)
                self.assertEqual(server.stop(), 0)

    @unittest.skipUnless(can_have_a_network_of_its_own(), "no network namespaces here")
    def test_localhost_and_the_default_are_the_other_loopback_on_a_host_that_has_only_ipv6(self):
        only_ipv6 = ["unshare", "-n", "sh", "-c", 'ip link set lo up && ip addr del 127.0.0.1/8 dev lo && exec "$@"', "sh"]
        for listen in ("localhost:0", None):
            server = Pawld(dev=False, listen=listen, wrapper=only_ipv6)
            self.addCleanup(server.close)
            server.start()
            self.assertTrue(server.url.startswith("http://[::1]:"), server.url)
            server.stop()
        self.assertEqual(refused_start(dev=False, listen="127.0.0.1:0", wrapper=only_ipv6)[0], 2)  # as it was said


class RemoteDevelopment(unittest.TestCase):
    def test_other_addresses_are_served_by_name_with_limits_and_a_warning(self):
        options = ["--dev-allow-remote", "--allowed-host", "pawl", "--issuer", "http://pawl:8080"]
        with Pawld(*options, listen="0.0.0.0:0") as server:
            self.assertIn("/dev/tokens", server.log_with("--dev-allow-remote"))
            url = server.url.replace("0.0.0.0", "127.0.0.1")
            self.assertEqual(Client(url).get("/", Host="pawl").status, 200)
            self.assertEqual(Client(url).get("/").status, 421)
            body = json.dumps({"email": "a@example.com", "password": PASSWORD}).encode()
            for expected in [401] * 10 + [429]:
                answer = Client(url).request("POST", "/login", body, {"Host": "pawl", "Content-Type": "application/json"})
                self.assertEqual(answer.status, expected)
            foreign = Client(url).get("/", Host="pawl", Origin="http://pawl:3000")
            self.assertNotIn("Access-Control-Allow-Origin", foreign.headers)
            local = Client(url).get("/", Host="pawl", Origin="http://localhost:3000")
            self.assertIn("Access-Control-Allow-Origin", local.headers)

    def test_without_it_the_refusal_names_it(self):
        status, line = refused_start("--issuer", "http://pawl:8080", listen="0.0.0.0:0")
        self.assertEqual(status, 2, line)
        self.assertIn("--dev-allow-remote", line)
        self.assertEqual(refused_start("--dev-allow-remote", listen="0.0.0.0:0")[0], 2)


@unittest.skipUnless(IS_ROOT and shutil.which("setpriv"), "takes another user")
class Volumes(unittest.TestCase):
    """As Kubernetes mounts them: root's, and the pod's by fsGroup."""
    AS_POD = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--groups", str(GROUP), "--"]
    ALLOWED = {"PAWL_ALLOW_GROUP_READ": "1"}

    def volume(self, mode=0o2770):
        server = Pawld(dev=False, wrapper=self.AS_POD)
        self.addCleanup(server.close)
        os.chmod(server.home, 0o755)
        os.mkdir(server.data_dir)
        os.chown(server.data_dir, 0, GROUP)
        os.chmod(server.data_dir, mode)
        return server

    def as_kubelet(self, server):
        """What a pod's next start finds: everything is the group's to write."""
        for name in os.listdir(server.data_dir):
            path = os.path.join(server.data_dir, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                os.chown(path, -1, GROUP)
                os.chmod(path, 0o660)

    def refusal(self, server, *options):
        return refused_start(*options, dev=False, data_dir=server.data_dir, wrapper=self.AS_POD, cwd="/")

    def test_a_volume_with_fsgroup_is_taken_when_asked_for_and_said(self):
        server = self.volume()
        status, line = self.refusal(server)
        self.assertEqual(status, 2, line)
        self.assertIn("--allow-group-read", line)
        self.assertEqual(os.listdir(server.data_dir), [])
        server.start("--allow-group-read")
        server.log_with("--allow-group-read")
        self.assertEqual(Client(server.url).sign_up("a@example.com").status, 201)
        server.stop()
        self.as_kubelet(server)
        status, line = self.refusal(server)
        self.assertIn(status, (2, 67), line)  # the directory, or the key file in it
        self.assertIn("--allow-group-read", line)
        server.start("--allow-group-read")
        self.assertEqual(Client(server.url).login("a@example.com").status, 200)

    def test_pawlctl_takes_the_same(self):
        server = self.volume()
        server.start("--allow-group-read")
        server.stop()
        self.as_kubelet(server)
        for command in (["user", "ls"], ["log", "verify"], ["stats"]):
            with self.subTest(command=command):
                done = pawlctl(*command, data_dir=server.data_dir, env=self.ALLOWED, wrapper=self.AS_POD)
                self.assertEqual(done.status, 0, done)
        refused = pawlctl("stats", data_dir=server.data_dir, wrapper=self.AS_POD)
        self.assertIn("--allow-group-read", refused.err)

    def test_what_all_may_read_is_refused_all_the_same(self):
        for mode in (0o2777, 0o2775):
            status, line = self.refusal(self.volume(mode), "--allow-group-read")
            self.assertEqual(status, 2, line)
            self.assertIn("chmod", line)

    def test_secrets_of_0440(self):
        server = self.volume()
        server.start("--allow-group-read")
        server.stop()
        secrets = os.path.join(server.home, "secrets")
        os.mkdir(secrets, 0o755)
        os.chmod(secrets, 0o755)
        real = os.path.join(secrets, "..data")
        os.mkdir(real, 0o755)
        os.chmod(real, 0o755)
        shutil.move(os.path.join(server.data_dir, "keys.json"), os.path.join(real, "keys.json"))
        with open(os.path.join(real, "webhook"), "w", encoding="ascii") as file:
            file.write("whsec_" + "A" * 44 + "\n")
        for name in ("keys.json", "webhook"):
            os.chown(os.path.join(real, name), 0, GROUP)
            os.chmod(os.path.join(real, name), 0o440)
            os.symlink("..data/" + name, os.path.join(secrets, name))
        options = ["--key-file", os.path.join(secrets, "keys.json"), "--webhook", "http://127.0.0.1:1/",
                   "--webhook-secret-file", os.path.join(secrets, "webhook")]
        status, line = self.refusal(server, *options)
        self.assertNotEqual(status, 0)
        self.assertIn("--allow-group-read", line)
        server.start("--allow-group-read", *options)
        self.assertEqual(Client(server.url).get("/readyz").status, 200)
        server.stop()
        os.chmod(os.path.join(real, "keys.json"), 0o444)
        status, line = self.refusal(server, "--allow-group-read", *options)
        self.assertEqual(status, 67, line)


@unittest.skipIf(SANITIZED, "sanitizers take any amount of address space")
class LittleMemory(unittest.TestCase):
    def test_a_hash_without_memory_is_told_as_such(self):
        with Pawld("--argon2", "m=1048576,t=1,p=1", "--password-threads", "1", "--threads", "1", dev=False,
                   wrapper=["prlimit", "--as=%d" % (900 << 20)]) as server:
            client = Client(server.url)
            self.assertEqual(client.get("/readyz").json, {"status": "ready"})
            answer = client.sign_up("a@example.com")
            self.assertEqual(answer.status, 503, answer.body)
            self.assertEqual(answer.json["code"], "hash_memory_unavailable")
            self.assertIn("memory", answer.json["detail"])
            self.assertIn("Retry-After", answer.headers)
            for _ in range(12):  # nothing was tried, so no limit is used up
                self.assertEqual(client.sign_up("a@example.com").status, 503)
            self.assertIn("memory", client.get("/readyz").json["passwords"]["detail"])
            self.assertIn(b"pawl_password_no_memory_total 13\n", client.get("/metrics").body)
            server.log_with("passwords.no_memory")

    def test_threads_that_can_not_be_made_are_named(self):
        for option in ("--password-threads", "--threads"):
            status, line = refused_start(option, "256", dev=False, wrapper=["prlimit", "--as=%d" % (900 << 20)])
            self.assertEqual(status, 70, line)
            self.assertIn(option + " 256", line)
            self.assertIn("thread", line)


if __name__ == "__main__":
    case.main()
