"""The log as bytes, for tests that damage it: frames are found, changed, and their checksums made right again."""
import pathlib
import struct

PAD, HEADER, MAGIC = 4096, 64, 0x314C5750
USER, FAMILY_CREATED, FAMILY_WORD = 0x8001, 0x8002, 0x8003


def _table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


_TABLE = _table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Frame:
    def __init__(self, offset, data, pad=PAD):
        self.offset, self.type = offset, data[4]
        self.batch, self.lsn, self.records, self.size, self.time = struct.unpack_from("<QQIIq", data, 8)
        self.payload = bytes(data[HEADER:HEADER + self.size])
        self.padded = -(-(HEADER + self.size + 4) // pad) * pad

    def kinds(self):
        at, kinds = 0, []
        while at < len(self.payload):
            kind, _, size = struct.unpack_from("<HHI", self.payload, at)
            kinds.append(kind)
            at += 8 + size
        return kinds


class Segment:
    """One wal file, of frames padded to `pad`. Changes are written by save()."""

    def __init__(self, path, pad=PAD):
        self.path, self.pad = pathlib.Path(path), pad
        self.data = bytearray(self.path.read_bytes())

    def save(self):
        self.path.write_bytes(self.data)

    def frames(self):
        at, found = PAD, []
        while at + HEADER <= len(self.data) and struct.unpack_from("<I", self.data, at)[0] == MAGIC:
            found.append(Frame(at, self.data[at:at + 2 * 1024 * 1024], self.pad))
            at += found[-1].padded
        return found

    def seal_header(self, frame):
        """Makes the checksums of a changed frame right; its chain stays wrong."""
        at = frame.offset
        size = struct.unpack_from("<I", self.data, at + 28)[0]
        payload = self.data[at + HEADER:at + HEADER + size]
        struct.pack_into("<I", self.data, at + 40, crc32c(payload))
        struct.pack_into("<I", self.data, at + 44, crc32c(bytes(self.data[16:32]) + bytes(self.data[at:at + 44])))
        crcs = struct.unpack_from("<II", self.data, at + 40)
        trailer = (crcs[0] ^ crcs[1] ^ crc32c(self.data[at + 48:at + 64])) | 0x81000000
        if at + HEADER + size + 4 <= len(self.data):
            struct.pack_into("<I", self.data, at + HEADER + size, trailer)

    def seal_segment_header(self):
        struct.pack_into("<I", self.data, 4092, crc32c(self.data[:4092]))
