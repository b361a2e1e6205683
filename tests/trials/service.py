"""What trials of the HTTP service share."""

import socket

import anyio
import httpx2


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def wait_for(url: str) -> None:
    """Until somebody answers at *url*. Raises TimeoutError after twenty seconds."""
    async with httpx2.AsyncClient() as client:
        with anyio.fail_after(20):
            while True:
                try:
                    await client.get(url)
                except httpx2.ConnectError:
                    await anyio.sleep(0.1)
                else:
                    return
