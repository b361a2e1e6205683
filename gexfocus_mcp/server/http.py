"""The HTTP service: who may call it, checked before anything of MCP is parsed."""

import hmac
import socket
from collections.abc import Callable
from typing import Any, Final

from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send


_UNGUARDED: Final = "/health"


def build_app(
    server: MCPServer[Any],
    port: int,
    *,
    token: SecretStr | None,
    hosts: tuple[str, ...],
) -> ASGIApp:
    """
    The service as an ASGI application: MCP on `/mcp`, `/health` beside it.

    Host and Origin are checked on every request; with a token, so is the bearer of everything but `/health`.
    """
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

    server.custom_route(_UNGUARDED, methods=["GET"])(health)
    app = server.streamable_http_app(
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=allowed,
            allowed_origins=origins,
        ),
    )
    return app if token is None else Bearer(app, token)


class Bearer:
    """Lets a request through if it bears the token, compared in constant time."""

    def __init__(self, app: ASGIApp, token: SecretStr) -> None:
        self._app = app
        self._expected = f"Bearer {token.get_secret_value()}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != _UNGUARDED:
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._expected):
                refusal = JSONResponse(
                    {"error": "unauthorized"}, 401, {"www-authenticate": "Bearer"}
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def serve_http(
    server: MCPServer[Any],
    host: str,
    port: int,
    *,
    token: SecretStr | None,
    hosts: tuple[str, ...],
    announce: Callable[[str], object],
) -> None:
    """
    Serve until interrupted; open streams get two seconds to end.

    Args:
        announce: Told the address once it is taken.

    Raises:
        OSError: The address is taken or not this machine's.
        KeyboardInterrupt: Interrupted.
    """
    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listening:
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        announce(f"http://{shown}:{port}/mcp")
        config = uvicorn.Config(
            build_app(server, port, token=token, hosts=(shown, *hosts)),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        uvicorn.Server(config).run(sockets=[listening])
