"""traps_packed - for traps.py: how a trap is told, and those that are packed."""
import bz2
import io
import lzma
import struct
import sys
import tarfile
import zlib

sys.dont_write_bytecode = True

from odd import *

KB, MB, GB = 1 << 10, 1 << 20, 1 << 30
WHOLE = report("trap", 1, [record(1)]).encode()
HEAD = WHOLE[:WHOLE.index(b"  <record>")]
RECORD = record(1).encode()
END = b"</feedback>\n"
traps = {}


def trap(outcome):
    def add(make):
        traps[make.__name__.replace("_", "-")] = (make, outcome)
        return make
    return add


refused, anything = trap("refused"), trap("any")


# ---- packing

def deflated(before, unit, size, behind=b""):
    """Raw deflate of before, of size bytes of repeated unit, and of behind."""
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    out = c.compress(before) + c.flush(zlib.Z_FULL_FLUSH)
    block = unit * (MB // len(unit))
    # the first block ends aligned to a byte, as all that are like it
    one = c.compress(block) + c.flush(zlib.Z_FULL_FLUSH)
    return out + one * (size // len(block)) + c.compress(behind) + c.flush()


def bomb(before, unit, size, behind=b""):
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + deflated(before, unit, size, behind)
            + struct.pack("<II", 0x12345678, size & 0xffffffff))


def zip_entry(name, packed, size, method=8, flags=0, crc=0):
    """A local header and its data."""
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags, method, 0, 33, crc, len(packed), size,
                       len(name), 0) + name + packed


def zip_end(names, offsets, packed, size, at, method=8):
    """Central directory of entries that all say the same but for name and place."""
    directory = b"".join(struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, method, 0, 33, 0, packed,
                                     size,
                                     len(n), 0, 0, 0, 0, 0, o) + n for n, o in zip(names, offsets))
    return directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(names) & 0xffff,
                                   len(names) & 0xffff, len(directory), at, 0)


# ---- bombs

@anything
def gzip_of_zeros():
    return bomb(b"", b"\0", 10 * GB)


@refused
def gzip_of_zeros_in_feedback():
    return bomb(HEAD, b"\0", 10 * GB)


@refused
def gzip_of_blanks():
    return bomb(b"", b" ", 10 * GB)


@refused
def gzip_of_blanks_in_feedback():
    return bomb(HEAD, b" ", 10 * GB, END)


@refused
def gzip_of_elements():
    return bomb(HEAD, b"<a></a>\n", 10 * GB, END)


@refused
def gzip_of_empty_elements_in_record():
    return bomb(HEAD + b"<record>", b"<a/>", 10 * GB, b"</record>" + END)


@refused
def gzip_of_empty_records():
    return bomb(HEAD, b"<record/>", 2 * GB - 16 * MB, END)


@refused
def gzip_of_empty_records_unclosed():
    return bomb(HEAD, b"<record>", 2 * GB - 16 * MB, END)


@refused
def gzip_of_comments():
    return bomb(HEAD, b"<!--a-->", 10 * GB, END)


@refused
def gzip_of_text():
    return bomb(HEAD[:HEAD.index(b"</org_name>")], b"aaaaaaaa", GB)


@refused
def gzip_of_one_comment():
    return bomb(HEAD + b"<!--", b"aaaaaaaa", GB)


@refused
def gzip_of_cdata():
    return bomb(HEAD + b"<![CDATA[", b"aaaaaaaa", GB)


@refused
def gzip_of_one_tag():
    return bomb(HEAD + b"<record ", b"aaaaaaaa", GB)


@refused
def gzip_of_one_attribute():
    return bomb(HEAD + b'<record a="', b"aaaaaaaa", GB)


@anything
def gzip_of_text_before():
    return bomb(b"Report follows", b" follows", GB, WHOLE)


@refused
def gzip_of_feedback_before():
    return bomb(b"<feedback", b" follows", GB, WHOLE)


@refused
def gzip_25_deep():
    data = bomb(b"", b"\0", GB)
    for _ in range(24):
        data = gz(data)
    return data


@anything
def gzip_of_a_million_members():
    return gz(HEAD) + gz(b"") * 1000000 + gz(RECORD + END)


@anything
def xz_of_zeros():
    return lzma.compress(bytes(16 * MB), preset=0) * 200


