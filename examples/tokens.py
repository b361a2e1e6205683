"""
What the answers and the definitions cost a model, in o200k tokens, beside the upstream's own JSON.

    python examples/tokens.py [FOLDER]

With FOLDER (or GEXFOCUS_TEST_DATA), which is not shipped, the maps are those of real option chains;
without it they are the simulated market's. Needs the extra `test` (an offline tokenizer).
"""

import gzip
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import httpx2
from mcp import Client
from mcp_types import TextContent
from pydantic import SecretStr
from rs_bpe.bpe import openai
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_simulated_desk


ENCODING = openai.o200k_base()
GREEKS = ("gex", "delta", "vanna", "charm")
QUESTIONS: list[tuple[str, dict[str, Any], int, int | None]] = [
    ("latest_greeks", {}, 1_600, 2_200),
    ("latest_greeks", {"greeks": ["gex"]}, 1_600, 2_200),
    ("latest_greeks", {"max_bars": 60}, 0, None),
    ("dealer_positioning", {}, 700, 900),
    ("mapa_gamma", {}, 1_000, None),
]
# What is stored or streamed is asked of the simulated market alone: the chains are single maps.
MARKET_QUESTIONS: list[tuple[str, dict[str, Any], int, int | None]] = [
    ("ndf_history", {}, 1_000, None),
    ("greeks_history", {}, 1_000, None),
    ("greeks_history", {"detail": "levels", "sessions": 5}, 0, None),
    ("live_snapshot", {"seconds": 0}, 1_000, None),
    ("watch_levels", {"conditions": ["flip", "call_wall"], "seconds": 0}, 1_000, None),
    ("compare_positioning", {}, 1_000, None),
    ("list_sessions", {}, 1_000, None),
    ("scan_tickers", {}, 1_000, None),
    ("api_status", {}, 1_000, None),
]
NAMELESS = {"scan_tickers", "api_status"}


def count(value: object) -> int:
    """o200k tokens of a text, or of a value as compact JSON."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return len(ENCODING.encode(text))


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
async def asked(app: Starlette, now: FixedClock) -> AsyncIterator[Client]:
    """A client of a server over *app*."""
    async with Client(build_server(lambda: open_simulated_desk(app, now))) as client:
        yield client


async def raw_size(app: Starlette, ticker: str) -> int:
    """Characters of the upstream's own answer about all four maps."""
    transport = httpx2.ASGITransport(app=app)
    headers = {"x-api-key": SecretStr("any").get_secret_value()}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://upstream", headers=headers
    ) as http:
        return len((await http.get(f"/trading/greeks/last/{ticker}")).text)


async def report(
    label: str,
    ticker: str,
    app: Starlette,
    now: FixedClock,
    questions: list[tuple[str, dict[str, Any], int, int | None]] = QUESTIONS,
) -> bool:
    """Print one line a question; returns whether every budget was kept."""
    kept = True
    raw = await raw_size(app, ticker)
    async with asked(app, now) as client:
        for tool, arguments, text_budget, json_budget in questions:
            named = {} if tool in NAMELESS else {"ticker": ticker}
            result = await client.call_tool(tool, named | arguments)
            content = result.content[0]
            assert isinstance(content, TextContent)
            assert not result.is_error, content.text
            text, data = count(content.text), count(result.structured_content)
            maps = (result.structured_content or {}).get("maps", {})
            shares = ", ".join(
                f"{g} {m['gross_share_shown']:.0%}" for g, m in maps.items()
            )
            over = (text_budget and text > text_budget) or (
                json_budget and data > json_budget
            )
            kept = kept and not over
            times = (
                f"{raw / len(content.text):5.0f}x" if tool == "latest_greeks" else ""
            )
            name = f"{tool} {' '.join(f'{k}={v}' for k, v in arguments.items())}"
            print(
                f"{label:20} {name:34} text {text:5} JSON {data:5} {times:>7} {shares}{'  OVER BUDGET' if over else ''}"
            )
    return kept


async def definitions(app: Starlette, now: FixedClock) -> bool:
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


async def main() -> int:
    """Measure the largest chains at hand."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("GEXFOCUS_TEST_DATA")
    now = FixedClock(datetime(2026, 11, 19, 11, 0, tzinfo=NEW_YORK))
    market = create_app(now)
    kept = await definitions(market, now)
    print(
        "tokens are o200k; the last column is raw characters over text characters, and the share of gross shown"
    )
    if named and Path(named).is_dir():
        folder = Path(named)
        for name in sorted(p.parent.name for p in folder.glob("*/gex.json.gz")):
            ticker, app = chain_upstream(folder, name)
            kept = await report(name, ticker, app, now) and kept
    else:
        for ticker in ("SPX", "NDX", "SPY", "TSLA"):
            kept = await report(f"{ticker} simulated", ticker, market, now) and kept
    kept = await report("SPY simulated", "SPY", market, now, MARKET_QUESTIONS) and kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(anyio.run(main))
