"""What a seccomp filter says to a system call: the few instructions of classic BPF that libseccomp writes, run one by one."""
import re
import struct

ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000  # REFUSE has the error in its low half
STEPS_MAX = 10_000
COMPARISONS = {0x10: lambda a, k: a == k, 0x20: lambda a, k: a > k, 0x30: lambda a, k: a >= k, 0x40: lambda a, k: a & k != 0}


def read_filter(data):
    """The instructions in what seccomp_export_bpf wrote."""
    return [struct.unpack_from("<HBBI", data, at) for at in range(0, len(data), 8)]


def verdict(program, machine, number, arguments=()):
    """What the filter returns for a call by its number and its first arguments; `machine` is an AUDIT_ARCH_ value."""
    padded = (*arguments, *[0] * 6)[:6]
    data, accumulator, at = struct.pack("<IIQ6Q", number, machine, 0, *padded), 0, 0
    for _ in range(STEPS_MAX):
        code, if_true, if_false, k = program[at]
        at += 1
        if code == 0x20:  # load a word
            accumulator, = struct.unpack_from("<I", data, k)
        elif code == 0x54:
            accumulator &= k
        elif code == 0x05:
            at += k
        elif code == 0x06:
            return k
        else:
            at += if_true if COMPARISONS[code & 0xF0](accumulator, k) else if_false
    raise ValueError("the filter does not end")


def call_numbers(header):
    """Name -> number of the calls in asm-generic/unistd.h, by the names that 64-bit machines have."""
    text = header.read_text(encoding="utf-8")
    names = {name: int(number) for name, number in re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", text, re.MULTILINE)}
    return {**names, "newfstatat": names["fstatat"]}
