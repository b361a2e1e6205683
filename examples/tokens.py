"""
What the answers and the definitions cost a model, in o200k tokens, beside two ways to hand on the upstream's own JSON.

    python examples/tokens.py [FOLDER]

Beside each answer, at its default and at its largest, stand the replies behind it as they came (`raw`), and what the SDK
sends when a tool returns them as a dict (`stock`: indented text, and the same again as structured content).
With FOLDER (or GEXFOCUS_TEST_DATA), which is not shipped, the maps are also those of real option chains. Needs the
extra `test` (an offline tokenizer). Exit 1 where a budget is not kept.
"""

import gzip
import json
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.server import MCPServer
from mcp_types import CallToolResult, TextContent
from rs_bpe.bpe import openai
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import TICKERS
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_simulated_desk


ENCODING = openai.o200k_base()
GREEKS = ("gex", "delta", "vanna", "charm")
MOST_CHARACTERS = 10_000
SMALLER = 60
"""How many times smaller than the raw maps the text of `latest_greeks` is to be, for SPX and NDX."""


@dataclass(frozen=True)
class Question:
    """
    One tool with its arguments.

    Attributes:
        text, data: Most tokens of the text and of the JSON; None where only the characters are bounded.
    """

    tool: str
    arguments: dict[str, Any]
    text: int | None = None
    data: int | None = None

    @property
    def name(self) -> str:
        said = json.dumps(self.arguments, separators=(",", ":"))[1:-1]
        return f"{self.tool} {said.replace(chr(34), '')}"[:64]


OF_MAPS = [
    Question("dealer_positioning", {}, 700, 900),
    Question("dealer_positioning", {"moves": [0.5, 1, 2, 5]}),
    Question("latest_greeks", {}, 1_600, 2_200),
    Question("latest_greeks", {"greeks": ["gex"]}, 1_600, 2_200),
    Question("latest_greeks", {"max_bars": 60, "window_pct": 50}),
    Question("mapa_gamma", {}, 1_000),
    Question("mapa_gamma", {"max_strikes": 60, "max_expirations": 12}),
]
# What is stored or streamed is asked of the simulated market alone: the chains are single maps.
OF_TIME = [
    Question("ndf_history", {}, 1_000),
    Question("ndf_history", {"points": 300}),
    Question("greeks_history", {}, 1_000),
    Question(
        "greeks_history",
        {
            "start": "2026-11-16",
            "end": "2026-11-19",
            "points": 300,
            "detail": "levels",
            "sessions": 20,
        },
    ),
    Question("live_snapshot", {"seconds": 0}, 1_000),
    Question("watch_levels", {"conditions": ["flip"], "seconds": 0}, 1_000),
    Question(
        "watch_levels",
        {
            "conditions": [
                "flip",
                "call_wall",
                "put_wall",
                "ndf_long",
                "ndf_short",
                "net_sign",
                "price>9000",
                "price<10",
            ],
            "seconds": 0,
        },
    ),
    Question("compare_positioning", {}, 1_000),
    Question("compare_positioning", {"since": "2026-11-16", "until": "now"}),
    Question("list_sessions", {}, 1_000),
    Question("list_sessions", {"limit": 60}),
    Question("positioning_chart", {}, 1_000),
    Question("positioning_chart", {"kind": "history"}),
]
NAMELESS = [
    Question("scan_tickers", {}, 1_000),
    Question("scan_tickers", {"tickers": list(TICKERS), "weights": [1.0] * 11}),
    Question("api_status", {}, 1_000),
]


def count(value: object) -> int:
    """o200k tokens of a text, or of a value as compact JSON."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return len(ENCODING.encode(text))


class Overheard:
    """An upstream, and every reply of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.replies: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def overhear(message: Message) -> None:
            if message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self.replies.append(body.decode())
            elif message["type"] == "websocket.send":
                self.replies.append(message["text"])
            await send(message)

        await self.app(scope, receive, overhear)


def chain_upstream(folder: Path, name: str) -> tuple[str, Starlette]:
    """An upstream that serves one real chain's maps."""

    def read(what: str) -> Any:
        return json.loads(
            gzip.decompress((folder / name / f"{what}.json.gz").read_bytes())
        )

    ticker = read("gex")["ticker"]
    bodies = {
        "/trading/greeks/last/{ticker}": {
            "ticker": ticker,
            **{g: read(g) for g in GREEKS},
        },
        "/trading/mapa_gamma/last/{ticker}": read("mapa_gamma"),
    }

    def serve(body: Any) -> Any:
        async def endpoint(_request: Request) -> Response:
            return JSONResponse(body)

        return endpoint

    return ticker, Starlette(
        routes=[Route(path, serve(body)) for path, body in bodies.items()]
    )


