"""The simulated upstream on a real port."""

import socket
from collections.abc import Callable

import anyio
import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Says on which port it listens once it does."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], object]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


async def serve(
    app: ASGIApp, host: str, port: int, on_ready: Callable[[int], object]
) -> None:
    """
    Serve *app* until cancelled or interrupted; *port* 0 takes any free one.

    *on_ready* gets the port once connections are accepted. Raises OSError when the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        # Head and body of a reply are two writes, and the second is not to wait for an acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen = int(listening.getsockname()[1])
        # The Date header carries the simulated time, so the server must not add its own.
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = _Server(config, lambda: on_ready(chosen))
        try:
            await server.serve(sockets=[listening])
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await server.shutdown(sockets=[listening])
            raise
