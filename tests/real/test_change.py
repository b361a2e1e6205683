"""Changes between consecutive real sessions, and how far the part that is laid to spot can be trusted."""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import fsum
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from gexfocus_mcp.analysis.attribution import largest_changes
from gexfocus_mcp.analysis.change import read_change
from gexfocus_mcp.analysis.kernel import read_kernel
from gexfocus_mcp.analysis.provenance import trace
from gexfocus_mcp.analysis.reading import ChangeReading
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.market.session import market_clock
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.render.answer import dense
from gexfocus_mcp.render.change import change_answer
from tests.real.conftest import VARIABLE, Chain


@pytest.fixture(scope="module")
def sessions() -> list[list[dict[str, Any]]]:
    """Return every ticker's consecutive sessions as stored."""
    named = os.environ.get(VARIABLE)
    files = sorted((Path(named) / "history").glob("*.json.gz")) if named else []
    if not files:
        pytest.skip(f"{VARIABLE} names no history")
    return [json.loads(gzip.decompress(f.read_bytes()))["data"] for f in files]


def pairs(
    sessions: list[list[dict[str, Any]]],
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for rows in sessions:
        yield from pairwise(rows)


def as_map(row: dict[str, Any]) -> StrikeMap:
    return StrikeMap(
        parse_ticker(row["ticker"]),
        "gex",
        datetime.fromisoformat(row["ts_iso"]),
        date.fromisoformat(row["session_date"]),
        row["spot"],
        row["net_exposure"],
        row["max_strike"],
        tuple(Bar(b["strike"], b["calls"], b["puts"]) for b in row["bars"]),
    )


def test_strikes_make_up_the_change_of_net_between_real_sessions(
    sessions: list[list[dict[str, Any]]],
) -> None:
    for then, now in pairs(sessions):
        change = read_change(as_map(then), as_map(now))
        found = change.attribution
        assert found is not None
        gross = fsum(abs(b["calls"]) + abs(b["puts"]) for b in now["bars"])
        told = fsum(c.change for c in found.by_strike) + found.not_by_strike
        wanted = now["net_exposure"] - then["net_exposure"]
        assert abs(told - wanted) <= 1e-9 * gross
        assert found.spot_alone is not None
        assert found.rest is not None
        assert abs(found.spot_alone + found.rest + found.not_by_strike - wanted) <= (
            1e-9 * gross
        )
        assert not change.same_session


def test_few_strikes_make_most_of_a_real_change(
    sessions: list[list[dict[str, Any]]],
) -> None:
    shares = []
    for then, now in pairs(sessions):
        found = read_change(as_map(then), as_map(now)).attribution
        assert found is not None
        cut = largest_changes(found, now["spot"])
        assert 8 <= len(cut.shown) <= 12
        shares.append(cut.share)
    assert median(shares) >= 0.45


def test_spot_s_part_has_the_right_sign_and_order_of_size(
    chains: tuple[Chain, ...],
) -> None:
    """
    Held against repricing every contract, whose net gamma over a move its hedges tell.

    hedge(b) - hedge(a) is net gamma averaged over spot from a to b, which is net gamma at the middle.
    """
    off, right = [], []
    for chain in chains:
        gex = chain.strikes("gex")
        assert gex.spot is not None
        kernel = read_kernel(gex, gex.spot)
        full = chain.truth["dealer_hedge_full_reprice_usd"]
        hedge = {0.0: 0.0} | {float(k.rstrip("%")): v for k, v in full.items()}
        for near, far in ((0, 0.5), (0.5, 1), (1, 2), (0, -0.5), (-0.5, -1), (-1, -2)):
            true = -(hedge[far] - hedge[near]) / (far - near) - gex.net
            spot = gex.spot * (1 + (near + far) / 200)
            alone = fsum(kernel.by_strike_at(spot).values()) - gex.bars_net
            right.append(alone * true > 0)
            off.append(abs(alone / true - 1))
    assert all(right)
    assert median(off) <= 0.35
    assert max(off) <= 4


def test_comparisons_of_real_maps_keep_to_the_budget(
    sessions: list[list[dict[str, Any]]],
    chains: tuple[Chain, ...],
    tokens: Callable[[str], int],
) -> None:
    maps = [(as_map(then), as_map(now)) for then, now in pairs(sessions)]
    for chain in chains:
        now = chain.strikes("gex")
        bars = tuple(
            Bar(b.strike, b.calls * (1 + 0.3 * ((i * 7) % 5 - 2)), b.puts)
            for i, b in enumerate(now.bars)
        )
        spot = (now.spot or 0.0) * 0.99
        maps.append(
            (
                replace(now, bars=bars, spot=spot, as_of=now.as_of - timedelta(days=1)),
                now,
            )
        )
    for then, now in maps:
        clock = market_clock(now.as_of + timedelta(minutes=1))
        answer = change_answer(
            ChangeReading(
                now.ticker,
                trace(now.as_of, now.session, clock, source="simulated", cached=True),
                Moment("yesterday", "last", then.session),
                Moment("now", "now"),
                read_change(then, now),
            )
        )
        assert tokens(answer.text) <= 1000, now.ticker
        assert len(dense(answer.json)) <= 10_000
