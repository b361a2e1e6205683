"""Bodies of replies, bounded while they are read."""

from collections.abc import Callable

import httpx2

from gexfocus_mcp.errors import GexFocusError, ReplyTooLarge, UnreadableReply


Take = Callable[[bytes], object]
"""What becomes of a piece of a body."""


async def hand_on(
    response: httpx2.Response, cap: int, take: Take
) -> GexFocusError | None:
    """
    Give *take* the decompressed body as it comes, at most *cap* bytes of it, so that a bomb is not inflated.

    Returns why it cannot be used: too large, or no data at all.
    """
    if response.headers.get("content-type", "").lower().startswith("text/html"):
        return _page()
    size = 0
    is_blank = True
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > cap:
            return ReplyTooLarge(
                f"the reply is over {cap / 1_048_576:.2g} MB, more than was asked for",
                "Tell the user: the base URL may be wrong, or the feed is sending something new.",
            )
        if is_blank and piece.lstrip().startswith(b"<"):
            return _page()
        is_blank = is_blank and not piece.strip()
        take(piece)
    return None


async def read_start(response: httpx2.Response, cap: int) -> bytes:
    """The first *cap* bytes of a body, or as many as come."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > cap:
                break
    except (httpx2.RequestError, httpx2.StreamError):
        # What came before it broke is still what was said.
        pass
    return bytes(body[:cap])


def _page() -> UnreadableReply:
    return UnreadableReply(
        "got a web page instead of data",
        "Do not ask again. Tell the user: a network login page or a proxy may be in the way, or the base URL is wrong.",
    )
