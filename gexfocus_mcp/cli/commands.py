"""Commands for people at a shell: one call, the tour, the list of tools, the simulated upstream."""

import argparse
import sys
from pathlib import Path
from typing import Any

from gexfocus_mcp.cli.configuring import configure, desk_opener
from gexfocus_mcp.cli.exits import DONE, FAILED, UNUSABLE


def run_ask(options: argparse.Namespace) -> int:
    """Call one tool over MCP, in this process, and print one channel of its answer."""
    given = dict[str, Any]()
    for pair in options.arguments:
        name, separator, value = pair.partition("=")
        if not separator:
            print(f"gexfocus-mcp: '{name}' is not name=value", file=sys.stderr)
            return UNUSABLE
        given[name] = value
    settings = configure(options)
    import anyio

    from gexfocus_mcp.server.asking import call_tool

    answer = anyio.run(call_tool, desk_opener(settings), options.tool, given)
    print(answer.json if options.json and answer.json else answer.text)
    if answer.png:
        kept = "picture  --out FILE keeps it"
        print(_keep(answer.png, options.out) if options.out else kept, file=sys.stderr)
    return FAILED if answer.refused else DONE


def run_tour(options: argparse.Namespace) -> int:
    """Ask a newcomer's questions of a server over stdio."""
    import anyio

    from gexfocus_mcp.server.asking import tour

    return (
        FAILED if anyio.run(tour, print, lambda png: _keep(png, options.out)) else DONE
    )


def _keep(png: bytes, out: Path) -> str:
    """Write a picture and say where; a folder that cannot be written to costs the picture alone."""
    try:
        out.write_bytes(png)
    except OSError as problem:
        return f"picture  not written to {out}: {problem.strerror}"
    return f"picture  {len(png) / 1024:.0f} KB of PNG in {out}"


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
