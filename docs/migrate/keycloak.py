#!/usr/bin/env python3
"""Users of a Keycloak realm export as `pawlctl import --from json` takes them.

    python3 keycloak.py realm.json > users.json

Who can't be moved, or comes without a password, is named on stderr.
"""
import datetime
import json
import sys

BUILT_IN_ROLES = ("offline_access", "uma_authorization")


def unpadded(text):
    return text.rstrip("=")


def stored_hash(credential):
    """Keycloak's password credential in a form that Pawl verifies, or None."""
    secret, data = json.loads(credential["secretData"]), json.loads(credential["credentialData"])
    algorithm, salt, value = data["algorithm"], unpadded(secret["salt"]), unpadded(secret["value"])
    if algorithm in ("pbkdf2-sha256", "pbkdf2-sha512"):  # in passlib's form, whose base64 has . for +
        return "$%s$%d$%s$%s" % (algorithm, data["hashIterations"], salt.replace("+", "."), value.replace("+", "."))
    if algorithm == "argon2":
        more = {name: values[0] for name, values in data["additionalParameters"].items()}
        version = {"1.0": 16, "1.3": 19}[more["version"]]
        return "$argon2%s$v=%d$m=%s,t=%d,p=%s$%s$%s" % (
            more["type"], version, more["memory"], data["hashIterations"], more["parallelism"], salt, value)
    return None


def password_of(user):
    hashes = [stored_hash(c) for c in user.get("credentials", []) if c["type"] == "password"]
    return next((text for text in hashes if text), "")


def moved(user):
    created = datetime.datetime.fromtimestamp(user.get("createdTimestamp", 0) / 1000, datetime.timezone.utc)
    roles = [r for r in user.get("realmRoles", []) if r not in BUILT_IN_ROLES and not r.startswith("default-roles-")]
    return {"email": user["email"], "username": user["username"], "password_hash": password_of(user),
            "first_name": user.get("firstName", ""), "surname": user.get("lastName", ""), "roles": roles,
            "email_verified": user.get("emailVerified", False), "enabled": user.get("enabled", True),
            "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ")}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        users = json.load(file).get("users", [])
    people = [user for user in users if not user.get("serviceAccountClientId")]
    out = []
    for user in people:
        if not user.get("email"):
            print("left out, for there is no email: " + user["username"], file=sys.stderr)
            continue
        out.append(moved(user))
        if not out[-1]["password_hash"]:
            print("comes without a password: " + user["username"], file=sys.stderr)
    json.dump(out, sys.stdout, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
