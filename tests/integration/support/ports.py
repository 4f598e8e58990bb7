"""Ports for programs that must be told theirs before they start.

A port the kernel hands out and takes back (bind to 0, close) may be handed out again: to the next test, to another test program, or to
somebody's outgoing connection. These are below the kernel's own range, each is given once in a process, and as long as the process lives
no other test program is given it: its mark is a name in the abstract namespace of Unix sockets, which is a network namespace's own, as
ports are, and goes with the process."""
import errno
import random
import socket

FIRST, LAST = 10240, 32767
_marks = []


def _kernels_range():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            low, high = (int(word) for word in file.read().split())
            return range(low, high + 1)
    except OSError:
        return range(32768, 61000)


def _is_free(port):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:  # a host may be without IPv6
                return False
    return True


def free_port():
    """A port of 127.0.0.1 on which nothing listens and that no other call was given."""
    kernels = _kernels_range()
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        if port in kernels:
            continue
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind("\0pawl-test-port-%d" % port)
        except OSError:
            mark.close()
            continue
        if _is_free(port):
            _marks.append(mark)
            return port
        mark.close()
    raise OSError("no port is free between %d and %d" % (FIRST, LAST))
