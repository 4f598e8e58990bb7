"""What is linked, as CycloneDX 1.5 in JSON, and as the folder licenses/ with its notice. Both follow make.inventory."""
import datetime
import json
import pathlib
import re
import shutil
import uuid

from make.common import ROOT, epoch, version
from make.inventory import inventory, swagger_ui
from make.machine import machine

COMMON_LICENCES = pathlib.Path("/usr/share/common-licenses")
NOTICE = """Pawl %s holds or uses the software below. The full texts are beside this file, by Debian's package.

%s
Swagger UI %s (Apache-2.0) is inside pawld: its licence, its notice and those of what it bundles are the files swagger-ui*.

Libraries under the LGPL: %s.
You may put your own versions of them in place%s.
Their sources are Debian's, in exactly these versions (apt-get source NAME=VERSION; `tools/package sources` fetches them into
the place that has the packages):

%s"""


def components_json(components, swagger_version):
    out = []
    for one in components:
        out.append({
            "type": "library", "bom-ref": "deb/" + one.name, "name": one.name, "version": one.version,
            "purl": "pkg:deb/debian/%s@%s?distro=debian-12" % (one.name, one.version.replace("+", "%2B")),
            "licenses": [{"expression": one.licence}],
            "properties": [{"name": "pawl:how", "value": one.how}, {"name": "pawl:debian-source", "value": one.source},
                           {"name": "pawl:debian-source-version", "value": one.source_version}]})
    out.append({"type": "library", "bom-ref": "npm/swagger-ui-dist", "name": "swagger-ui-dist", "version": swagger_version,
                "purl": "pkg:npm/swagger-ui-dist@" + swagger_version, "licenses": [{"expression": "Apache-2.0"}],
                "properties": [{"name": "pawl:how", "value": "embedded"}]})
    return out


def sbom_text(components, swagger_version, kind):
    """The document; the same bytes from the same parts."""
    parts = components_json(components, swagger_version)
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": "urn:uuid:%s" % uuid.uuid5(uuid.NAMESPACE_URL, kind + json.dumps(parts, sort_keys=True)),
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(epoch(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "application", "bom-ref": "pawl", "name": "pawl", "version": version(),
                          "licenses": [{"expression": "Apache-2.0"}],
                          "properties": [{"name": "pawl:linking", "value": kind}]}},
        "components": parts,
        "dependencies": [{"ref": "pawl", "dependsOn": [part["bom-ref"] for part in parts]}]}
    return json.dumps(document, indent=1) + "\n"


def root_with(package, root):
    """`root`, or / for what only this machine has: the compiler and the word list."""
    return root if (root / "usr/share/doc" / package / "copyright").exists() else pathlib.Path("/")


def copy_licences(components, swagger_files, place, root):
    """Each package's copyright file, and the common licences that these name."""
    named = set()
    for one in components:
        text = (root_with(one.name, root) / "usr/share/doc" / one.name / "copyright").read_text(encoding="utf-8", errors="replace")
        (place / (one.name + ".txt")).write_text(text, encoding="utf-8")
        named |= set(re.findall(r"/usr/share/common-licenses/([A-Za-z]+-[0-9]+(?:\.[0-9]+)?)", text))
    for name in sorted(named | {"LGPL-2.1"}):
        if (COMMON_LICENCES / name).is_file():
            shutil.copyfile((COMMON_LICENCES / name).resolve(), place / ("common-%s.txt" % name))
    for path in swagger_files:
        shutil.copyfile(path, place / ("swagger-ui-%s.txt" % path.name.lower().replace(".txt", "").replace("swagger-ui-", "")))
    shutil.copyfile(ROOT / "LICENSE", place / "Pawl.txt")


def write_sbom_and_licences(architecture, place, kit=None, with_texts=True):
    """pawl.cdx.json, NOTICE and licenses/ in the directory `place`; gives the components."""
    components, kind = inventory(architecture, kit), "static" if kit else "shared"
    swagger_version, swagger_files = swagger_ui(machine(architecture).build())
    (place / "pawl.cdx.json").write_text(sbom_text(components, swagger_version, kind), encoding="utf-8")
    if not with_texts:
        return components
    lgpl = sorted({(one.source, one.source_version) for one in components if one.is_lgpl and one.how == "linked"})
    anew = ": pawl-%s-relink has the objects and the script" % version() if kit else ": they are shared libraries"
    (place / "NOTICE").write_text(NOTICE % (
        version(), "".join("%-24s %-28s %s\n" % (one.name, one.version, one.licence) for one in components), swagger_version,
        ", ".join(name for name, _ in lgpl), anew, "".join("    %s=%s\n" % pair for pair in lgpl)), encoding="utf-8")
    (place / "licenses").mkdir()
    copy_licences(components, swagger_files, place / "licenses", machine(architecture).root)
    return components
