#!/usr/bin/env python3
"""Makes the documents that pawld serves: assemble.py SOURCE_DIR OUT_DIR

openapi.json is the API with admin.json merged in, without /dev/*; openapi-dev.json has dev.json, too. The second home of some paths
(/api/v1/auth/...) is copied here instead of written twice. A member given twice is an error."""

import copy
import json
import os
import sys

ALIASES = {
    "/api/v1/auth/signup": "/signup",
    "/api/v1/auth/login": "/login",
    "/api/v1/auth/refresh": "/refresh",
    "/api/v1/auth/logout": "/logout",
    "/api/v1/auth/me": "/users/me",
}
ALIAS_TAG = "alias"
METHODS = ("get", "post", "put", "patch", "delete")


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        sys.exit("assemble.py: a member is given twice among " + ", ".join(name for name, _ in pairs))
    return members


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=unique)


def merge(into, more):
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        elif isinstance(value, list) and isinstance(into.get(name), list):
            into[name] = into[name] + value
        elif name in into:
            sys.exit(f"assemble.py: {name} is in both documents")
        else:
            into[name] = value


def add_aliases(document):
    for path, original in ALIASES.items():
        item = copy.deepcopy(document["paths"][original])
        for method in METHODS:
            if method in item:
                item[method]["operationId"] += "_v1"
                item[method]["tags"] = [ALIAS_TAG]
                item[method]["description"] = f"The same as `{original}`."
        document["paths"][path] = item


def write(document, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def main():
    source_dir, out_dir = sys.argv[1:]
    document = load(os.path.join(source_dir, "openapi.json"))
    add_aliases(document)
    merge(document, load(os.path.join(source_dir, "admin.json")))
    write(document, os.path.join(out_dir, "openapi.json"))
    merge(document, load(os.path.join(source_dir, "dev.json")))
    write(document, os.path.join(out_dir, "openapi-dev.json"))


main()
