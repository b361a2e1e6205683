"""The change of net gamma by strike adds up, and spot's part is what repricing says and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from math import exp, fsum, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.attribution import (
    Attribution,
    attribute,
    largest_changes,
)
from gexfocus_mcp.analysis.kernel import read_kernel
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker
from tests.analysis.conftest import FRIDAY


Maps = Callable[..., StrikeMap]
THEN = [(90, 1, -9), (95, 2, -8), (100, 9, -2), (105, 8, -1), (110, 1, -1)]


def attributed(then: StrikeMap, now: StrikeMap) -> Attribution:
    kernel = read_kernel(then, then.spot) if then.spot and then.gross else None
    return attribute(then, now, kernel)


sizes = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1)
rows = st.dictionaries(
    st.sampled_from([80.0 + 0.5 * i for i in range(80)]),
    st.tuples(sizes, sizes),
    min_size=1,
    max_size=60,
)
nets = st.one_of(st.none(), st.floats(-1e13, 1e13, allow_nan=False))


@given(rows, rows, nets, nets, st.floats(93, 107))
def test_contributions_and_the_remainder_are_the_change_of_net(
    then_rows: dict[float, tuple[float, float]],
    now_rows: dict[float, tuple[float, float]],
    then_net: float | None,
    now_net: float | None,
    spot: float,
) -> None:
    maps = [
        _map(then_rows, 100.0, then_net),
        _map(now_rows, spot, now_net),
    ]
    found = attributed(*maps)

    gross = fsum(
        abs(v) for r in (then_rows, now_rows) for pair in r.values() for v in pair
    )
    size = max(gross, abs(then_net or 0), abs(now_net or 0), 1)
    net = [
        fsum(v for pair in r.values() for v in pair) if given is None else given
        for r, given in ((then_rows, then_net), (now_rows, now_net))
    ]
    told = fsum(c.change for c in found.by_strike) + found.not_by_strike
    assert abs(told - (net[1] - net[0])) <= 1e-9 * size
    assert {c.strike for c in found.by_strike} == set(then_rows) | set(now_rows)

    cut = largest_changes(found, spot)
    shown = fsum(c.change for c in cut.shown)
    parts = shown + cut.rest_below.change + cut.rest_above.change
    assert abs(parts - fsum(c.change for c in found.by_strike)) <= 1e-9 * size
    hidden = cut.rest_below.n + cut.rest_above.n
    assert len(cut.shown) + hidden == len(found.by_strike)


@given(rows, rows, st.floats(93, 107))
def test_spot_and_the_rest_make_up_each_strike_and_the_whole(
    then_rows: dict[float, tuple[float, float]],
    now_rows: dict[float, tuple[float, float]],
    spot: float,
) -> None:
    found = attributed(_map(then_rows, 100.0), _map(now_rows, spot))
    if found.spot_alone is None:
        assert found.spot_unread
        assert found.rest is None
        return
    told = [c.spot_alone for c in found.by_strike]
    gross = fsum(
        abs(v) for r in (then_rows, now_rows) for pair in r.values() for v in pair
    )
    moved = gross + fsum(abs(v or 0) for v in told)
    assert None not in told
    assert found.rest is not None
    whole = fsum(c.change for c in found.by_strike)
    assert abs(found.spot_alone + found.rest - whole) <= 1e-9 * moved
    assert abs(fsum(v or 0 for v in told) - found.spot_alone) <= 1e-9 * moved


def _map(
    by_strike: dict[float, tuple[float, float]], spot: float, net: float | None = None
) -> StrikeMap:
    bars = tuple(Bar(k, *by_strike[k]) for k in sorted(by_strike))
    return StrikeMap(
        parse_ticker("SPY"), "gex", FRIDAY, FRIDAY.date(), spot, net, None, bars
    )


def test_spot_alone_is_each_old_bar_seen_from_the_new_spot(strike_map: Maps) -> None:
    now = [(k, c + 1, p - 2) for k, c, p in THEN]
    found = attributed(strike_map(THEN), strike_map(now, spot=101.0))

    gross = [(k, c - p) for k, c, p in THEN]
    mean = sum(g * abs(log(k / 100)) for k, g in gross) / sum(g for _, g in gross)
    width = sqrt(3.141592653589793 / 2) * mean
    for (strike, calls, puts), told in zip(THEN, found.by_strike, strict=True):
        total = calls + puts
        d1, d2 = log(100 / strike) / width, log(101 / strike) / width
        seen = 1.01 * total * exp((d1 * d1 - d2 * d2) / 2)
        assert told.spot_alone == pytest.approx(seen - total, rel=1e-9)
        assert told.change == -1


def test_a_book_that_only_spot_moved_leaves_no_rest(strike_map: Maps) -> None:
    then = strike_map(THEN)
    kernel = read_kernel(then, 100.0)
    moved = kernel.by_strike_at(101.0)
    now = replace(
        then, spot=101.0, bars=tuple(Bar(k, moved[k], 0.0) for k in sorted(moved))
    )
    found = attributed(then, now)

    assert found.spot_alone == pytest.approx(
        kernel.net_at(101.0) - kernel.net_at(100.0)
    )
    assert found.rest == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("spot", "why"),
    [(100.01, "less than 0.02 %"), (109.0, "more than 8 %"), (None, "no spot")],
)
def test_spot_is_not_set_apart_where_that_would_say_nothing(
    strike_map: Maps, spot: float | None, why: str
) -> None:
    found = attributed(strike_map(THEN), strike_map(THEN, spot=spot))

    assert found.spot_alone is found.rest is None
    assert found.spot_unread is not None
    assert why in found.spot_unread
    assert all(c.spot_alone is None for c in found.by_strike)


def test_books_with_little_in_common_are_not_repriced(strike_map: Maps) -> None:
    now = [(k + 1, c, p) for k, c, p in THEN]
    found = attributed(strike_map(THEN), strike_map(now, spot=101.0))

    assert found.spot_unread == "the two maps have too few strikes in common"
    assert len(found.by_strike) == 10


def test_a_strike_of_one_map_only_counts_as_nothing_in_the_other(
    strike_map: Maps,
) -> None:
    found = attributed(strike_map([*THEN]), strike_map([*THEN[1:], (115, 4, -1)]))

    first, last = found.by_strike[0], found.by_strike[-1]
    assert (first.strike, first.before, first.after, first.change) == (90, -8, None, 8)
    assert (last.strike, last.before, last.after, last.change) == (115, None, 3, 3)


def test_what_stored_nets_cover_beyond_the_bars_is_named(strike_map: Maps) -> None:
    then, now = strike_map(THEN, net=5.0), strike_map(THEN, net=25.0)
    found = attributed(then, now)

    assert found.not_by_strike == pytest.approx(20)
    assert attributed(strike_map(THEN), strike_map(THEN)).not_by_strike == 0


def test_the_largest_changes_come_first_and_few_make_most(strike_map: Maps) -> None:
    strikes = [80 + i for i in range(40)]
    then = strike_map([(k, 1, -1) for k in strikes])
    now = strike_map([(k, 1 + 2.0 ** -abs(k - 90), -1) for k in strikes])
    cut = largest_changes(attributed(then, now), 100.0)

    assert [c.strike for c in cut.shown[:1]] == [90]
    sizes_shown = [abs(c.change) for c in cut.shown]
    assert sizes_shown == sorted(sizes_shown, reverse=True)
    assert len(cut.shown) == 8
    assert cut.rest_below.n + cut.rest_above.n == 32
    whole = fsum(2.0 ** -abs(k - 90) for k in strikes)
    assert cut.share == pytest.approx(fsum(sizes_shown) / whole)


def test_even_changes_are_cut_at_twelve(strike_map: Maps) -> None:
    strikes = [80 + i for i in range(40)]
    then = strike_map([(k, 1, -1) for k in strikes])
    now = strike_map([(k, 2, -1) for k in strikes])
    cut = largest_changes(attributed(then, now), 100.0)

    assert len(cut.shown) == 12
    assert cut.share == pytest.approx(12 / 40)


def test_strikes_that_did_not_change_are_not_shown(strike_map: Maps) -> None:
    now = [(k, c + (k == 100), p) for k, c, p in THEN]
    cut = largest_changes(attributed(strike_map(THEN), strike_map(now)), 100.0)

    assert [c.strike for c in cut.shown] == [100]
    assert cut.share == 1
    nothing = largest_changes(attributed(strike_map(THEN), strike_map(THEN)), None)
    assert nothing.shown == ()
    assert nothing.share == 1
