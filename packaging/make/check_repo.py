"""The apt repository: taken by apt-get with a state of its own, and refused when it was changed or another signed it."""
import os
import pathlib
import subprocess

from make.check import need_tool
from make.common import Fail, run, this_architecture
from make.repo import make_repo
from make.serving import expect

QUICK = ()


def made_key(places, name):
    """A home of gpg with one key in it."""
    need_tool("gpg", "gnupg")
    def make(home):
        home.chmod(0o700)
        run(["gpg", "--batch", "--passphrase", "", "--quick-generate-key", name + "@pawl.invalid", "ed25519", "sign", "1d"],
            env={**os.environ, "GNUPGHOME": str(home)})
        return home
    return places.once("gpg-" + name, make)


def repository(places):
    need_tool("apt-ftparchive", "apt-utils")
    home = made_key(places, "signer")
    os.environ["PAWL_SIGNING_KEY"] = "signer@pawl.invalid"
    return places.once("repo", lambda place: make_repo(place, [this_architecture()], home)[0])


def apt_update(places, root, keyring):
    """Exit status and what it said; and the options with which apt-get goes on."""
    state = places.fresh("apt")
    for name in ("lists/partial", "cache/archives/partial", "etc"):
        (state / name).mkdir(parents=True)
    (state / "status").touch()
    (state / "etc/sources.list").write_text("deb [signed-by=%s] file:%s stable main\n" % (keyring, root), encoding="ascii")
    options = ["-o", "Dir::Etc=%s/etc" % state, "-o", "Dir::State::lists=%s/lists" % state, "-o", "Dir::Cache=%s/cache" % state,
               "-o", "Dir::State::status=%s/status" % state, "-o", "APT::Sandbox::User=root"]
    done = subprocess.run(["apt-get", *options, "update"], capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done.returncode, done.stdout + done.stderr, options


def check_apt_takes_it(places):
    root = repository(places)
    status, said, options = apt_update(places, root, root / "pawl-archive-keyring.gpg")
    expect(status == 0 and "W:" not in said, said)
    place = places.fresh("download")
    run(["apt-get", *options, "download", "pawl"], cwd=place)
    expect([path.suffix for path in place.iterdir()] == [".deb"], "nothing was downloaded")


def check_apt_refuses_another_signer_and_a_changed_index(places):
    root = repository(places)
    other = places.fresh("other") / "other.gpg"
    run(["gpg", "--batch", "--output", other, "--export", "other@pawl.invalid"],
        env={**os.environ, "GNUPGHOME": str(made_key(places, "other"))})
    status, said, _ = apt_update(places, root, other)
    expect(status != 0 or "NO_PUBKEY" in said, "another's key was taken:\n" + said)
    index = root / "dists/stable/InRelease"
    text = index.read_text(encoding="utf-8")
    index.write_text(text.replace("Label: Pawl", "Label: Paul"), encoding="utf-8")
    try:
        status, said, _ = apt_update(places, root, root / "pawl-archive-keyring.gpg")
    finally:
        index.write_text(text, encoding="utf-8")
    expect(status != 0 or "BADSIG" in said, "a changed index was taken:\n" + said)


def check_without_a_key_it_says_how_to_get_one(places):
    key = os.environ.pop("PAWL_SIGNING_KEY", None)
    try:
        make_repo(pathlib.Path(places.fresh("none")), [this_architecture()])
    except Fail as failure:
        expect("PAWL_SIGNING_KEY" in str(failure), str(failure))
        return
    finally:
        if key:
            os.environ["PAWL_SIGNING_KEY"] = key
    expect(False, "it was signed by chance")
