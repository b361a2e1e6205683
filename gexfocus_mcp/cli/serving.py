"""Commands that serve MCP, and how they end: whatever ends them, within two seconds and without a trace."""

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

from gexfocus_mcp.cli.configuring import configure, desk_opener
from gexfocus_mcp.cli.exits import DONE, FAILED, INTERRUPTED
from gexfocus_mcp.collector import importing


if TYPE_CHECKING:
    from gexfocus_mcp.server.build import ClearServer


# A stream gets a second for its closing handshake; a client that asks for the end waits two.
_CLOSING_S: Final = 1.2


def run_stdio(options: argparse.Namespace) -> int:
    """Serve MCP over stdio until the client closes it."""
    # From the first moment; later the loop listens to it and closes the desk first.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(DONE))
    settings = configure(options)
    with importing():
        import anyio

        from gexfocus_mcp.server.build import build_server

        server = build_server(desk_opener(settings))
    anyio.run(_serve_stdio, server)
    return DONE


async def _serve_stdio(server: "ClearServer") -> None:
    import anyio

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_end_at_signal, server)
        await server.run_stdio_async()
        tasks.cancel_scope.cancel()


async def _end_at_signal(server: "ClearServer") -> None:
    """Close the desk and leave: the SDK reads stdin in a thread that no cancellation reaches."""
    import anyio

    if sys.platform == "win32":
        # Its event loop takes no signal handlers.
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for received in signals:
            with anyio.move_on_after(_CLOSING_S):
                await server.close_desk(0)
            sys.stderr.flush()
            os._exit(INTERRUPTED if received == signal.SIGINT else DONE)


def run_serve(options: argparse.Namespace) -> int:
    """Serve MCP over HTTP until interrupted."""
    from gexfocus_mcp.settings import check_exposure

    settings = configure(options)
    hosts = (*settings.allowed_hosts, *options.allow_host)
    check_exposure(options.host, settings.http_token, hosts)
    with importing():
        from gexfocus_mcp.server.build import build_server
        from gexfocus_mcp.server.http import serve_http

        server = build_server(desk_opener(settings))
    # A shell that starts this in the background has interrupts ignored, and uvicorn would then end with 0.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Before uvicorn listens to it, and when uvicorn raises it again after it has ended in good order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(DONE))
    try:
        serve_http(
            server,
            options.host,
            options.port,
            token=settings.http_token,
            hosts=hosts,
            announce=lambda url: print(
                f"gexfocus-mcp: serving MCP on {url}", file=sys.stderr
            ),
        )
    except OSError as problem:
        print(
            f"gexfocus-mcp: cannot listen on {options.host}:{options.port}: {problem.strerror}",
            file=sys.stderr,
        )
        return FAILED
    return DONE