@asynccontextmanager
async def asked(app: ASGIApp, now: FixedClock) -> AsyncIterator[Client]:
    """A client of a new server over *app*."""
    async with Client(build_server(lambda: open_simulated_desk(app, now))) as client:
        yield client


async def stock(replies: list[str]) -> CallToolResult:
    """What the SDK sends for a tool that hands the replies on."""
    server = MCPServer("stock")
    read = [json.loads(reply) for reply in replies]

    @server.tool()
    async def hand_on() -> dict[str, Any]:
        return read[0] if len(read) == 1 else {"replies": read}

    async with Client(server) as client:
        return await client.call_tool("hand_on", {})


def texts(result: CallToolResult) -> str:
    return "".join(c.text for c in result.content if isinstance(c, TextContent))


async def measure(
    label: str, ticker: str | None, app: ASGIApp, now: FixedClock, question: Question
) -> bool:
    """Print one line; returns whether the budgets were kept. Every question has a memory of its own."""
    upstream = Overheard(app)
    async with asked(upstream, now) as client:
        named = {} if ticker is None else {"ticker": ticker}
        result = await client.call_tool(question.tool, named | question.arguments)
    text, data = texts(result), result.structured_content
    assert not result.is_error, text
    written = "" if data is None else json.dumps(data, separators=(",", ":"))
    raw = "".join(upstream.replies)
    naive = await stock(upstream.replies) if upstream.replies else None
    sizes = [count(text), count(written), count(raw)]
    sizes += [count(texts(naive)), count(naive.structured_content)] if naive else [0, 0]
    remarks = [
        f"{greek} {each['gross_share_shown']:.0%}"
        for greek, each in (data or {}).get("maps", {}).items()
    ]
    smaller = len(raw) / len(text)
    if question == OF_MAPS[2]:
        remarks.append(f"characters {smaller:.0f}x")
    over = [
        (question.text, sizes[0]),
        (question.data, sizes[1]),
        (MOST_CHARACTERS, len(text)),
        (MOST_CHARACTERS, len(written)),
    ]
    kept = all(most is None or size <= most for most, size in over)
    # The simulated market lists fewer strikes than the real one.
    if question == OF_MAPS[2] and label.startswith(("SPX_", "NDX_")):
        kept = kept and smaller >= SMALLER
    print(
        f"{label:20} {question.name:64}"
        f"{sizes[0]:6}{sizes[1]:6}{sizes[2]:9}{sizes[3] + sizes[4]:9}"
        f"{sizes[2] / sizes[0]:7.0f}x{(sizes[3] + sizes[4]) / (sizes[0] + sizes[1]):5.0f}x  "
        f"{', '.join(remarks)}{'' if kept else '  OVER BUDGET'}",
        flush=True,
    )
    return kept


async def definitions(app: ASGIApp, now: FixedClock) -> bool:
    """Print what the listing costs, as a model sees it and in full."""
    async with asked(app, now) as client:
        listed = [
            t.model_dump(by_alias=True, exclude_none=True)
            for t in (await client.list_tools()).tools
        ]
    shown = sum(
        count({k: tool[k] for k in ("name", "description", "inputSchema")})
        for tool in listed
    )
    whole = sum(count(tool) for tool in listed)
    print(
        f"definitions of {len(listed)} tools: {shown} tokens as listed to a model, {whole} with output schemas"
    )
    return shown <= 3_000 and whole <= 7_000


def named_chains(arguments: list[str]) -> Iterable[tuple[str, str, Starlette]]:
    """The real chains, where a folder of them is named."""
    named = arguments[0] if arguments else os.environ.get("GEXFOCUS_TEST_DATA", "")
    folder = Path(named)
    if named and folder.is_dir():
        for name in sorted(p.parent.name for p in folder.glob("*/gex.json.gz")):
            yield (name, *chain_upstream(folder, name))


async def main() -> int:
    """Every question, of the largest names."""
    now = FixedClock(datetime(2026, 11, 19, 11, 0, tzinfo=NEW_YORK))
    market = create_app(now)
    kept = [await definitions(market, now)]
    print(
        f"{'':20} {'o200k tokens of':64}{'text':>6}{'JSON':>6}{'raw':>9}{'stock':>9}"
        f"{'raw/text':>8}{'s/t+J':>6}  share of gross shown"
    )
    asking: list[tuple[str, str | None, ASGIApp, list[Question]]] = [
        (name, ticker, app, OF_MAPS) for name, ticker, app in named_chains(sys.argv[1:])
    ]
    asking += [(f"{t} simulated", t, market, OF_MAPS) for t in ("SPX", "NDX", "TSLA")]
    asking += [("SPY simulated", "SPY", market, [*OF_MAPS, *OF_TIME])]
    asking += [("all simulated", None, market, NAMELESS)]
    kept += [
        await measure(label, ticker, app, now, question)
        for label, ticker, app, questions in asking
        for question in questions
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(anyio.run(main))
