"""The everyday answer keeps its budget with everything on: matrix, stream, and a price newer than the map."""

import json
from datetime import datetime

import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import TICKERS
from gexfocus_mcp.simulator.clock import FixedClock
from tests.journeys.asking import Connect


pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> FixedClock:
    """Half past a map, so that the stream's price is newer than it; an expiry for most names."""
    return FixedClock(datetime(2026, 11, 20, 15, 30, 30, tzinfo=NEW_YORK))


async def test_the_everyday_answer_with_flow_keeps_its_tokens(market: Connect) -> None:
    bpe = pytest.importorskip(
        "rs_bpe.bpe", reason="no offline tokenizer for this Python"
    )
    encoding = bpe.openai.o200k_base()
    async with market() as assistant:
        for ticker in TICKERS:
            heard = await assistant.ask("dealer_positioning", ticker=ticker)
            data = json.dumps(heard.json, separators=(",", ":"), ensure_ascii=False)
            assert "ndf" in heard.json["flow"]
            assert "expirations" in heard.json["expiry"]
            assert len(encoding.encode(heard.text)) <= 700, ticker
            assert len(encoding.encode(data)) <= 900, ticker
