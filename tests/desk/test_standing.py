"""What the server knows of itself without asking anybody."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.sources.protocol import Heard
from gexfocus_mcp.traffic.elapsed import elapsed
from tests.desk.conftest import SPY, FakeFeed


pytestmark = pytest.mark.anyio

Ticks = Callable[..., Heard]


async def test_budgets_are_told_with_what_is_left_and_what_blocks_them(
    desk: Desk,
) -> None:
    read = await desk.status()
    assert (read.budgets["last"].left, read.budgets["history"].left) == (115, 58)
    assert read.cooldown_s == 41
    assert read.budgets["history"].blocked_by == "rate_limited"
    assert (read.entries, read.hits, read.loads) == (2, 5, 3)


async def test_no_snapshot_is_reported(desk: Desk, feed: FakeFeed) -> None:
    feed.remark = "this computer's clock is 9 min behind"
    told = (await desk.status()).provenance
    assert (told.as_of, told.age_s, told.freshness) == (None, None, "unknown")
    assert told.notes == ("limits less a margin", feed.remark)


async def test_an_open_stream_is_judged_as_a_reader_would(
    desk: Desk, feed: FakeFeed, tick: Ticks
) -> None:
    feed.open, feed.phase = (SPY,), "open"
    feed.heard = (tick(9, at=elapsed(), price=1.0), tick(4, at=elapsed()))
    (stream,) = (await desk.status()).streams
    assert (stream.ticker, stream.verdict) == (SPY, "live")
    assert (stream.ticks, stream.age_s, stream.readers) == (2, 4, 0)
    feed.heard, feed.phase = (), "cut"
    (stream,) = (await desk.status()).streams
    assert (stream.verdict, stream.age_s) == ("cut", None)
