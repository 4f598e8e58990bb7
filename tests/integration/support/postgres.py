"""A PostgreSQL server of its own on a Unix socket, as the user postgres where the tests are root's."""
import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import unittest

from support.wait import eventually


def programs():
    """The newest version's; raises SkipTest where there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if not found or not shutil.which("psql"):
        raise unittest.SkipTest("postgresql is not installed")
    return pathlib.Path(found[-1]).parent


class Postgres:
    def __init__(self):
        self.bin, self.as_user, self.process = programs(), [], None
        self.home = tempfile.mkdtemp(prefix="pawl-postgres-")
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError as error:
                raise unittest.SkipTest("PostgreSQL does not run as root, and there is no user postgres") from error
            os.chown(self.home, owner.pw_uid, owner.pw_gid)
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        os.chmod(self.home, 0o755)

    def start(self):
        data = self.home + "/data"
        self.run([self.bin / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"])
        command = [*self.as_user, str(self.bin / "postgres"), "-D", data, "-k", self.home, "-c", "listen_addresses=", "-F"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        cwd=self.home)
        eventually(self.answers)
        return self

    def answers(self):
        assert self.process.poll() is None, "postgres ended"
        return subprocess.run(["psql", self.url("postgres"), "-Atc", "select 1"], capture_output=True, check=False).returncode == 0

    def run(self, command):
        done = subprocess.run([*self.as_user, *map(str, command)], capture_output=True, text=True, check=False, cwd=self.home)
        assert done.returncode == 0, done.stderr

    def url(self, name):
        return "postgresql:///%s?host=%s&user=postgres" % (name, self.home)

    def database(self, name, script, **variables):
        """The URL of a new database, made by a script of SQL with psql's variables."""
        self.run(["psql", self.url("postgres"), "-qc", 'create database "%s"' % name])
        more = [word for key, value in variables.items() for word in ("-v", "%s=%s" % (key, value))]
        done = subprocess.run(["psql", self.url(name), "-q", "-v", "ON_ERROR_STOP=1", *more, "-f", str(script)], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr
        return self.url(name)

    def close(self):
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)
