"""Waiting for something to be so."""
import time


def eventually(condition, seconds=30):
    """Waits until `condition()` is true, which it returns; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("did not happen within %d s" % seconds)
        time.sleep(0.01)
