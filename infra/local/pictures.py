"""Product pictures for the demo market: PNGs drawn with the standard library alone, the same bytes for the same name."""

from __future__ import annotations

import colorsys
import hashlib
import math
import struct
import zlib

WIDTH, HEIGHT = 1400, 1050


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def picture(name: str) -> bytes:
    """A gradient from corner to corner with a soft disc on it, in colours that come from the name."""
    seed = hashlib.sha256(name.encode()).digest()
    hue = seed[0] / 255
    one, two, disc = _colour(hue, 0.35, 0.98), _colour(hue + 0.12, 0.62, 0.86), _colour(hue + 0.5, 0.45, 1.0)
    centre = WIDTH * (0.35 + seed[1] / 850), HEIGHT * (0.38 + seed[2] / 1060)
    radius = HEIGHT * (0.2 + seed[3] / 2040)
    # One long ramp; each row is a slice of it, so that no pixel is computed twice.
    length = WIDTH + HEIGHT
    ramp = b"".join(
        bytes(round(a + (b - a) * step / length) for a, b in zip(one, two)) for step in range(length)
    )
    rows = []
    for y in range(HEIGHT):
        row = bytearray(ramp[3 * y : 3 * (y + WIDTH)])
        reach = radius * radius - (y - centre[1]) ** 2
        if reach > 0:
            half = math.sqrt(reach)
            left, right = max(0, round(centre[0] - half)), min(WIDTH, round(centre[0] + half))
            row[3 * left : 3 * right] = bytes(disc) * (right - left)
        rows.append(b"\0" + row)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"".join(rows), 3)) + _chunk(b"IEND", b"")
    )
