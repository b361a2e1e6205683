"""The HTTP service: MCP on `/mcp`, `/health` beside it, and an end that leaves nobody without an answer."""

import asyncio
import socket
from asyncio import Transport
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from mcp.server.transport_security import TransportSecuritySettings
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gexfocus_mcp.server.build import ClearServer
from gexfocus_mcp.server.guard import LARGEST_BODY, MOST_AT_ONCE, UNGUARDED, Guard


if TYPE_CHECKING:
    import uvicorn


_MOST_SESSIONS: Final = 512
_IDLE_SESSION_S: Final = 600.0

# A service that is asked to end has two seconds: what is under way is answered in the first, with what there is.
_ANSWERS_S: Final = 0.6
_LAST_ANSWER_S: Final = 0.9
_FIRST_REQUEST_S: Final = 10.0


def build_app(
    server: ClearServer,
    port: int,
    *,
    token: SecretStr | None,
    hosts: tuple[str, ...],
) -> Guard:
    """
    The service as an ASGI application: MCP on `/mcp`, `/health` beside it.

    Host and Origin are checked on every request; with a token, so is the bearer of everything but `/health`.
    """
    hosts = tuple(host.lower() for host in hosts)
    names = ["127.0.0.1", "localhost", "[::1]"]
    allowed = [f"{name}:{port}" for name in names] + [
        entry for host in hosts for entry in (host, f"{host}:{port}", f"{host}:443")
    ]
    origins = [f"http://{name}:{port}" for name in names] + [
        f"https://{host}" for host in hosts
    ]

    async def health(request: Request) -> Response:
        # The SDK guards /mcp only.
        if request.headers.get("host") not in allowed:
            return JSONResponse({"error": "unknown host"}, 421)
        if request.headers.get("origin", origins[0]) not in origins:
            return JSONResponse({"error": "foreign origin"}, 403)
        return JSONResponse({"status": "ok", "version": server.version})

    server.custom_route(UNGUARDED, methods=["GET"])(health)
    app = server.streamable_http_app(
        max_request_body_size=LARGEST_BODY,
        max_sessions=_MOST_SESSIONS,
        session_idle_timeout=_IDLE_SESSION_S,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=allowed,
            allowed_origins=origins,
        ),
    )
    return Guard(app, token)


def listen(host: str, port: int) -> socket.socket:
    """
    A socket whose connections send what they are given at once.

    The head and the body of a reply are two writes: without this the second waits some 40 ms for the caller's
    acknowledgement of the first. asyncio sees to it only where a socket names its protocol, which these do not.

    Raises:
        OSError: The address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def serve_http(
    server: ClearServer,
    host: str,
    port: int,
    *,
    token: SecretStr | None,
    hosts: tuple[str, ...],
    announce: Callable[[str], object],
) -> None:
    """
    Serve until interrupted or told to end; what is under way is answered first.

    Args:
        announce: Told the address once it is taken.

    Raises:
        OSError: The address is taken or not this machine's.
        KeyboardInterrupt: Interrupted.
    """
    import uvicorn

    with listen(host, port) as listening:
        shown = f"[{host}]" if listening.family == socket.AF_INET6 else host
        guard = build_app(server, port, token=token, hosts=(shown, *hosts))
        config = uvicorn.Config(
            guard,
            http=_hurried(),
            # It would log a caller's token at DEBUG.
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            # Connections without a request count too; above it callers get 503.
            limit_concurrency=2 * MOST_AT_ONCE,
            timeout_graceful_shutdown=1,
        )
        announced = partial(announce, f"http://{shown}:{port}/mcp")
        _service(config, server, guard, announced).run(sockets=[listening])


def _service(
    config: "uvicorn.Config",
    server: ClearServer,
    guard: Guard,
    announce: Callable[[], object],
) -> Any:
    import uvicorn
    from sse_starlette.sse import AppStatus

    # It would cut every answer under way at the signal; the guard ends them when they have had their time.
    AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]  # sse_starlette leaves it untyped

    class Service(uvicorn.Server):
        ending: asyncio.Task[None] | None = None

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            # Not before: whoever reads it may ask, or tell it to end.
            announce()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            asyncio.get_running_loop().call_soon_threadsafe(self._end)
            super().handle_exit(sig, frame)

        def _end(self) -> None:
            guard.end_streams()
            loop = asyncio.get_running_loop()
            loop.call_later(_LAST_ANSWER_S, guard.end_all)
            if self.ending is None:
                self.ending = loop.create_task(server.close_desk(_ANSWERS_S))

    return Service(config)


def _hurried() -> type[Any]:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Hurried(H11Protocol):
        """Hangs up on a caller who connects and does not ask: uvicorn has no such limit."""

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's own, which asyncio types wider
            super().connection_made(transport)
            self.loop.call_later(_FIRST_REQUEST_S, self._hang_up)

        def _hang_up(self) -> None:
            if self.cycle is None and not self.transport.is_closing():
                self.transport.close()

    return Hurried
