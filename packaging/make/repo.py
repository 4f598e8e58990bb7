"""A signed apt repository of one package for each kind of machine: pool/, dists/stable/, and the public key that a client is given."""
import gzip
import os
import pathlib
import shutil
import tempfile

from make.common import Fail, fresh, need, run
from make.deb import make_deb

SUITE = "stable"


def signing_key(home):
    """The fingerprint named by PAWL_SIGNING_KEY in the user's own key ring; Fail says how to make one."""
    key = os.environ.get("PAWL_SIGNING_KEY")
    if not key:
        raise Fail("name the key that signs the repository in PAWL_SIGNING_KEY (gpg --quick-generate-key makes one)")
    run(["gpg", "--batch", "--list-secret-keys", key], env=environment_of(home))
    return key


def environment_of(home):
    return {**os.environ, **({"GNUPGHOME": str(home)} if home else {}), "LC_ALL": "C.UTF-8"}


def make_repo(directory, architectures, home=None):
    """The repository `directory`/repo."""
    need("apt-ftparchive", "apt-utils")
    need("gpg", "gnupg")
    key = signing_key(home)
    root = fresh(directory / "repo")
    pool = root / "pool/main/p/pawl"
    pool.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as place:
        for package in (made for one in architectures for made in make_deb(pathlib.Path(place), one)):
            shutil.move(package, pool / package.name)
    for architecture in architectures:
        index = root / "dists" / SUITE / "main" / ("binary-" + architecture)
        index.mkdir(parents=True)
        packages = run(["apt-ftparchive", "--arch", architecture, "packages", "pool"], cwd=root)
        (index / "Packages").write_text(packages, encoding="utf-8")
        with open(index / "Packages.gz", "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(packages.encode())
    options = {"Origin": "Pawl", "Label": "Pawl", "Suite": SUITE, "Codename": SUITE, "Architectures": " ".join(architectures),
               "Components": "main", "Description": "Pawl, an authentication server"}
    words = [word for name, value in options.items() for word in ("-o", "APT::FTPArchive::Release::%s=%s" % (name, value))]
    release = run(["apt-ftparchive", *words, "release", "dists/" + SUITE], cwd=root)
    (root / "dists" / SUITE / "Release").write_text(release, encoding="utf-8")
    for words, name in ((["--clearsign"], "InRelease"), (["--armor", "--detach-sign"], "Release.gpg")):
        run(["gpg", "--batch", "--yes", "--local-user", key, "--digest-algo", "SHA512", *words, "--output",
             root / "dists" / SUITE / name, root / "dists" / SUITE / "Release"], env=environment_of(home))
    run(["gpg", "--batch", "--yes", "--output", root / "pawl-archive-keyring.gpg", "--export", key], env=environment_of(home))
    return [root]
