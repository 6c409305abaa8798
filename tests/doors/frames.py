"""Reads the live stream's binary frames as a client does, from the layout alone."""

import struct


def unpacked(data):
    """The header's time and the rows of a frame."""
    version, kind, zero, count, server_ms = struct.unpack_from("<BBHId", data)
    assert (version, kind, zero) == (1, 1, 0)
    at, columns = 16, []
    for code, size in (("I", 4), ("i", 4), ("i", 4), ("I", 4), ("H", 2), ("B", 1), ("B", 1)):
        columns.append(struct.unpack_from(f"<{count}{code}", data, at))
        at += (count * size + 3) // 4 * 4
    assert at == len(data)
    names = ("slot", "lon_e7", "lat_e7", "fix_s", "speed_cm_s", "course_256", "status")
    return server_ms, [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
