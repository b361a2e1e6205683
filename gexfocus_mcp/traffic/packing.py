"""Answers made small for a store: JSON of a market shrinks to a quarter."""

import zlib

from gexfocus_mcp.traffic.store import LARGEST_ANSWER


def pack(body: bytes) -> bytes:
    return zlib.compress(body, 1)


def unpack(packed: object) -> bytes | None:
    """What was packed; None where it is not what `pack` made, or larger than anything that is shared."""
    if not isinstance(packed, bytes):
        return None
    # Bounded while it inflates: whoever can write the store must not be able to fill the memory.
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(packed, LARGEST_ANSWER)
    except zlib.error:
        return None
    return body if inflater.eof else None
