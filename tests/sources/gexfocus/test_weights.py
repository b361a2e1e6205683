"""Weights follow what a value holds, within a factor of two of what it takes."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.stored import MapHistory
from gexfocus_mcp.market.strikes import Bar, GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.weights import weigh


SPX = Ticker("SPX")
DAY = date(2026, 5, 15)
NOW = datetime(2026, 5, 15, tzinfo=UTC)


def a_map() -> StrikeMap:
    bars = tuple(Bar(float(k), k + 0.5, -k - 0.5) for k in range(600))
    return StrikeMap(SPX, "gex", NOW, DAY, 1.0, 1.0, 1.0, bars)


def a_matrix() -> ExpiryMap:
    cells = tuple(tuple(r + c + 0.5 for c in range(12)) for r in range(500))
    return ExpiryMap(SPX, NOW, 1.0, (DAY,) * 12, (1.0,) * 500, {"gex": cells})


def a_session() -> FlowHistory:
    ticks = tuple(
        Tick(NOW.replace(second=i % 60), i + 0.1, i + 0.2, i + 0.3, i + 0.4)
        for i in range(1000)
    )
    return FlowHistory(SPX, DAY, 1, None, ticks)


@pytest.mark.parametrize(
    "build",
    [
        a_map,
        a_matrix,
        a_session,
        lambda: GreekMaps(SPX, {"gex": a_map(), "delta": a_map()}),
        lambda: MapHistory(
            SPX, "gex", 1, None, False, tuple(a_map() for _ in range(9))
        ),
    ],
)
def test_within_a_factor_of_two(build: Callable[[], object]) -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    value = build()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert taken / 2 < weigh(value) < taken * 2


def test_anything_else_is_small() -> None:
    assert weigh(()) == 1000
