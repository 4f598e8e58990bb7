#!/usr/bin/python3
"""Prints the vectors of tests/core/password_vectors.hpp: hashes made by others than Pawl.

    python3 -m venv /tmp/vectors
    /tmp/vectors/bin/pip install bcrypt==4.0.1 passlib==1.7.4 django==5.2 werkzeug==3.1 argon2-cffi
    /tmp/vectors/bin/python tests/core/make_password_vectors.py > tests/core/password_vectors.hpp

bcrypt by bcrypt, passlib's, Django's and Werkzeug's forms by themselves, Argon2 by libargon2's reference code through
ctypes. Keycloak's PBKDF2 (64 bytes of SHA-256) by hashlib, in passlib's form. Firebase's: the one its own repository
prints (firebase/scrypt, README) and the one of GoTrue's tests. Salts are fixed, so that the output is the same every
time.
"""

import base64
import ctypes
import hashlib

import bcrypt
import django.conf
import werkzeug.security
from django.contrib.auth import hashers
from passlib.hash import bcrypt as passlib_bcrypt
from passlib.hash import bcrypt_sha256, pbkdf2_sha256, pbkdf2_sha512
from passlib.hash import scrypt as passlib_scrypt

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


def keycloak(password: bytes, salt: bytes, rounds: int) -> str:
    raw = hashlib.pbkdf2_hmac("sha256", password, salt, rounds, 64)
    salt_text, hash_text = (base64.b64encode(b).decode().rstrip("=").replace("+", ".") for b in (salt, raw))
    return f"$pbkdf2-sha256${rounds}${salt_text}${hash_text}"


class CheapArgon2(hashers.Argon2PasswordHasher):
    memory_cost, time_cost, parallelism = 64, 2, 2


def of_django(password: bytes):
    text, salt = password.decode(), "NaClNaClNaCl"
    yield hashers.ScryptPasswordHasher().encode(text, salt, n=1024, r=8, p=5)
    yield CheapArgon2().encode(text, salt)
    yield hashers.BCryptPasswordHasher().encode(text, b"$2b$04$abcdefghijklmnopqrstuu")
    yield hashers.BCryptSHA256PasswordHasher().encode(text, b"$2b$04$abcdefghijklmnopqrstuu")


def of_werkzeug(password: bytes):
    for method in ("scrypt:1024:8:1", "scrypt:2048:4:2", "pbkdf2:sha256:1000", "pbkdf2:sha512:1000"):
        yield werkzeug.security.generate_password_hash(password.decode(), method)


def of_passlib(password: bytes, salt: bytes):
    yield passlib_scrypt.using(salt=salt, rounds=10).hash(password)
    yield passlib_scrypt.using(salt=b"\xff\xfe\xfb" * 5, rounds=8, block_size=2, parallelism=3).hash(password)
    yield pbkdf2_sha512.using(salt=salt, rounds=1000).hash(password)
    yield bcrypt_sha256.using(rounds=4, salt="N" * 21 + "u").hash(password)


FIREBASE = (
    (b"user1password", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKb"
     "m0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRu"
     "id5lQ=="),
    (b"mytestpassword", "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n1"
     "4J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84"
     "+hfTw=="),
)


def vectors():
    salt = b"0123456789abcdef"
    for password in PASSWORDS:
        yield password, bcrypt.hashpw(password, b"$2b$04$abcdefghijklmnopqrstuu").decode()
        yield password, pbkdf2_sha256.using(salt=salt, rounds=1000).hash(password)
        yield password, hashers.PBKDF2PasswordHasher().encode(password.decode(), "NaClNaClNaCl", 1000)
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
    for password in PASSWORDS:
        for stored in (*of_passlib(password, salt), *of_django(password), *of_werkzeug(password)):
            yield password, stored
        yield password, keycloak(password, salt, 1000)
    yield from FIREBASE


def literal(data: bytes) -> str:
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in data) + '"sv'


django.conf.settings.configure()
werkzeug.security.gen_salt = lambda length: "NaClNaClNaClNaCl"[:length]
print("// Made by tests/core/make_password_vectors.py: hashes by others than Pawl, and the password of each.")
print("#pragma once\n\n#include <array>\n#include <string_view>\n")
print("// clang-format off\nnamespace pawl::test {\n\nusing namespace std::string_view_literals;\n")
print("struct password_vector {\n    std::string_view password;\n    std::string_view stored;\n};")
made = list(vectors())
print(f"inline constexpr std::array<password_vector, {len(made)}> password_vectors{{{{")
for made_password, made_hash in made:
    print(f"    {{{literal(made_password)}, {literal(made_hash.encode())}}},")
print("}};\n\n} // namespace pawl::test")
