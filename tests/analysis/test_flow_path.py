"""A session's path: its extremes, every crossing, and a thinning that keeps both."""

from collections.abc import Callable
from itertools import accumulate
from random import Random
from statistics import pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.flow_path import (
    find_crossings,
    read_divergence,
    read_flow_path,
    thin,
)
from gexfocus_mcp.market.flow import Tick


Ticks = Callable[..., Tick]


def path(
    tick: Ticks, ndf: list[float | None], price: list[float] | None = None
) -> list[Tick]:
    prices = price or [100.0] * len(ndf)
    return [
        tick(i, ndf=v, price=p, threshold_long=100.0, threshold_short=-50.0)
        for i, (v, p) in enumerate(zip(ndf, prices, strict=True))
    ]


def test_tracks_hold_first_last_and_extremes_with_their_instants(tick: Ticks) -> None:
    rows = path(tick, [1, None, 7, -3, 2], [100, 101, 99, 103, 102])

    read = read_flow_path(rows)

    assert read.ndf is not None
    assert read.price is not None
    assert (read.ndf.first, read.ndf.last, read.ndf.low, read.ndf.high) == (1, 2, -3, 7)
    assert (read.ndf.low_at, read.ndf.high_at) == (rows[3].ts, rows[2].ts)
    assert (read.price.low_at, read.price.high_at) == (rows[2].ts, rows[3].ts)
    assert read.fep is None
    assert read.rows == 5
    assert read.last is rows[-1]


def test_every_crossing_is_found_at_the_first_row_on_its_new_side(tick: Ticks) -> None:
    rows = path(tick, [0, 100, 120, 99, -50, -10, 150, -60])

    found = [(c.at, c.threshold, c.beyond) for c in find_crossings(rows)]

    assert found == [
        (rows[1].ts, "long", True),
        (rows[3].ts, "long", False),
        (rows[4].ts, "short", True),
        (rows[5].ts, "short", False),
        (rows[6].ts, "long", True),
        (rows[7].ts, "long", False),
        (rows[7].ts, "short", True),
    ]


def test_rows_that_cannot_be_placed_are_passed_over(tick: Ticks) -> None:
    rows = path(tick, [120, None, 130, None, 20])

    assert [(c.at, c.beyond) for c in find_crossings(rows)] == [(rows[4].ts, False)]


def test_the_share_beyond_counts_readable_rows_only(tick: Ticks) -> None:
    assert read_flow_path(
        path(tick, [120, None, 20, 30])
    ).beyond_share == pytest.approx(1 / 3)
    assert read_flow_path([tick(0, ndf=5.0)]).beyond_share is None


@settings(deadline=None)
@given(st.lists(st.floats(-200, 200), min_size=1, max_size=60))
def test_crossings_replayed_lead_to_the_last_side(
    tick: Ticks, values: list[float]
) -> None:
    rows = path(tick, list(values))
    beyond = {"long": values[0] >= 100, "short": values[0] <= -50}

    for crossing in find_crossings(rows):
        assert beyond[crossing.threshold] is not crossing.beyond
        beyond[crossing.threshold] = crossing.beyond

    assert beyond == {"long": values[-1] >= 100, "short": values[-1] <= -50}


@settings(deadline=None)
@given(
    st.lists(st.none() | st.floats(-40, 90), min_size=1, max_size=200),
    st.integers(10, 60),
)
def test_thinning_keeps_both_ends_and_the_extremes(
    tick: Ticks, values: list[float | None], points: int
) -> None:
    rows = path(tick, values, [100 + (7 * i) % 13 for i in range(len(values))])

    kept = thin(rows, points)

    assert len(kept) <= points
    assert kept[0] is rows[0]
    assert kept[-1] is rows[-1]
    assert list(kept) == [row for row in rows if row in kept]
    known = [v for v in values if v is not None]
    shown = [t.ndf for t in kept if t.ndf is not None]
    if known:
        assert (min(shown), max(shown)) == (min(known), max(known))
    assert {t.price for t in kept} >= {max(t.price or 0 for t in rows)}


@settings(deadline=None)
@given(st.integers(2, 9))
def test_thinning_never_keeps_more_rows_than_asked(tick: Ticks, points: int) -> None:
    rows = path(
        tick,
        [0, 9, -8, 3, 1, 2, 5, 4, 6, 7, 2, 1],
        [100, 99, 98, 97, 103, 104, 105, 9, 200, 1, 2, 3],
    )

    assert len(thin(rows, points)) <= points


