"""A program under test beside Pawl: started, waited for, ended whatever happens."""
import socket
import subprocess
import tempfile

from support.pawlctl import environment
from support.wait import eventually


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class App:
    """Started by the constructor; `test` ends it. Answers at 127.0.0.1:port once the constructor returns."""

    def __init__(self, test, command, port, cwd, seconds=60, **variables):
        self.port, self.url = port, "http://127.0.0.1:%d" % port
        self.output = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        self.process = subprocess.Popen([str(word) for word in command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT, env=environment({"PYTHONDONTWRITEBYTECODE": "1", **variables}),
                                        start_new_session=True)
        test.addCleanup(self.close)
        eventually(self.answers, seconds)

    def answers(self):
        assert self.process.poll() is None, "it ended:\n" + self.log()
        return listens(self.port)

    def log(self):
        self.output.seek(0)
        return self.output.read().decode("utf-8", "replace")

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()
