#!/usr/bin/python3
"""Prints the vectors of tests/core/password_vectors.hpp: hashes made by others than Pawl.

bcrypt by python3-bcrypt, PBKDF2 and bcrypt $2a$/$2y$ by python3-passlib, Django's format by hashlib, Argon2 by
libargon2's reference code through ctypes. Salts are fixed, so that the output is the same every time.
"""

import base64
import ctypes
import hashlib

import bcrypt
from passlib.hash import bcrypt as passlib_bcrypt
from passlib.hash import pbkdf2_sha256

PASSWORDS = [b"secret", b"correct horse battery staple", "pässwörd".encode(), b"x" * 72, b"x" * 73, b""]
ARGON2_D, ARGON2_I, ARGON2_ID = 0, 1, 2
argon2 = ctypes.CDLL("libargon2.so.1")


def argon2_text(password: bytes, salt: bytes, kind: int, version: int, m: int, t: int, p: int, size: int) -> str:
    raw = ctypes.create_string_buffer(size)
    text = ctypes.create_string_buffer(512)
    outcome = argon2.argon2_hash(
        ctypes.c_uint32(t), ctypes.c_uint32(m), ctypes.c_uint32(p), password, ctypes.c_size_t(len(password)),
        salt, ctypes.c_size_t(len(salt)), raw, ctypes.c_size_t(size), text, ctypes.c_size_t(512), kind, version)
    assert outcome == 0, outcome
    return text.value.decode()


def django(password: bytes, salt: str, rounds: int) -> str:
    raw = hashlib.pbkdf2_hmac("sha256", password, salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(raw).decode()}"


def vectors():
    salt = b"0123456789abcdef"
    for password in PASSWORDS:
        yield password, bcrypt.hashpw(password, b"$2b$04$abcdefghijklmnopqrstuu").decode()
        yield password, pbkdf2_sha256.using(salt=salt, rounds=1000).hash(password)
        yield password, django(password, "NaClNaClNaCl", 1000)
        yield password, argon2_text(password, salt, ARGON2_ID, 19, 64, 1, 1, 32)
    secret = PASSWORDS[0]
    for ident in ("2a", "2b", "2y"):
        yield secret, passlib_bcrypt.using(ident=ident, rounds=5, salt="N" * 21 + "u").hash(secret)
    yield secret, pbkdf2_sha256.using(salt=b"\xff\xfe\xfb" * 5, rounds=1).hash(secret)
    for kind in (ARGON2_D, ARGON2_I, ARGON2_ID):
        for version in (16, 19):
            for m, t, p, size in ((64, 3, 1, 32), (64, 1, 4, 16), (256, 2, 2, 64), (128, 1, 16, 12)):
                yield secret, argon2_text(secret, salt, kind, version, m, t, p, size)
                yield secret, argon2_text(secret, b"8 bytes!", kind, version, m, t, p, size)
    nul = b"nul\0byte"
    yield nul, argon2_text(nul, salt, ARGON2_ID, 19, 64, 1, 1, 32)
    yield nul, pbkdf2_sha256.using(salt=salt, rounds=10).hash(nul)


def literal(data: bytes) -> str:
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in data) + '"sv'


print("// Made by tests/core/make_password_vectors.py: hashes by others than Pawl, and the password of each.")
print("#pragma once\n\n#include <array>\n#include <string_view>\n")
print("// clang-format off\nnamespace pawl::test {\n\nusing namespace std::string_view_literals;\n")
print("struct password_vector {\n    std::string_view password;\n    std::string_view stored;\n};")
made = list(vectors())
print(f"inline constexpr std::array<password_vector, {len(made)}> password_vectors{{{{")
for made_password, made_hash in made:
    print(f"    {{{literal(made_password)}, {literal(made_hash.encode())}}},")
print("}};\n\n} // namespace pawl::test")
