"""
The command line: the only module that prints.

Everything heavy is imported inside the command that needs it, so that `--version` and
`--help` answer without the MCP SDK.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from gexfocus_mcp.errors import BadSettings


if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from gexfocus_mcp.desk.desk import Desk
    from gexfocus_mcp.server.front_door import OpenDesk
    from gexfocus_mcp.settings import Settings


DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130

_OVERVIEW: Final = """\
Dealer positioning from the GEXfocus Trading API as an MCP server.

Without a command it serves MCP over stdio, as a client starts it. Set GEXFOCUS_API_KEY
for the live feed, or pass --demo for a simulated market that needs no key and no network.
"""


_DEMO_HELP: Final = "answer from the simulated market"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = build_parser().parse_args(argv)
    try:
        return _run(options)
    except* BrokenPipeError:
        # The reader of a pipe has gone: nothing is left to say to it, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _run(options: argparse.Namespace) -> int:
    try:
        return int(options.run(options))
    except BadSettings as failure:
        print(f"gexfocus-mcp: {failure.problem}. {failure.fix}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(
        prog="gexfocus-mcp",
        description=_OVERVIEW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"%(prog)s {version('gexfocus-mcp')}",
    )
    parser.add_argument("--demo", action="store_true", help=_DEMO_HELP)
    parser.set_defaults(run=run_stdio)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    # Accepted on either side of the command, so it must not reset what stood before it.
    demo = argparse.ArgumentParser(add_help=False)
    demo.add_argument(
        "--demo", action="store_true", default=argparse.SUPPRESS, help=_DEMO_HELP
    )
    _add_serve(
        commands.add_parser("serve", parents=[demo], help="serve MCP over HTTP on /mcp")
    )
    _add_ask(
        commands.add_parser(
            "ask", parents=[demo], help="call one tool and print what a model would see"
        )
    )
    tour = commands.add_parser("demo", help="a guided tour on the simulated market")
    tour.set_defaults(run=run_tour)
    tools = commands.add_parser("tools", help="list the tools and their arguments")
    tools.set_defaults(run=run_tools)
    _add_simulate(
        commands.add_parser(
            "simulate", help="run the simulated upstream alone, over HTTP and WebSocket"
        )
    )
    return parser


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--http", action="store_true", help="Streamable HTTP, the only transport here"
    )
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)"
    )
    serve.add_argument(
        "--port", type=_fixed_port, default=8765, help="port (default 8765)"
    )
    serve.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a host name under which it may be called",
    )
    serve.set_defaults(run=run_serve)


def _add_ask(ask: argparse.ArgumentParser) -> None:
    ask.add_argument("tool", metavar="TOOL")
    ask.add_argument("arguments", nargs="*", metavar="name=value")
    ask.add_argument(
        "--json", action="store_true", help="print the JSON instead of the text"
    )
    ask.set_defaults(run=run_ask)


def _add_simulate(simulate: argparse.ArgumentParser) -> None:
    simulate.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)"
    )
    simulate.add_argument(
        "--port",
        type=_port,
        default=8766,
        help="port, 0 for any free one (default 8766)",
    )
    simulate.add_argument(
        "--seed", type=int, default=7, help="same seed, same market (default 7)"
    )
    simulate.add_argument(
        "--clock",
        choices=["session", "real"],
        default="session",
        help="session starts at 11:00 New York of the last trading day (default)",
    )
    simulate.add_argument(
        "--fault", metavar="NAME", help="misbehave in one way; 'list' names them"
    )
    simulate.set_defaults(run=run_simulate)


def _fixed_port(text: str) -> int:
    """A port that callers can name: their Host header is held against it."""
    port = _port(text)
    if port == 0:
        raise argparse.ArgumentTypeError(
            "a service needs a port of its own, 1 to 65535"
        )
    return port


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return port


def _configure(options: argparse.Namespace) -> "Settings":
    """Settings and logging, both needed before the SDK is imported."""
    from gexfocus_mcp.settings import read_settings

    settings = read_settings(demo=getattr(options, "demo", False))
    # stderr only: stdout belongs to the protocol. Set before the SDK would set it to INFO.
    logging.basicConfig(
        level=settings.log_level,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if settings.foreign_host is not None:
        print(
            f"gexfocus-mcp: the API key goes to {settings.foreign_host}",
            file=sys.stderr,
        )
    return settings


def _desk_opener(settings: "Settings") -> "OpenDesk":
    """What the server opens at its first question; only then is everything that answers imported."""

    def open_later() -> "AbstractAsyncContextManager[Desk]":
        from gexfocus_mcp.wiring import open_desk

        return open_desk(settings)

    return open_later


def run_stdio(options: argparse.Namespace) -> int:
    """Serve MCP over stdio until the client closes it."""
    settings = _configure(options)
    from gexfocus_mcp.server.build import build_server

    # The SDK reads stdin in a thread that no cancellation reaches; nothing here needs an orderly end.
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    build_server(_desk_opener(settings)).run()
    return DONE


def run_serve(options: argparse.Namespace) -> int:
    """Serve MCP over HTTP until interrupted."""
    from gexfocus_mcp.settings import check_exposure

    settings = _configure(options)
    hosts = (*settings.allowed_hosts, *options.allow_host)
    check_exposure(options.host, settings.http_token, hosts)
    from gexfocus_mcp.server.build import build_server
    from gexfocus_mcp.server.http import serve_http

    server = build_server(_desk_opener(settings))
    # A shell that starts this in the background has interrupts ignored, and uvicorn would then end with 0.
    signal.signal(signal.SIGINT, signal.default_int_handler)
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


def run_ask(options: argparse.Namespace) -> int:
    """Call one tool over MCP, in this process, and print one channel of its answer."""
    given = dict[str, Any]()
    for pair in options.arguments:
        name, separator, value = pair.partition("=")
        if not separator:
            print(f"gexfocus-mcp: '{name}' is not name=value", file=sys.stderr)
            return UNUSABLE
        given[name] = value
    settings = _configure(options)
    import anyio

    from gexfocus_mcp.server.asking import call_tool

    answer = anyio.run(call_tool, _desk_opener(settings), options.tool, given)
    print(answer.json if options.json and not answer.refused else answer.text)
    return FAILED if answer.refused else DONE


def run_tour(_options: argparse.Namespace) -> int:
    """Ask a newcomer's questions of a server over stdio."""
    import anyio

    from gexfocus_mcp.server.asking import tour

    return FAILED if anyio.run(tour, print) else DONE


