"""Reads tokens, one a line, and prints what the module named by the argument makes of each: its sub, or why it refuses it."""
import importlib
import json
import sys

for line in sys.stdin:
    try:
        answer = {"sub": importlib.import_module(sys.argv[1]).verify(line.strip())["sub"]}
    except Exception as error:  # pylint: disable=broad-exception-caught  # whatever the library throws is a refusal
        answer = {"refused": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer), flush=True)
