"""An image of one layer as an OCI image layout: the static programs, the system's authorities, a user, nothing else."""
import hashlib
import json
import pathlib
import tempfile
import datetime
import shutil

from make.common import ARCHITECTURES, PROGRAMS, Fail, epoch, fresh, sha256, version, write_tar_gz
from make.sbom import write_sbom_and_licences
from make.static import make_static

USER = 65532
AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
SECOND = 1_000_000_000  # Docker counts nanoseconds
CONFIG = {
    "User": "%d:%d" % (USER, USER),
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
OWNERS = {"var/lib/pawl": (USER, USER)}


def lay_out_root(root, programs, architecture, kit):
    """The file system of the image."""
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


def write_layout(layout, root, architecture, tag):
    """Layer, configuration, manifest, index: the same bytes from the same root."""
    blobs = Blobs(layout)
    packed = layout / "layer.tar.gz"
    diff_id = write_tar_gz(packed, root, owners=OWNERS)
    layer = blobs.add_file("application/vnd.oci.image.layer.v1.tar+gzip", packed)
    created = datetime.datetime.fromtimestamp(epoch(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    labels = {"org.opencontainers.image.title": "pawl", "org.opencontainers.image.version": version(),
              "org.opencontainers.image.licenses": "Apache-2.0"}
    config = blobs.add_text("application/vnd.oci.image.config.v1+json", {
        "created": created, "architecture": ARCHITECTURES[architecture][1], "os": "linux",
        "config": {**CONFIG, "Labels": labels}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff_id]},
        "history": [{"created": created, "created_by": "tools/package oci"}]})
    manifest = blobs.add_text("application/vnd.oci.image.manifest.v1+json", {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer],
        "annotations": {**labels, "org.opencontainers.image.created": created}})
    manifest["platform"] = {"architecture": ARCHITECTURES[architecture][1], "os": "linux"}
    manifest["annotations"] = {"org.opencontainers.image.ref.name": tag}
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="ascii")
    (layout / "index.json").write_text(json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [manifest]},
        sort_keys=True), encoding="ascii")
    return manifest["digest"]


def make_oci(directory, architecture):
    """The layout pawl-VERSION-oci-ARCH in `directory`; gives its path and the manifest's digest."""
    layout = fresh(directory / ("pawl-%s-oci-%s" % (version(), architecture)))
    with tempfile.TemporaryDirectory() as place:
        kit, root = pathlib.Path(place, "kit"), pathlib.Path(place, "root")
        make_static(pathlib.Path(place, "static"), architecture, kit)
        root.mkdir()
        lay_out_root(root, [pathlib.Path(place, "static", program) for program in PROGRAMS], architecture, kit)
        digest = write_layout(layout, root, architecture, version())
    return [layout], digest
