"""examples/docker-compose, github-actions and appliance: what of them can run without containers, a runner and systemd."""
import os
import pathlib
import re
import shlex
import shutil
import ssl
import subprocess
import tempfile
import unittest

from support import app, case, packages
from support.http import Client
from support.pawlctl import BINARY as PAWLCTL, environment, pawlctl
from support.pawld import BINARY as PAWLD, ROOT, Pawld
from support.ports import free_port

try:
    import yaml  # Debian's python3-yaml
except ImportError:
    yaml = None

EXAMPLES = ROOT / "examples"
ACTIONLINT = ("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12")
NGINX = """daemon off; pid {home}/pid; error_log stderr; {user} events {{ }}
http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi; include {home}/nginx-site.conf; }}
"""


def port_of(server):
    return int(server.url.rsplit(":", 1)[1])


class Containers(unittest.TestCase):
    """Pawl with the options of a container, at a port of its own: requests come for the names that others have for it."""

    def setUp(self):
        if yaml is None:
            self.skipTest("python3-yaml is not installed")

    def server(self, *options, **keywords):
        server = Pawld(*options, dev=False, listen="0.0.0.0:0", **keywords)
        self.addCleanup(server.close)
        server.start()
        return server, Client("http://127.0.0.1:%d" % port_of(server))

    def answered(self, client, host):
        return client.request("GET", "/users/me", headers={"Host": host}).status == 401


class Compose(Containers):
    def setUp(self):
        super().setUp()
        self.services = yaml.safe_load((EXAMPLES / "docker-compose" / "compose.yaml").read_text())["services"]

    def test_pawl_answers_to_the_names_of_the_app_and_of_the_browser(self):
        _, client = self.server(*self.services["pawl"]["command"])
        for host in ("pawl:8080", "localhost:8080"):
            self.assertTrue(self.answered(client, host), host)
        self.assertFalse(self.answered(client, "elsewhere.example.com"))
        metadata = client.request("GET", "/.well-known/openid-configuration", headers={"Host": "localhost:8080"}).json
        self.assertEqual(metadata["issuer"], self.services["app"]["environment"]["PAWL"])

    def test_its_ports_are_for_this_machine_alone(self):
        for service in self.services.values():
            self.assertTrue(all(port.startswith("127.0.0.1:") for port in service["ports"]), service)

    def test_the_files_that_it_names_are_there(self):
        here = EXAMPLES / "docker-compose"
        self.assertTrue((here / self.services["pawl"]["build"] / "Dockerfile").exists())
        mounted = here / self.services["app"]["volumes"][0].split(":")[0]
        self.assertTrue((mounted / "main.py").exists() and (mounted / "requirements.txt").exists())


class Actions(Containers):
    WORKFLOW = EXAMPLES / "github-actions" / "test.yml"

    def test_actionlint_has_nothing_to_say(self):
        done = subprocess.run([packages.go_tool(*ACTIONLINT), "-shellcheck=", "-pyflakes=", self.WORKFLOW], capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_steps_find_the_service(self):
        job = yaml.safe_load(self.WORKFLOW.read_text())["jobs"]["test"]
        variables = {name: str(value).lower() if isinstance(value, bool) else value
                     for name, value in job["services"]["pawl"]["env"].items()}
        server, _ = self.server(env=variables)
        url = "http://localhost:%d" % port_of(server)
        for step in (step for step in job["steps"][:-1] if "run" in step):
            done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=server.home, capture_output=True, text=True, timeout=60,
                                  check=False, env=environment({"PAWL": url}))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(Client(url).login("editor@example.com", "secret").status, 200)


