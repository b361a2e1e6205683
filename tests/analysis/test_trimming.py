"""Trimming loses nothing: what is shown and what is summed away make up the whole."""

from math import fsum, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.trimming import NEIGHBOURS, neighbours, trim
from gexfocus_mcp.market.strikes import Bar


def ladder(*gross: float, first: float = 100.0) -> list[Bar]:
    return [Bar(first + i, size, 0.0) for i, size in enumerate(gross)]


EXPOSURE = st.floats(-1e9, 1e9, allow_nan=False)
BARS = st.dictionaries(
    st.floats(1, 1e4).map(lambda k: round(k, 2)),
    st.tuples(EXPOSURE, EXPOSURE),
    max_size=80,
).map(lambda rows: [Bar(k, *rows[k]) for k in sorted(rows)])
SPOT = st.none() | st.floats(1, 1e4)


@settings(deadline=None)
@given(
    bars=BARS,
    spot=SPOT,
    limit=st.integers(1, 60),
    picked=st.lists(st.integers(0, 200), max_size=8),
    window=st.none() | st.floats(0.1, 50),
)
def test_shown_and_rest_make_up_the_map(
    bars: list[Bar],
    spot: float | None,
    limit: int,
    picked: list[int],
    window: float | None,
) -> None:
    asked = [
        bars[i % len(bars)].strike if bars and i < 150 else 1e6 + i for i in picked
    ]
    must = [b.strike for b in bars[::7]]

    cut = trim(bars, spot, limit=limit, must=must, asked=asked, window_pct=window)

    gross = fsum(b.gross for b in bars)
    for leg in ("calls", "puts"):
        whole = fsum(getattr(b, leg) for b in bars)
        parts = [getattr(b, leg) for b in cut.shown]
        rests = [getattr(cut.rest_below, leg), getattr(cut.rest_above, leg)]
        assert isclose(fsum(parts + rests), whole, abs_tol=1e-9 * gross)
    assert (
        len(cut.shown) + cut.rest_below.n + cut.rest_above.n == cut.total == len(bars)
    )
    strikes = [b.strike for b in cut.shown]
    assert strikes == sorted(set(strikes))
    there = {b.strike for b in bars}
    assert {k for k in asked if k in there} <= set(strikes)
    assert set(cut.missing) == {k for k in asked if k not in there}
    assert len(cut.shown) <= max(limit, len(set(asked) & there))
    assert -1e-12 <= cut.share <= 1 + 1e-9


@settings(deadline=None)
@given(bars=BARS, spot=SPOT, limit=st.integers(1, 59))
def test_a_larger_limit_never_shows_less(
    bars: list[Bar], spot: float | None, limit: int
) -> None:
    small = trim(bars, spot, limit=limit)
    large = trim(bars, spot, limit=limit + 1)

    assert set(small.shown) <= set(large.shown)


def test_an_empty_map_is_shown_in_full() -> None:
    cut = trim([], 100.0, limit=30, asked=[100.0])

    assert (cut.shown, cut.total, cut.share, cut.missing) == ((), 0, 1.0, (100.0,))
    assert cut.rest_below.n == cut.rest_above.n == 0


def test_musts_come_in_their_order_when_there_is_no_room_for_all() -> None:
    bars = ladder(*[1.0] * 40)

    cut = trim(bars, 120.0, limit=3, must=[139.0, 100.0, 105.0, 106.0])

    assert [b.strike for b in cut.shown] == [100.0, 105.0, 139.0]


def test_asked_strikes_come_before_musts_and_beyond_the_limit() -> None:
    bars = ladder(*[1.0] * 40)
    asked = [101.0, 103.0, 137.0, 139.0]

    cut = trim(bars, 120.0, limit=2, must=[110.0], asked=asked)

    assert [b.strike for b in cut.shown] == asked


def test_neighbours_of_spot_come_before_size() -> None:
    bars = ladder(*[1.0] * 20, 1000.0)

    cut = trim(bars, 105.5, limit=2 * NEIGHBOURS)

    assert [b.strike for b in cut.shown] == [101.0 + i for i in range(10)]


def test_adding_by_size_stops_when_enough_is_shown() -> None:
    bars = ladder(50.0, 30.0, 10.0, 6.0, 4.0)

    cut = trim(bars, None, limit=5)

    assert [b.strike for b in cut.shown] == [100.0, 101.0]
    assert cut.share == 0.8


def test_a_window_holds_back_large_strikes_outside_it_but_not_musts() -> None:
    bars = [
        Bar(50.0, 900.0, 0.0),
        Bar(60.0, 800.0, 0.0),
        *ladder(*[1.0] * 5, first=98.0),
    ]

    cut = trim(bars, 100.0, limit=60, must=[60.0], window_pct=2)

    # 50 is one of the five neighbours below spot too, unless there are five nearer ones.
    assert 60.0 in [b.strike for b in cut.shown]
    many = trim(
        [Bar(50.0, 900.0, 0.0), *ladder(*[1.0] * 11, first=95.0)],
        100.0,
        limit=60,
        window_pct=2,
    )
    assert 50.0 not in [b.strike for b in many.shown]


def test_the_rest_is_split_at_spot_and_above_without_one() -> None:
    bars = ladder(*[1.0] * 40)

    split = trim(bars, 120.0, limit=1, must=[110.0])
    unsplit = trim(bars, None, limit=1, must=[110.0])

    assert (split.rest_below.n, split.rest_above.n) == (19, 20)
    assert (unsplit.rest_below.n, unsplit.rest_above.n) == (0, 39)


def test_neighbours_are_nearest_first_and_a_strike_at_spot_counts_below() -> None:
    strikes = [98.0, 99.0, 100.0, 101.0, 102.0]

    assert neighbours(strikes, 100.0, 2) == [100.0, 99.0, 101.0, 102.0]
    assert neighbours(strikes, None, 2) == []


def test_the_share_inside_a_window_counts_what_is_not_shown_too() -> None:
    bars = [
        Bar(90, 5, -5),
        Bar(99, 10, 0),
        Bar(100, 20, -10),
        Bar(101, 0, -30),
        Bar(120, 20, 0),
    ]
    cut = trim(bars, 100.0, limit=1, asked=[120], window_pct=1)

    assert [b.strike for b in cut.shown] == [120]
    assert cut.window_share == pytest.approx((10 + 30 + 30) / 100)
    assert trim(bars, 100.0, limit=1).window_share is None
    assert trim(bars, None, limit=1, window_pct=1).window_share is None
