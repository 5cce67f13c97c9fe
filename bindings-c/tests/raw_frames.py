"""Writes a PNG of 8-bit RGB or RGBA as raw frames in blue, green, red: raw_frames.py PHOTO FRAMES COUNT

Prints width and height. Stands in for a camera, and needs nothing but Python.
"""

import struct
import sys
import zlib
from pathlib import Path


def chunks(png: bytes):
    at = 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + length]
        at += 12 + length


def rows(width: int, height: int, channels: int, packed: bytes):
    """The rows as they were before each was written as a difference to its neighbours."""
    above = bytes(width * channels)
    for number in range(height):
        start = number * (width * channels + 1)
        kind, row = packed[start], bytearray(packed[start + 1 : start + 1 + width * channels])
        for i, value in enumerate(row):
            left = row[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            nearest = min((left, above[i], corner), key=lambda one: abs(left + above[i] - corner - one))
            row[i] = value + (0, left, above[i], (left + above[i]) // 2, nearest)[kind] & 255
        above = bytes(row)
        yield above


def main(photo: str, frames: str, count: str) -> None:
    parts = list(chunks(Path(photo).read_bytes()))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    channels = {2: 3, 6: 4}[colour]
    if depth != 8 or interlaced:
        raise SystemExit("only plain pictures of 8 bits are read")
    packed = zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT"))
    frame = bytearray()
    for row in rows(width, height, channels, packed):
        for pixel in range(0, width * channels, channels):
            frame += bytes((row[pixel + 2], row[pixel + 1], row[pixel]))
    Path(frames).write_bytes(bytes(frame) * int(count))
    print(width, height)


if __name__ == "__main__":
    main(*sys.argv[1:])
