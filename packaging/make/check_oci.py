"""The images: read as its standard has it and by skopeo and umoci, and its root used as a container would."""
import json
import os
import socket
import subprocess
import tarfile

from make.check import need_root, need_tool
from make.common import run, run_program, sha256, this_architecture
from make.oci import make_oci
from make.serving import expect, server, use

QUICK = ("check_every_blob_is_what_its_name_says", "check_its_root_serves_as_a_container_would", "check_it_is_the_same_twice")


def layout_of(places, origin="static"):
    def make(place):
        if origin == "deb":
            need_root()
            need_tool("mmdebstrap", "mmdebstrap")
            need_tool("dh_installsysusers", "debhelper")
        return make_oci(place, [this_architecture()], origin)[0][0]
    return places.once("oci-" + origin, make)


def read_json(layout, descriptor):
    return json.loads((layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")).read_bytes())


def parts_of(layout):
    """Manifest and configuration."""
    manifest = read_json(layout, json.loads((layout / "index.json").read_text(encoding="utf-8"))["manifests"][0])
    return manifest, read_json(layout, manifest["config"])


def unpacked(places, origin="static"):
    """The one layer, laid out with its owners; and the configuration."""
    layout = layout_of(places, origin)

    def make(place):
        manifest, _ = parts_of(layout)
        with tarfile.open(layout / "blobs/sha256" / manifest["layers"][0]["digest"].removeprefix("sha256:")) as tar:
            tar.extractall(place, numeric_owner=True)
        return place
    return places.once("oci-root-" + origin, make), parts_of(layout)[1]


def check_every_blob_is_what_its_name_says(places):
    layout = layout_of(places)
    for blob in (layout / "blobs/sha256").iterdir():
        expect(sha256(blob) == blob.name, "%s has another digest" % blob.name)
    manifest, config = parts_of(layout)
    for descriptor in [manifest["config"], *manifest["layers"]]:
        blob = layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")
        expect(blob.stat().st_size == descriptor["size"], "%s has another size" % blob.name)
    expect(len(config["rootfs"]["diff_ids"]) == len(manifest["layers"]) == 1, "one layer")
    expect(config["config"]["User"] == "65532:65532", "it runs as 65532")
    expect(len(config["config"]["Entrypoint"]) == 1, "options belong into the environment")


def check_its_root_serves_as_a_container_would(places):
    need_root()
    root, config = unpacked(places)
    names = {str(path.relative_to(root)) for path in root.rglob("*")}
    expect({"usr/bin/pawld", "usr/share/doc/pawl/NOTICE", "usr/share/doc/pawl/licenses/libc6-dev.txt",
            "etc/ssl/certs/ca-certificates.crt"} <= names, "files are missing: %s" % sorted(names)[:20])
    serves_as_a_container_would(root, config, (65532, 65532))


def check_the_image_from_the_deb_serves_as_a_container_would(places):
    root, config = unpacked(places, "deb")
    passwd = dict(line.split(":", 1) for line in (root / "etc/passwd").read_text(encoding="utf-8").strip().split("\n"))
    uid, gid = (int(number) for number in passwd["pawl"].split(":")[1:3])
    expect(config["config"]["User"] == "%d:%d" % (uid, gid) and uid != 0, "it runs as another than the package's user")
    status = run(["chroot", root, "dpkg-query", "-W", "-f=${db:Status-Abbrev}", "pawl"]).strip()
    expect(status == "ii", "the package is not installed: " + status)
    expect((root / "tmp").stat().st_mode & 0o7777 == 0o1777, "modes of Debian's files were lost")
    serves_as_a_container_would(root, config, (uid, gid))


def serves_as_a_container_would(root, config, user):
    """Starts it in its root directory, as its user, with the variables of the image and two of a person; uses it; asks its health."""
    status = (root / "var/lib/pawl").stat()
    expect((status.st_uid, status.st_gid, status.st_mode & 0o777) == (*user, 0o700), "the data directory: %s" % (status,))
    settings = config["config"]
    environment = dict(pair.split("=", 1) for pair in settings["Env"])
    as_user = [need_tool("chroot", "coreutils"), "--userspec=" + settings["User"], root]
    health = [*as_user, *settings["Healthcheck"]["Test"][1:]]
    environment.update({"PAWL_ISSUER": "http://auth.example", "PAWL_LISTEN": "0.0.0.0:%d" % free_port()})
    with server([*as_user, *settings["Entrypoint"]], environment) as running:
        use(running.url)
        run_program(health, environment)
    done = subprocess.run([str(word) for word in health], env=environment, capture_output=True, text=True, check=False)
    expect(done.returncode != 0 and len(done.stderr.strip().split("\n")) == 1, "health of a stopped server: %s" % (done,))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def check_it_is_the_same_twice(places):
    again = make_oci(places.fresh("again"), [this_architecture()])[0][0]
    expect((again / "index.json").read_bytes() == (layout_of(places) / "index.json").read_bytes(), "another image from the same build")


def check_the_image_from_the_deb_is_the_same_twice(places):
    once = layout_of(places, "deb")
    again = make_oci(places.fresh("again"), [this_architecture()], "deb")[0][0]
    expect((again / "index.json").read_bytes() == (once / "index.json").read_bytes(), "another image from the same packages")


def is_read_by_skopeo(places, layout, user):
    skopeo = need_tool("skopeo", "skopeo")
    facts = json.loads(run([skopeo, "inspect", "oci:%s" % layout]))
    expect((facts["Os"], facts["Architecture"]) == ("linux", this_architecture()), str(facts))
    config = json.loads(run([skopeo, "inspect", "--config", "oci:%s" % layout]))
    expect(config["config"]["User"] == user, str(config))
    run([skopeo, "copy", "oci:%s" % layout, "docker-archive:%s:pawl:check" % (places.fresh("copy") / "pawl.tar")])


def check_skopeo_reads_it(places):
    is_read_by_skopeo(places, layout_of(places), "65532:65532")


def check_skopeo_reads_the_image_from_the_deb(places):
    layout = layout_of(places, "deb")
    is_read_by_skopeo(places, layout, parts_of(layout)[1]["config"]["User"])


def is_unpacked_by_umoci(places, layout, uid):
    need_root()
    umoci, bundle = need_tool("umoci", "umoci"), places.fresh("bundle") / "b"
    tag = json.loads((layout / "index.json").read_text(encoding="utf-8"))["manifests"][0]["annotations"]
    run([umoci, "unpack", "--image", "%s:%s" % (layout, tag["org.opencontainers.image.ref.name"]), bundle])
    process = json.loads((bundle / "config.json").read_text(encoding="utf-8"))["process"]
    expect(process["user"]["uid"] == uid and process["args"] == ["/usr/bin/pawld"], str(process))
    expect(os.stat(bundle / "rootfs/var/lib/pawl").st_uid == uid, "umoci's root has another owner")


def check_umoci_unpacks_it(places):
    is_unpacked_by_umoci(places, layout_of(places), 65532)


def check_umoci_unpacks_the_image_from_the_deb(places):
    layout = layout_of(places, "deb")
    is_unpacked_by_umoci(places, layout, int(parts_of(layout)[1]["config"]["User"].split(":")[0]))
