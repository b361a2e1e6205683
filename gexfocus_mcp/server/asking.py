"""The server asked from this machine: what a model would see, for `ask`, `tools` and the guided tour."""

import json
import sys
import textwrap
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult, ImageContent, TextContent, Tool

from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.server.front_door import OpenDesk


@dataclass(frozen=True, slots=True)
class Said:
    """
    What one answer says.

    Attributes:
        json: Empty for a refusal, and beside a picture.
        png: A picture; empty where there is none.
    """

    text: str
    json: str
    refused: bool
    png: bytes = b""


async def call_tool(
    open_desk: OpenDesk,
    tool: str,
    arguments: Mapping[str, Any],
) -> Said:
    """Call one tool of a server in this process, over MCP."""
    async with Client(build_server(open_desk)) as client:
        return _said(await client.call_tool(tool, dict(arguments)))


def _said(result: CallToolResult) -> Said:
    text = "\n".join(c.text for c in result.content if isinstance(c, TextContent))
    data = result.structured_content
    return Said(
        text,
        ""
        if data is None
        else json.dumps(data, separators=(",", ":"), ensure_ascii=False),
        bool(result.is_error),
        b"".join(
            b64decode(c.data) for c in result.content if isinstance(c, ImageContent)
        ),
    )


@asynccontextmanager
async def _no_desk() -> AsyncIterator[Any]:
    # Listing tools asks the desk nothing.
    yield None


async def describe_tools() -> str:
    """Every tool with its arguments, as a person reads them."""
    async with Client(build_server(_no_desk)) as client:
        tools = (await client.list_tools()).tools
    return "\n\n".join(_describe(tool) for tool in tools)


def _describe(tool: Tool) -> str:
    required = tool.input_schema.get("required", [])
    lines = [
        f"{tool.name}: {tool.title}",
        textwrap.fill(
            tool.description or "", 88, initial_indent="  ", subsequent_indent="  "
        ),
    ]
    for name, schema in tool.input_schema.get("properties", {}).items():
        mark = " (required)" if name in required else ""
        lines.append(
            textwrap.fill(
                f"{name}{mark}: {schema.get('description', '')}",
                88,
                initial_indent="    ",
                subsequent_indent="        ",
            )
        )
    return "\n".join(lines)


_TOUR: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "Where do dealers stand in SPY, and what would change that?",
        "dealer_positioning",
        {"ticker": "SPY"},
    ),
    (
        "What do they do if SPX moves half a percent, or two?",
        "dealer_positioning",
        {"ticker": "SPX", "moves": [0.5, 2]},
    ),
    (
        "What rolls off tonight in SPY?",
        "mapa_gamma",
        {"ticker": "SPY", "max_strikes": 10},
    ),
    (
        "Does the flow agree with the move in QQQ?",
        "ndf_history",
        {"ticker": "QQQ", "points": 12},
    ),
    ("And this second?", "live_snapshot", {"ticker": "QQQ"}),
    (
        "Tell me when SPY crosses the flip or the call wall.",
        "watch_levels",
        {"ticker": "SPY", "conditions": ["flip", "call_wall"], "seconds": 2},
    ),
    (
        "What changed in SPY since the open?",
        "compare_positioning",
        {"ticker": "SPY"},
    ),
    (
        "When did net gamma change its sign yesterday?",
        "greeks_history",
        {"ticker": "SPY", "date": "yesterday", "points": 12},
    ),
    (
        "Which names are short gamma, and what dominates my book?",
        "scan_tickers",
        {
            "tickers": ["SPY", "QQQ", "NVDA", "TSLA"],
            "weights": [0.4, 0.3, 0.2, 0.1],
        },
    ),
    (
        "Where is NVDA's gamma, strike by strike?",
        "latest_greeks",
        {"ticker": "NVDA", "greeks": ["gex"], "max_bars": 15},
    ),
    (
        "Show me SPY's gamma.",
        "positioning_chart",
        {"ticker": "SPY"},
    ),
    ("Which days can I look back to?", "list_sessions", {"ticker": "SPY", "limit": 5}),
    ("How many requests did all that take?", "api_status", {}),
)


async def tour(show: Callable[[str], object], keep: Callable[[bytes], str]) -> bool:
    """
    Ask a trader's questions of a server over stdio, on the simulated market.

    Args:
        keep: Given the picture as PNG; says where it is.

    Returns whether any of them was refused.
    """
    show(
        "A simulated market, a real MCP client over stdio: what an assistant sees when a trader asks.\n"
    )
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "gexfocus_mcp", "--demo"]
    )
    refused = False
    async with Client(server) as client:
        for question, tool, arguments in _TOUR:
            said = _said(await client.call_tool(tool, arguments))
            refused = refused or said.refused
            shown = said.text
            if said.png:
                # Its numbers have been told already.
                shown = f"{said.text.splitlines()[0]}\n{keep(said.png)}"
            given = ", ".join(f"{name}={value}" for name, value in arguments.items())
            show(
                f"> {question}\n  [{f'{tool} {given}'.rstrip()}]\n\n{textwrap.indent(shown, '  ')}\n"
            )
    show(
        "The same from the shell: gexfocus-mcp ask dealer_positioning ticker=SPY --demo\n"
        "For the live feed set GEXFOCUS_API_KEY and start gexfocus-mcp without --demo."
    )
    return refused