@pytest.mark.parametrize("points", [10, 20, 60])
def test_thinning_keeps_the_rows_at_crossings(tick: Ticks, points: int) -> None:
    values = [float(i % 7) for i in range(400)]
    values[200:230] = [120.0 + i for i in range(30)]
    rows = path(tick, list(values), [100 + i / 100 for i in range(400)])

    kept = {t.ts for t in thin(rows, points)}

    assert {c.at for c in find_crossings(rows)} <= kept


def test_a_short_path_is_kept_whole(tick: Ticks) -> None:
    rows = path(tick, [1, 2, 3])

    assert thin(rows, 10) == tuple(rows)


def walk(seed: int, minutes: int = 200) -> list[float]:
    draw = Random(seed)
    return list(accumulate(draw.gauss(0, 1) for _ in range(minutes)))


def test_flow_that_moves_with_price_agrees(tick: Ticks) -> None:
    steps = [*walk(3), *[walk(3)[-1] + 0.5 * i for i in range(1, 31)]]
    rows = path(tick, [10 * v for v in steps], [500 + v for v in steps])

    read = read_divergence(rows)

    assert read is not None
    assert (read.state, read.window_min) == ("agree", 30)
    assert read.correlation == pytest.approx(1)
    assert read.extreme is None
    assert read.ndf_change == pytest.approx(150)
    assert read.price_change_pct == pytest.approx(15 / (500 + walk(3)[-1]) * 100)
    moves = [10 * (b - a) for a, b in zip(steps, steps[30:], strict=False)]
    assert read.ndf_z == pytest.approx(150 / pstdev(moves))


def test_flow_that_moves_against_price_diverges(tick: Ticks) -> None:
    steps = [*walk(3), *[walk(3)[-1] + 0.5 * i for i in range(1, 31)]]
    rows = path(tick, [-10 * v for v in steps], [500 + v for v in steps])

    read = read_divergence(rows)

    assert read is not None
    assert read.state == "diverge"
    assert read.correlation == pytest.approx(-1)


def test_a_new_high_in_price_without_one_in_flow_is_told(tick: Ticks) -> None:
    price = [500 + v / 100 for v in walk(5)] + [520 + i for i in range(30)]
    flow = [*walk(5), *[walk(5)[-1] - 50.0 - i for i in range(30)]]

    high = read_divergence(path(tick, list(flow), price))
    low = read_divergence(path(tick, [-v for v in flow], [1000 - p for p in price]))

    assert high is not None
    assert low is not None
    assert (high.extreme, low.extreme) == ("high", "low")


def test_a_small_last_move_is_inconclusive(tick: Ticks) -> None:
    steps = [*walk(3), *[walk(3)[-1]] * 31]

    read = read_divergence(path(tick, list(steps), [500 + v for v in steps]))

    assert read is not None
    assert read.state == "inconclusive"


def test_a_flow_that_never_moves_has_no_correlation(tick: Ticks) -> None:
    read = read_divergence(path(tick, [5.0] * 100, [500 + v for v in walk(3, 100)]))

    assert read is not None
    assert (read.state, read.correlation) == ("inconclusive", None)


def test_a_young_session_is_compared_over_ten_minutes(tick: Ticks) -> None:
    read = read_divergence(
        path(tick, list(walk(3, 45)), [500 + v for v in walk(3, 45)])
    )

    assert read is not None
    assert read.window_min == 10


@pytest.mark.parametrize("minutes", [0, 1, 2, 39])
def test_too_short_a_session_is_not_compared(tick: Ticks, minutes: int) -> None:
    rows = path(tick, list(walk(3, minutes)), [500 + v for v in walk(3, minutes)])

    assert read_divergence(rows) is None


def test_without_prices_nothing_is_compared(tick: Ticks) -> None:
    assert read_divergence([tick(i, ndf=float(i)) for i in range(100)]) is None


def test_many_rows_in_a_minute_count_once(tick: Ticks) -> None:
    steps = walk(3, 100)
    sparse = path(tick, list(steps), [500 + v for v in steps])
    crowded = [
        tick(i - late, ndf=v, price=500 + v)
        for i, v in enumerate(steps)
        for late in (0.4, 0.2, 0.0)
    ][2:]

    one, other = read_divergence(sparse), read_divergence(crowded)

    assert one is not None
    assert other is not None
    assert other.correlation == pytest.approx(1)
    assert other.ndf_change == pytest.approx(one.ndf_change)
