#!/usr/bin/env python3
"""Writes the OpenAPI documents as pawld serves them: fetch.py OUT_DIR makes openapi.json and openapi-dev.json.

The server's address, which is another one at each start, is https://auth.example.com in them."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

from support.http import Client
from support.pawld import Pawld


def main():
    out = pathlib.Path(sys.argv[1])
    for name, dev in (("openapi", False), ("openapi-dev", True)):
        with Pawld(dev=dev) as server:
            reply = Client(server.url).get("/openapi.json")
            assert reply.status == 200, reply
            text = reply.body.decode().replace(server.url, "https://auth.example.com")
        (out / (name + ".json")).write_text(text + "\n")


main()
