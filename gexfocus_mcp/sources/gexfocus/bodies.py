"""Bodies of replies, bounded while they are read."""

import httpx2


async def read_capped(response: httpx2.Response, cap: int) -> bytes | None:
    """The decompressed body; None once it passes *cap* bytes, so that a bomb is not inflated."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > cap:
            return None
    return bytes(body)


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