def run_tools(_options: argparse.Namespace) -> int:
    """Print the tools as a person reads them."""
    import anyio

    from gexfocus_mcp.server.asking import describe_tools

    print(anyio.run(describe_tools))
    return DONE


def run_simulate(options: argparse.Namespace) -> int:
    """Serve the simulated upstream until interrupted."""
    import anyio

    from gexfocus_mcp.simulator.app import create_app
    from gexfocus_mcp.simulator.clock import real_clock, session_clock
    from gexfocus_mcp.simulator.faults import FAULTS
    from gexfocus_mcp.simulator.serve import serve

    if options.fault is not None and options.fault not in FAULTS:
        for name, what in FAULTS.items():
            print(f"{name:26}{what}")
        return DONE if options.fault == "list" else UNUSABLE
    now = session_clock() if options.clock == "session" else real_clock
    app = create_app(now, seed=options.seed, fault=options.fault)

    def announce(port: int) -> None:
        print(
            f"simulated market on http://{options.host}:{port}/trading (any key)",
            flush=True,
        )

    try:
        anyio.run(serve, app, options.host, options.port, announce)
    except OSError as problem:
        print(
            f"gexfocus-mcp: cannot listen on {options.host}:{options.port}: {problem.strerror}",
            file=sys.stderr,
        )
        return FAILED
    return DONE
