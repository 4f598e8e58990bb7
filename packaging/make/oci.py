"""Images as an OCI image layout, each of one layer: of the static programs, the system's authorities, a user and nothing else;
or, from the .deb, of Debian with the package in it (make.debian_root)."""
import datetime
import hashlib
import json
import pathlib
import shutil
import tempfile

from make.common import ARCHITECTURES, Fail, epoch, fresh, sha256, version, write_tar_gz
from make.debian_root import lay_out_debian
from make.sbom import write_sbom_and_licences
from make.static import make_static

USER = 65532
AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
SECOND = 1_000_000_000  # Docker counts nanoseconds
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = {
    "ExposedPorts": {"8080/tcp": {}},
    # Options are variables, so that arguments add to them: docker run -e PAWL_ISSUER=https://auth.example.com pawl
    "Env": ["PATH=/usr/bin", "PAWL_LISTEN=0.0.0.0:8080", "PAWL_DATA_DIR=/var/lib/pawl"],
    "Entrypoint": ["/usr/bin/pawld"],
    "Volumes": {"/var/lib/pawl": {}},
    "WorkingDir": "/var/lib/pawl",
    "StopSignal": "SIGTERM",
    "Healthcheck": {"Test": ["CMD", "/usr/bin/pawlctl", "health", "--quiet"], "Interval": 10 * SECOND, "Timeout": 5 * SECOND,
                    "StartPeriod": 60 * SECOND, "Retries": 3},
}


def lay_out_static(root, architecture, place):
    """The file system of the static image; its user and whose its files are."""
    kit, programs = place / "kit", make_static(place / "static", architecture, place / "kit")
    for name in ("usr/bin", "etc/ssl/certs", "var/lib/pawl", "usr/share/doc/pawl"):
        (root / name).mkdir(parents=True)
    for program in programs:
        shutil.copyfile(program, root / "usr/bin" / program.name)
        (root / "usr/bin" / program.name).chmod(0o755)
    if not AUTHORITIES.is_file():
        raise Fail("%s is missing: apt-get install ca-certificates" % AUTHORITIES)
    shutil.copyfile(AUTHORITIES, root / "etc/ssl/certs/ca-certificates.crt")
    (root / "etc/passwd").write_text("pawl:x:%d:%d:Pawl:/var/lib/pawl:/nonexistent\n" % (USER, USER), encoding="ascii")
    (root / "etc/group").write_text("pawl:x:%d:\n" % USER, encoding="ascii")
    (root / "etc/nsswitch.conf").write_text("hosts: files dns\n", encoding="ascii")
    write_sbom_and_licences(architecture, root / "usr/share/doc/pawl", kit)
    return (USER, USER), {"var/lib/pawl": (USER, USER)}, []


class Blobs:
    """The blobs of a layout: each under its digest."""

    def __init__(self, layout):
        self.place = layout / "blobs" / "sha256"
        self.place.mkdir(parents=True)

    def add_text(self, media_type, document):
        data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(data).hexdigest()
        (self.place / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def add_file(self, media_type, path):
        digest, size = sha256(path), path.stat().st_size
        shutil.move(path, self.place / digest)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": size}


LABELS = {"org.opencontainers.image.title": "pawl", "org.opencontainers.image.licenses": "Apache-2.0"}


def add_image(blobs, architecture, lay_out):
    """Layer, configuration and manifest of one kind of machine: the same bytes from the same root. Gives the manifest's descriptor."""
    with tempfile.TemporaryDirectory() as outside:
        place, root = pathlib.Path(outside), pathlib.Path(outside, "root")
        root.mkdir()
        (uid, gid), owners, variables = lay_out(root, architecture, place)
        diff_id = write_tar_gz(place / "layer.tar.gz", root, owners=owners)
        layer = blobs.add_file("application/vnd.oci.image.layer.v1.tar+gzip", place / "layer.tar.gz")
    created = datetime.datetime.fromtimestamp(epoch(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    labels = {**LABELS, "org.opencontainers.image.version": version()}
    config = blobs.add_text("application/vnd.oci.image.config.v1+json", {
        "created": created, "architecture": ARCHITECTURES[architecture][1], "os": "linux",
        "config": {**CONFIG, "User": "%d:%d" % (uid, gid), "Env": CONFIG["Env"] + variables, "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff_id]},
        "history": [{"created": created, "created_by": "tools/package oci"}]})
    manifest = blobs.add_text("application/vnd.oci.image.manifest.v1+json", {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer],
        "annotations": {**labels, "org.opencontainers.image.created": created}})
    return {**manifest, "platform": {"architecture": ARCHITECTURES[architecture][1], "os": "linux"}}


def make_oci(directory, architectures, origin="static"):
    """The layout pawl-VERSION-oci[-deb]-ARCH in `directory`; gives its path and the digest that its tag names: of the image, or, of
    several kinds of machines (then without -ARCH), of the index that has an image for each."""
    name = "pawl-%s-oci%s%s" % (version(), "" if origin == "static" else "-" + origin,
                                "-" + architectures[0] if len(architectures) == 1 else "")
    layout = fresh(directory / name)
    blobs, lay_out = Blobs(layout), {"static": lay_out_static, "deb": lay_out_debian}[origin]
    named = [add_image(blobs, architecture, lay_out) for architecture in architectures]
    if len(named) > 1:
        named = [blobs.add_text(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": named})]
    named[0]["annotations"] = {"org.opencontainers.image.ref.name": version()}
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="ascii")
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": named}, sort_keys=True),
                                       encoding="ascii")
    return [layout], named[0]["digest"]
