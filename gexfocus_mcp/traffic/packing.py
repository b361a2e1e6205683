"""What goes into a store and comes out of it: answers made small, and nothing believed that nobody put there."""

import re
import zlib
from typing import Final

from gexfocus_mcp.traffic.store import LARGEST_ANSWER


_WORD: Final = re.compile(r"[a-z0-9_]{1,24}")


def as_word(said: object) -> str:
    """A word of the kind that is kept for a failure; "unknown" for anything else, so that no sentence travels."""
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    return text if isinstance(text, str) and _WORD.fullmatch(text) else "unknown"


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
