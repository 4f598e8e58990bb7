"""Codes as an authenticator application computes them (RFC 6238): SHA-1, six digits, 30 seconds."""
import base64
import hashlib
import hmac


def code(secret, now):
    """Of a Base32 secret, at that second since 1970."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, (now // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((int.from_bytes(mac[at:at + 4], "big") & 0x7FFFFFFF) % 10 ** 6)
