"""What the parts cost on this machine, measured beside the servers: a signature, and a hash of libargon2 as Debian builds it."""
import concurrent.futures
import ctypes
import ctypes.util
import os
import re
import subprocess
import time

SIGNATURES = {"ES256": "ecdsap256", "EdDSA": "ed25519"}
MEMORY_KIB, PASSES = 19456, 2  # pawld's default cost


def signature_us(algorithm):
    """CPU µs of one signature by `openssl speed`, or None where it does not say."""
    done = subprocess.run(["openssl", "speed", "-mr", "-seconds", "1", SIGNATURES[algorithm]], capture_output=True, text=True,
                          check=False)
    # +F4 (ECDSA) and +F6 (EdDSA) end with signatures and verifications a second of CPU time
    found = re.search(r"^\+F[46]:.*:([0-9.]+):[0-9.]+$", done.stdout, re.MULTILINE)
    return 1e6 / float(found.group(1)) if found and float(found.group(1)) > 0 else None


def argon2_a_second(seconds):
    """Hashes a second of libargon2 on all cores at once, or None where it is not installed."""
    name = ctypes.util.find_library("argon2")
    if name is None:
        return None
    library = ctypes.CDLL(name)  # calls run without the interpreter's lock
    word, size, text = ctypes.c_uint32, ctypes.c_size_t, ctypes.c_char_p
    library.argon2id_hash_encoded.argtypes = [word, word, word, text, size, text, size, size, text, size]
    begin = time.monotonic()

    def hashes():
        done, out = 0, ctypes.create_string_buffer(128)
        while time.monotonic() - begin < seconds:
            if library.argon2id_hash_encoded(PASSES, MEMORY_KIB, 1, b"correct horse battery", 21, b"saltsaltsaltsalt", 16, 32,
                                             out, 128) != 0:
                raise RuntimeError("libargon2 refused")
            done += 1
        return done
    cores = os.cpu_count() or 1
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        total = sum(pool.map(lambda _: hashes(), range(cores)))
    return total / (time.monotonic() - begin)


def measure(seconds):
    return {"sign_us": {name: signature_us(name) for name in SIGNATURES},
            "argon2_a_second": argon2_a_second(seconds)}