class Appliance(unittest.TestCase):
    HERE = EXAMPLES / "appliance"

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pawl-appliance-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        (self.home / "bin").mkdir()
        (self.home / "bin" / "pawlctl").symlink_to(pathlib.Path(PAWLCTL).absolute())

    def server(self):
        """Pawl with pawl.env, but for the port, and with hashes that cost little."""
        lines = [line for line in (self.HERE / "pawl.env").read_text().splitlines() if line and not line.startswith("#")]
        variables = dict(line.split("=", 1) for line in lines)
        variables.pop("PAWL_LISTEN")
        server = Pawld(env=variables, data_dir=str(self.home / "data"))
        self.addCleanup(server.close)
        return server.start()

    def backup(self, keep):
        done = subprocess.run([self.HERE / "pawl-backup", self.home / "backups", str(keep)], capture_output=True, text=True, timeout=120,
                              check=False, env=environment({"PATH": "%s:%s" % (self.home / "bin", os.environ["PATH"]),
                                                            "PAWL_DATA_DIR": str(self.home / "data")}))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return sorted(path.name for path in (self.home / "backups").iterdir())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_systemd_knows_every_line_of_the_units(self):
        for unit in ("pawl-backup.service", "pawl-backup.timer"):
            text = (self.HERE / unit).read_text().replace("/usr/local/bin/pawl-backup", str(self.HERE / "pawl-backup"))
            (self.home / unit).write_text(text)
        shutil.copy(ROOT / "packaging" / "systemd" / "pawl.service", self.home)
        unit = self.home / "pawl.service"
        unit.write_text(unit.read_text().replace("/usr/bin/pawld", str(pathlib.Path(PAWLD).absolute())))
        done = subprocess.run(["systemd-analyze", "verify", *map(str, sorted(self.home.glob("pawl*.*")))], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_superuser_login_backup_and_the_way_back(self):
        self.server()
        # The README's line; what the terminal would ask for comes by standard input.
        words = shlex.split(re.search(r"^    pawlctl (user add .*)$", (self.HERE / "README.md").read_text(), re.MULTILINE).group(1))
        done = pawlctl(*words, "--password-stdin", data_dir=str(self.home / "data"), stdin=case.PASSWORD + "\n")
        self.assertEqual(done.status, 0, done)
        first = self.backup(2)
        self.assertEqual(len(first), 1)
        # A name has a second: two older ones stand in for those of the nights before.
        for name in ("2020-01-01T031700Z", "2020-01-02T031700Z"):
            shutil.copytree(self.home / "backups" / first[0], self.home / "backups" / name)
        (self.home / "backups" / "note.txt").write_text("stays")
        case.eventually(lambda: not (self.home / "backups" / time_name()).exists())
        left = self.backup(2)
        self.assertEqual((len(left), left[0], left[-1]), (3, first[0], "note.txt"))
        tried = str(self.home / "tried")
        done = pawlctl("restore", str(self.home / "backups" / left[1]), "--to", tried)
        self.assertEqual(done.status, 0, done)
        with Pawld(data_dir=tried) as again:
            self.assertEqual(Client(again.url).login("admin@example.com").status, 200)

    def test_the_site_serves_pawl_by_tls(self):
        packages.need("nginx", "openssl")
        server, port = self.server(), free_port()
        pawlctl("user", "add", "admin@example.com", "--superuser", "--password-stdin", data_dir=str(self.home / "data"),
                stdin=case.PASSWORD + "\n")
        certificate, key = self.home / "fullchain.pem", self.home / "privkey.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=auth.example.com", "-addext", "subjectAltName=DNS:auth.example.com", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        text = (self.HERE / "nginx-site.conf").read_text()
        for written, real in (("/etc/ssl/pawl/", "%s/" % self.home), ("listen 443", "listen 127.0.0.1:%d" % port),
                              ("127.0.0.1:8080", "127.0.0.1:%d" % port_of(server))):
            self.assertIn(written, text)
            text = text.replace(written, real)
        (self.home / "nginx-site.conf").write_text(text)
        (self.home / "nginx.conf").write_text(NGINX.format(home=self.home, user="user root;" if os.geteuid() == 0 else ""))
        app.App(self, ["nginx", "-p", self.home, "-e", "stderr", "-c", self.home / "nginx.conf"], port, self.home)
        context = ssl.create_default_context(cafile=str(certificate))
        context.check_hostname = False  # by address
        client = Client("https://127.0.0.1:%d" % port, tls=context)
        named = {"Host": "auth.example.com", "Content-Type": "application/json"}
        login = client.request("POST", "/login", b'{"email":"admin@example.com","password":"%s"}' % case.PASSWORD.encode(), named)
        self.assertEqual(login.status, 200, login)
        bearer = {"Host": "auth.example.com", "Authorization": "Bearer " + login.json["access_token"]}
        self.assertEqual(client.request("GET", "/admin/users", headers=bearer).status, 200)
        self.assertEqual(client.request("POST", "/signup", b'{"email":"a@example.com","password":"x"}', named).code, "sign_up_closed")
        self.assertEqual(client.request("GET", "/metrics", headers={"Host": "auth.example.com"}).status, 404)


def time_name():
    """The name that a backup of now would get."""
    return subprocess.run(["date", "-u", "+%Y-%m-%dT%H%M%SZ"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    case.main()
