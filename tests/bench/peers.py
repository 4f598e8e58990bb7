"""Other servers, from a folder that has `peerlib.py` (start, seed and watch each of them): the same loads for them."""
import os
import pathlib
import shutil
import subprocess
import sys

import contenders
from contenders import FORM, Work

DEFAULT = ("seed-mem", "seed-sqlite", "seed-pg", "glewlwyd-sqlite", "glewlwyd-pg", "oidc-provider-map-noid", "oidc-provider-map")
LABELS = {"seed-mem": "FastAPI tutorial app, dict, no rotation", "seed-sqlite": "FastAPI app that rotates, SQLite",
          "seed-pg": "FastAPI app that rotates, PostgreSQL", "glewlwyd-sqlite": "Glewlwyd, SQLite",
          "glewlwyd-pg": "Glewlwyd, PostgreSQL", "oidc-provider-map": "node-oidc-provider, Map, RS256 ID tokens",
          "oidc-provider-map-noid": "node-oidc-provider, Map, no ID token"}


class Peer(contenders.Contender):
    group = "peers"

    def __init__(self, library, peer):
        super().__init__()
        self.library, self.peer, self.name = library, peer, peer.name

    def settings(self):
        return LABELS.get(self.name, self.name)

    def start(self, directory):
        self.directory = directory
        took = self.peer.start()
        self.process, self.port = self.peer.proc, self.peer.port
        self.access = self.peer.seed(1).get("at", "")
        return took

    def stop(self):
        if self.process is not None:
            self.peer.stop()
            self.process = None

    def database_pids(self):
        return self.library.PG.pids() if self.peer.pg else []

    def fixed(self, spec):
        body = spec.get("body")
        headers = dict(spec.get("hdrs", {}))
        if body:
            headers.setdefault("Content-Type", spec.get("ct", FORM["Content-Type"]))
        request = {"method": "POST" if body else "GET", "path": spec["path"], "headers": headers, "body": body}
        status, answer = self.peer_answer(request)
        if status != 200:
            raise RuntimeError("%s %s: %d %r" % (self.name, spec["path"], status, answer[:200]))
        # Every reply must begin as the first one does, where that part is the same each time.
        text = answer.decode("utf-8", "replace")
        return Work("cycle", {"requests": [request], "status": 200, "body_has": text[:text.find(":") + 1] or text[:1]})

    def peer_answer(self, request):
        return self.call(request["method"], request["path"], request["body"], request["headers"])

    def refresh(self, spec, connections):
        tokens = self.peer.seed(connections)["rts"][:connections]
        headers = dict(spec.get("hdrs", {}))
        if spec.get("body"):
            headers.update(FORM)
        return Work("chain", {"chains": [{"refresh": token, "access": ""} for token in tokens], "pattern": ["refresh"],
                              "refresh": {"path": spec["path"], "headers": headers, "body": spec.get("body")},
                              "rotates": getattr(self.peer, "rotates", True)})

    def works(self):
        specs = self.peer.ops({"at": self.access, "rts": []})
        made = {name: lambda connections, spec=specs[name]: self.fixed(spec) for name in ("trivial", "bearer", "login")
                if name in specs}
        if "refresh" in specs:
            made["refresh"] = lambda connections: self.refresh(specs["refresh"], connections)
        return made


def missing(name, scratch):
    """Why this peer can't run here, or None."""
    if name.startswith("seed"):
        probe = "import gunicorn, fastapi, uvicorn, jose, passlib, multipart"
        if subprocess.run(["/usr/bin/python3", "-c", probe], capture_output=True, check=False).returncode != 0:
            return "gunicorn python3-fastapi python3-uvicorn python3-jose python3-passlib python3-multipart"
    if name.endswith("-pg") and not pathlib.Path("/usr/lib/postgresql").exists():
        return "postgresql"
    if name.startswith("glewlwyd") and not shutil.which("glewlwyd"):
        return "glewlwyd"
    if name.startswith(("oidc", "oauth2", "better")) and not pathlib.Path(scratch, "node", "node_modules").exists():
        return "the npm packages: npm install in build/bench/peers/node with the package.json of the peers"
    return None


def load(folder, scratch, names):
    """(contenders, {name: what is missing}, library). Starts PostgreSQL where one of them needs it; stop it with
    `library.PG.stop()`."""
    os.environ.setdefault("PEERS_SCRATCH", str(scratch))
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True  # the folder is not ours
    import peerlib  # pylint: disable=import-outside-toplevel
    found, absent = [], {}
    for peer in peerlib.all_peers():
        if peer.name not in (names or DEFAULT):
            continue
        why = missing(peer.name, scratch)
        if why:
            absent[peer.name] = why
        else:
            found.append(Peer(peerlib, peer))
    os.makedirs(scratch, exist_ok=True)
    if any(contender.peer.pg for contender in found):
        peerlib.PG.start()
    return found, absent, peerlib
