"""Every command with its options; what a command does is imported when it runs."""

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Final

from gexfocus_mcp.cli import checking, commands, exporting, placing, serving
from gexfocus_mcp.clients import CLIENTS


_OVERVIEW: Final = """\
Dealer positioning from the GEXfocus Trading API as an MCP server.

Without a command it serves MCP over stdio, as a client starts it. Set GEXFOCUS_API_KEY
for the live feed, or pass --demo for a simulated market that needs no key and no network.
"""


_DEMO_HELP: Final = "answer from the simulated market"


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
    parser.set_defaults(run=serving.run_stdio)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")
    # Accepted on either side of the command, so it must not reset what stood before it.
    demo = argparse.ArgumentParser(add_help=False)
    demo.add_argument(
        "--demo", action="store_true", default=argparse.SUPPRESS, help=_DEMO_HELP
    )
    _add_serve(
        verbs.add_parser("serve", parents=[demo], help="serve MCP over HTTP on /mcp")
    )
    _add_ask(
        verbs.add_parser(
            "ask", parents=[demo], help="call one tool and print what a model would see"
        )
    )
    tour = verbs.add_parser("demo", help="a guided tour on the simulated market")
    tour.add_argument(
        "--out",
        type=Path,
        default=Path("gexfocus-demo.png"),
        metavar="FILE",
        help="where its picture goes (default gexfocus-demo.png)",
    )
    tour.set_defaults(run=commands.run_tour)
    tools = verbs.add_parser("tools", help="list the tools and their arguments")
    tools.set_defaults(run=commands.run_tools)
    _add_setup(
        verbs.add_parser(
            "setup", parents=[demo], help="put this server into a client's own file"
        )
    )
    _add_doctor(
        verbs.add_parser(
            "doctor",
            help="check key, API, stream, clock, shared store and client configuration",
        )
    )
    _add_export(
        verbs.add_parser(
            "export", parents=[demo], help="write stored sessions to a CSV file"
        )
    )
    _add_simulate(
        verbs.add_parser(
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
    serve.set_defaults(run=serving.run_serve)


def _add_ask(ask: argparse.ArgumentParser) -> None:
    ask.add_argument("tool", metavar="TOOL")
    ask.add_argument("arguments", nargs="*", metavar="name=value")
    ask.add_argument(
        "--json", action="store_true", help="print the JSON instead of the text"
    )
    ask.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where a picture goes; else it is not kept",
    )
    ask.set_defaults(run=commands.run_ask)


def _add_setup(setup: argparse.ArgumentParser) -> None:
    setup.add_argument(
        "client", choices=CLIENTS, metavar="CLIENT", help=", ".join(CLIENTS)
    )
    setup.add_argument(
        "--print",
        action="store_true",
        dest="block",
        help="print the block to paste and change nothing",
    )
    setup.set_defaults(run=placing.run_setup)


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--json", action="store_true", help="print the checks as JSON")
    doctor.add_argument(
        "--reset",
        action="store_true",
        help="empty the store that processes share, then check",
    )
    doctor.set_defaults(run=checking.run_doctor)


def _add_export(export: argparse.ArgumentParser) -> None:
    export.add_argument("series", choices=["ndf", "gex", "delta", "vanna", "charm"])
    export.add_argument("ticker", metavar="TICKER")
    export.add_argument(
        "--date",
        required=True,
        metavar="D",
        help="YYYY-MM-DD, today, yesterday or latest",
    )
    export.add_argument(
        "--to", metavar="D", help="the last day, for every stored session of a range"
    )
    export.add_argument(
        "--out",
        metavar="FILE",
        help="the file (default gexfocus-SERIES-TICKER-D[-D].csv here); - for stdout",
    )
    export.set_defaults(run=exporting.run_export)


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
    simulate.set_defaults(run=commands.run_simulate)


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
