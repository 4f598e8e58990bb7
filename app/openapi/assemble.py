#!/usr/bin/env python3
"""Makes the one file that pawld prints its OpenAPI document from: assemble.py APP_DIR OUT

OUT has openapi/document.json (the frame) as "document", openapi/refusals.json as "refusals", and of each handler/*.json
what it says, by its name, in "handlers". Error responses, paths and who may ask come from the rows of the route table
when the document is printed (openapi/document.cpp). What is wrong with a file ends the build: JSON that does not parse,
a member given twice, an operation or schema given twice, one without what it must have, a $ref that leads nowhere, a
schema that nothing refers to."""

import json
import os
import sys

HANDLER_MEMBERS = {"tag", "operations", "schemas"}
OPERATION_MEMBERS = {"summary", "description", "security", "parameters", "requestBody", "responses", "refusals"}
REQUIRED_OF_OPERATION = ("summary", "description", "responses")


class Wrong(Exception):
    pass


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Wrong("a member is given twice among " + ", ".join(name for name, _ in pairs))
    return members


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file, object_pairs_hook=unique)
    except (Wrong, ValueError) as error:
        raise Wrong(f"{path}: {error}") from None


def references(value):
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref":
                yield member
            else:
                yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def check_handler(name, handler):
    if unknown := set(handler) - HANDLER_MEMBERS:
        raise Wrong(f"{name}.json: unknown members: {', '.join(sorted(unknown))}")
    for operation, members in handler["operations"].items():
        if unknown := set(members) - OPERATION_MEMBERS:
            raise Wrong(f"{name}.json: {operation} has unknown members: {', '.join(sorted(unknown))}")
        if missing := [member for member in REQUIRED_OF_OPERATION if member not in members]:
            raise Wrong(f"{name}.json: {operation} has no {', '.join(missing)}")
        if errors := [status for status in members["responses"] if int(status) >= 400]:
            raise Wrong(f"{name}.json: {operation} has {errors[0]}: error responses come from the row in {name}.cpp")


def once(kind, groups):
    """The names of all groups; none of them may be in two."""
    home = {}
    for place, names in groups:
        for name in names:
            if name in home:
                raise Wrong(f"the {kind} {name} is in {home[name]} and in {place}")
            home[name] = place
    return set(home)


def check_references(contract, schemas):
    known = {f"#/components/schemas/{name}" for name in schemas}
    for kind in ("headers", "responses"):
        known |= {f"#/components/{kind}/{name}" for name in contract["document"]["components"][kind]}
    used = set(references(contract))
    if dangling := used - known:
        raise Wrong(f"{sorted(dangling)[0]} leads nowhere")
    printed = {"#/components/schemas/OAuthError"}  # only error responses refer to it
    unused = {f"#/components/schemas/{name}" for name in schemas} - used - printed
    if unused:
        raise Wrong(f"nothing refers to {sorted(unused)[0]}")


def assemble(app_dir):
    place = os.path.join(app_dir, "handler")
    names = sorted(entry[: -len(".json")] for entry in os.listdir(place) if entry.endswith(".json"))
    contract = {
        "document": load(os.path.join(app_dir, "openapi", "document.json")),
        "refusals": load(os.path.join(app_dir, "openapi", "refusals.json")),
        "handlers": {name: load(os.path.join(place, name + ".json")) for name in names},
    }
    handlers = contract["handlers"]
    for name, handler in handlers.items():
        check_handler(name, handler)
    once("operation", ((name, handler["operations"]) for name, handler in handlers.items()))
    schemas = once(
        "schema",
        [("document.json", contract["document"]["components"]["schemas"])]
        + [(name, handler.get("schemas", {})) for name, handler in handlers.items()],
    )
    check_references(contract, schemas)
    return contract


def main():
    app_dir, out = sys.argv[1:]
    try:
        contract = assemble(app_dir)
    except (Wrong, KeyError) as error:
        sys.exit(f"assemble.py: {error}")
    with open(out, "w", encoding="utf-8") as file:
        json.dump(contract, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
