"""
Maps computed from real option chains, served by a plain server to the program as it is installed.

The data is not shipped; `GEXFOCUS_TEST_DATA` names its folder.
"""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.journeys.asking import Connect, PlainUpstream


pytestmark = pytest.mark.anyio

FOLDER = os.environ.get("GEXFOCUS_TEST_DATA")
DATA = Path(FOLDER) if FOLDER else None
SNAPSHOTS = (
    sorted(p.parent.name for p in DATA.glob("*/gex.json.gz"))
    if DATA and DATA.is_dir()
    else []
)

if not SNAPSHOTS:
    pytest.skip(
        "GEXFOCUS_TEST_DATA names no folder with real chains", allow_module_level=True
    )


def read(name: str, what: str) -> dict[str, Any]:
    assert DATA is not None
    payload: dict[str, Any] = json.loads(
        gzip.decompress((DATA / name / f"{what}.json.gz").read_bytes())
    )
    return payload


@pytest.fixture(params=SNAPSHOTS)
def snapshot(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def served(upstream: PlainUpstream, snapshot: str) -> dict[str, Any]:
    """The plain upstream with one real snapshot, and that snapshot's gamma map."""
    maps = {
        greek: read(snapshot, greek) for greek in ("gex", "delta", "vanna", "charm")
    }
    ticker = maps["gex"]["ticker"]
    upstream.say(f"/greeks/last/{ticker}", {"ticker": ticker, **maps})
    upstream.say(f"/mapa_gamma/last/{ticker}", read(snapshot, "mapa_gamma"))
    upstream.say(
        "/history/ndf",
        {"ticker": ticker, "session_date": "2023-06-02", "count": 0, "data": []},
    )
    return maps["gex"]


async def test_the_three_map_tools_answer_for_every_chain(
    live: Connect, served: dict[str, Any]
) -> None:
    ticker, spot = served["ticker"], served["spot"]
    async with live() as assistant:
        read = await assistant.ask("dealer_positioning", ticker=ticker)
        bars = await assistant.ask("latest_greeks", ticker=ticker)
        matrix = await assistant.ask("mapa_gamma", ticker=ticker)
    assert not any(heard.refused for heard in (read, bars, matrix))
    flip = read.json["levels"].get("flip")
    assert flip is None or flip["side_agrees_with_net"] is True
    assert flip is None or flip["method"] == "matrix"
    assert read.json["net"] == pytest.approx(served["net_exposure"], rel=1e-3)
    assert read.text.startswith(f"STALE {ticker} {spot:.6g}"[:12])
    assert read.json["freshness"] == "stale"
    assert read.json["confidence"] == "low"
    walls = read.json["levels"]
    by_calls = max(served["bars"], key=lambda b: b["calls"])["strike"]
    by_puts = min(served["bars"], key=lambda b: b["puts"])["strike"]
    assert (walls["call_wall"]["strike"], walls["put_wall"]["strike"]) == (
        by_calls,
        by_puts,
    )
    assert len(matrix.json["expirations"]) == 12
    gamma = bars.json["maps"]["gex"]
    assert gamma["bars_total"] == len(served["bars"])


async def test_where_there_is_no_flow_the_refusal_has_a_code(
    live: Connect, served: dict[str, Any]
) -> None:
    ticker = served["ticker"]
    async with live() as assistant:
        flow = await assistant.ask("ndf_history", ticker=ticker)
        sessions = await assistant.ask("list_sessions", ticker=ticker)
        now = await assistant.ask("live_snapshot", ticker=ticker, seconds=1.5)
    assert flow.code == "no_data"
    assert sessions.code == "no_data"
    assert now.code == "no_data"


async def test_the_installed_program_answers_over_stdio(
    upstream: PlainUpstream, served: dict[str, Any], canary: str
) -> None:
    ticker = served["ticker"]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "gexfocus_mcp"],
        env={"GEXFOCUS_BASE_URL": upstream.base_url, "GEXFOCUS_API_KEY": canary},
    )
    if ticker != "SPY":
        pytest.skip("one process is enough")
    async with Client(server) as client:
        result = await client.call_tool("dealer_positioning", {"ticker": ticker})
    assert not result.is_error
    assert canary not in result.model_dump_json()


def test_the_key_is_not_on_stderr_at_the_highest_log_level(
    upstream: PlainUpstream, served: dict[str, Any], canary: str
) -> None:
    if served["ticker"] != "SPY":
        pytest.skip("one process is enough")
    env = {
        **os.environ,
        "GEXFOCUS_BASE_URL": upstream.base_url,
        "GEXFOCUS_API_KEY": canary,
        "GEXFOCUS_LOG_LEVEL": "DEBUG",
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gexfocus_mcp",
            "ask",
            "dealer_positioning",
            "ticker=SPY",
        ],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert canary not in done.stdout + done.stderr
