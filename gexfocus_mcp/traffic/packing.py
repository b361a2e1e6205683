"""Answers made small for a store: JSON of a market shrinks to a quarter."""

import zlib

from gexfocus_mcp.traffic.store import LARGEST_ANSWER, StoreTrouble


def pack(body: bytes) -> bytes:
    return zlib.compress(body, 1)


def unpack(packed: bytes) -> bytes:
    """
    Raises:
        StoreTrouble: It is not what `pack` made. Whoever can write the store must not be able to fill the memory.
    """
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(packed, LARGEST_ANSWER)
    except zlib.error:
        body = None
    if body is None or not inflater.eof:
        raise StoreTrouble("what it kept is damaged")
    return body