@refused
def xz_that_wants_memory():
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    # the size of the dictionary is a byte of the block's header, which has a checksum
    data = bytearray(lzma.compress(WHOLE, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0,
                                                    "dict_size": 1 << 16}]))
    at = data.index(b"\x21\x01")
    data[at + 2] = 40  # 4 GB
    length = (data[12] + 1) * 4
    data[12 + length - 4:12 + length] = struct.pack(
            "<I", zlib.crc32(bytes(data[12:12 + length - 4])))
    return bytes(data) if filters else b""


@anything
def bzip2_of_zeros():
    return bz2.compress(bytes(45 * MB)) * 100


@refused
def zip_of_zips():
    """Like 42.zip: 16 in 16 in 16 .. of zeros."""
    data = zipped([("0.dll", bytes(16 * MB))])
    for _ in range(5):
        data = zipped([(f"{i}.zip", data) for i in range(16)])
    return data


@refused
def zip_overlapping():
    """Ten thousand names for one entry, which is a bomb."""
    packed = deflated(HEAD, b" ", 20 * MB, END)
    entry = zip_entry(b"0.xml", packed, 20 * MB)
    names = [b"%d.xml" % i for i in range(10000)]
    return entry + zip_end(names, [0] * len(names), len(packed), 20 * MB, len(entry))


@anything
def zip_declared_4_gb():
    packed = zlib.compress(WHOLE, 9)[2:-4]
    entry = zip_entry(b"0.xml", packed, 0xfffffffe)
    return entry + zip_end([b"0.xml"], [0], len(packed), 0xfffffffe, len(entry))


@refused
def zip_of_100000_empty_files():
    entry = b"".join(zip_entry(b"%d" % i, b"", 0, 0) for i in range(100000))
    return entry + zip_end([b"0"] * 100000, [0] * 100000, 0, 0, len(entry), 0)


@refused
def zip_of_bombs():
    packed = deflated(HEAD, b" ", 200 * MB, END)
    return b"".join(zip_entry(b"%d.xml" % i, packed, 200 * MB) for i in range(30))


@refused
def zip_of_folders():
    entry = b"".join(zip_entry(b"%d/" % i, b"", 0, 0) for i in range(200000))
    return entry


@anything
def zip_of_headers():
    """Local headers inside of local headers: whoever looks for the next one finds many."""
    return b"PK\3\4" * (2 * MB)


@anything
def zip_paths():
    names = ("../../../../tmp/ruadb-trap", "/tmp/ruadb-trap", "..\\..\\ruadb-trap",
             "C:\\ruadb-trap", "a/../../ruadb-trap", "ruadb-trap\0.xml")
    files = [(n, WHOLE.replace(b"<report_id>trap", b"<report_id>path-%d" % i))
             for i, n in enumerate(names)]
    return zipped(files)


@anything
def tar_paths():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for kind, target in ((tarfile.SYMTYPE, "/etc/passwd"),
                             (tarfile.LNKTYPE, "../../ruadb-trap"),
                             (tarfile.CHRTYPE, ""), (tarfile.FIFOTYPE, "")):
            info = tarfile.TarInfo("ruadb-trap-link")
            info.type, info.linkname = kind, target
            t.addfile(info)
        for name in ("../../../../tmp/ruadb-trap", "/tmp/ruadb-trap", "ruadb-trap-link/x"):
            info = tarfile.TarInfo(name)
            data = WHOLE.replace(b"<report_id>trap", b"<report_id>tar" + name.encode())
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_header(name, size, kind=b"0"):
    h = bytearray(512)
    h[0:len(name)] = name
    h[100:108], h[124:136], h[156:157], h[257:265] = b"0000644\0", size, kind, b"ustar\00000"
    h[148:156] = b" " * 8
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)


@anything
def tar_declared_8_gb():
    return tar_header(b"0.xml", b"77777777777\0") + WHOLE


@refused
def tar_of_200000_files():
    return gz(tar_header(b"0", b"00000000000\0") * 200000)


@refused
def tar_of_long_names():
    """Each header's name is a megabyte in front of it."""
    name = tar_header(b"././@LongLink", b"00004000000\0", b"L") + b"a" * MB
    return gz(name * 300)
