"""Net gamma at other spots, held to the laws that any repricing obeys."""

from collections.abc import Callable
from math import exp, isclose, isfinite, log

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.kernel import (
    Crossings,
    Kernel,
    Term,
    cumulative_flip,
    measure_width,
    terms_of_width,
)
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]
SIZE = st.just(0.0) | st.floats(1e-3, 1e10) | st.floats(-1e10, -1e-3)
# Strikes as multiples of spot, so that one strategy serves every price.
BOOKS = st.lists(st.tuples(st.floats(0.5, 1.8), SIZE), min_size=1, max_size=30)
SPOTS = st.sampled_from([0.01, 1.0, 100.0, 7400.0, 1e6])


def book(spot: float, rows: list[tuple[float, float]]) -> Kernel:
    totals = [total for _, total in rows]
    return Kernel.of_one_width(
        spot, [spot * m for m, _ in rows], totals, [abs(t) for t in totals]
    )


def width_of(spot: float, rows: list[tuple[float, float]]) -> float:
    return measure_width(spot, [spot * m for m, _ in rows], [abs(t) for _, t in rows])


def gross(rows: list[tuple[float, float]]) -> float:
    return sum(abs(t) for _, t in rows)


@settings(deadline=None)
@given(BOOKS, SPOTS)
def test_net_here_is_the_sum_of_the_bars(
    rows: list[tuple[float, float]], spot: float
) -> None:
    net = book(spot, rows).net_at(spot)
    assert isclose(net, sum(t for _, t in rows), abs_tol=1e-12 * gross(rows))


@settings(deadline=None)
@given(BOOKS, SPOTS, st.sampled_from([1e-3, 0.5, 3.0, 1e4]), st.floats(0.86, 1.14))
def test_scaling_open_interest_scales_net_and_keeps_the_flip(
    rows: list[tuple[float, float]], spot: float, factor: float, at: float
) -> None:
    one = book(spot, rows)
    other = book(spot, [(m, t * factor) for m, t in rows])

    scaled = [(m, t * factor) for m, t in rows]
    assert isclose(width_of(spot, scaled), width_of(spot, rows), rel_tol=1e-9)
    # exp(2) is the largest weight a bar can get.
    assert isclose(
        other.net_at(spot * at),
        factor * one.net_at(spot * at),
        rel_tol=1e-6,
        abs_tol=1e-6 * factor * gross(rows),
    )
    flip, again = one.flip(), other.flip()
    if flip is not None and again is not None:
        assert isclose(flip, again, rel_tol=1e-4) or abs(
            one.net_at(again)
        ) < 1e-6 * gross(rows)


@settings(deadline=None)
@given(BOOKS, SPOTS)
def test_the_flip_is_a_zero_within_fifteen_percent(
    rows: list[tuple[float, float]], spot: float
) -> None:
    kernel = book(spot, rows)
    flip = kernel.flip()
    if flip is None:
        return

    assert abs(flip / spot - 1) <= 0.15 + 1e-9
    assert abs(kernel.net_at(flip)) <= 1e-4 * gross(rows)


@settings(deadline=None)
@given(BOOKS, SPOTS)
def test_no_crossing_is_nearer_than_the_flip(
    rows: list[tuple[float, float]], spot: float
) -> None:
    kernel = book(spot, rows)
    here = kernel.net_at(spot)
    assume(abs(here) > 1e-6 * gross(rows))
    flip = kernel.flip()
    reach = 0.15 if flip is None else abs(flip / spot - 1)

    looked_at = [i / 1000 for i in range(31)] + [i / 400 for i in range(13, 61)]
    for step in (s for s in looked_at if s < reach):
        for side in (1, -1):
            # A narrow book is nothing at all a few widths away.
            assert kernel.net_at(spot * (1 + side * step)) * here >= 0


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.5, 1.8), st.floats(1e-3, 1e10)), min_size=1, max_size=20
    ),
    SPOTS,
)
def test_a_book_of_one_sign_never_flips(
    rows: list[tuple[float, float]], spot: float
) -> None:
    assert book(spot, rows).flip() is None
    assert book(spot, [(m, -t) for m, t in rows]).flip() is None


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1e-4, 1e7), st.floats(-1e15, 1e15)), min_size=1, max_size=20
    ),
    st.floats(1e-3, 1e6),
    st.floats(-5, 5).filter(lambda m: abs(m) >= 0.1),
)
@example([(1e7, 1.0)], 0.001, 5.0)
@example([(1e-4, -1e15), (1e7, 1e15)], 1e6, -5.0)
@example([(6.0, 3.3e-254)], 1.0, 1.0)
def test_nothing_is_ever_infinite_or_not_a_number(
    bars: list[tuple[float, float]], spot: float, move: float
) -> None:
    totals = [t for _, t in bars]
    kernel = Kernel.of_one_width(
        spot, [k for k, _ in bars], totals, [abs(t) for t in totals]
    )

    flip = kernel.flip()

    assert flip is None or isfinite(flip)
    assert isfinite(kernel.hedge(move / 100))
    assert all(isfinite(kernel.net_at(spot * x)) for x in (0.5, 0.85, 1.15, 2))


def test_exposures_too_small_to_multiply_do_not_make_a_flip() -> None:
    assert (
        Kernel.of_one_width(
            100.0, [99.0, 101.0], [1e-170, 1e-170], [1e-170, 1e-170]
        ).flip()
        is None
    )


@settings(deadline=None)
@given(BOOKS, st.floats(0.1, 1.0))
def test_a_hedge_over_two_legs_is_the_sum_of_both(
    rows: list[tuple[float, float]], pct: float
) -> None:
    spot, half = 100.0, pct / 200
    kernel = book(spot, rows)
    assume(width_of(spot, rows) > 0.02)
    from_there = -sum(
        (100 * kernel.net_at(s) / s**2) * (spot * half / 2000)
        for s in (spot * (1 + half * (1 + (i + 0.5) / 2000)) for i in range(2000))
    )

    whole = kernel.hedge(2 * half)

    assert isclose(
        whole, kernel.hedge(half) + spot * from_there, abs_tol=2e-3 * pct * gross(rows)
    )


@settings(deadline=None)
@given(BOOKS)
def test_a_tiny_move_is_the_straight_line_in_both_directions(
    rows: list[tuple[float, float]],
) -> None:
    kernel = book(100.0, rows)
    net, size = kernel.net_at(100.0), gross(rows)
    tiny = 1e-6

    assert isclose(
        kernel.hedge(tiny), -net * 100 * tiny, abs_tol=1e-2 * size * 100 * tiny
    )
    assert isclose(
        kernel.hedge(-tiny), -kernel.hedge(tiny), abs_tol=1e-2 * size * 100 * tiny
    )
    assert kernel.hedge(0) == 0


def test_a_bar_at_another_spot_is_the_bar_times_the_ratio_of_normal_densities() -> None:
    kernel = Kernel.of_one_width(100.0, [95.0, 105.0], [-3.0, 5.0], [3.0, 5.0])
    width = 1.2533141373155 * (3 * abs(log(0.95)) + 5 * log(1.05)) / 8

    def bar(total: float, strike: float, spot: float) -> float:
        before, after = log(100 / strike) / width, log(spot / strike) / width
        return total * exp((before**2 - after**2) / 2) * spot / 100

    assert measure_width(100.0, [95.0, 105.0], [3.0, 5.0]) == pytest.approx(width)
    assert kernel.net_at(98.0) == pytest.approx(
        bar(-3.0, 95.0, 98.0) + bar(5.0, 105.0, 98.0)
    )


def test_two_equal_and_opposite_strikes_flip_between_them() -> None:
    flip = Kernel.of_one_width(100.5, [95.0, 105.0], [-1.0, 1.0], [1.0, 1.0]).flip()

    # Seen from anywhere the weights are equal where ln(S/95)^2 - ln(S0/95)^2 = ln(S/105)^2 - ln(S0/105)^2.
    assert flip == pytest.approx(100.5)


def test_a_book_on_one_strike_keeps_a_width_and_its_sign() -> None:
    kernel = Kernel.of_one_width(100.0, [100.0], [7.0], [7.0])

    assert measure_width(100.0, [100.0], [7.0]) == 0.0025
    assert kernel.flip() is None
    assert kernel.net_at(100.0) == 7.0
    assert 0 < kernel.net_at(101.0) < 7.0


def test_an_empty_book_has_no_flip_and_nothing_to_hedge() -> None:
    kernel = Kernel.of_one_width(100.0, [], [], [])

    assert kernel.flip() is None
    assert kernel.hedge(0.01) == 0


def test_a_book_without_net_flips_where_it_stands() -> None:
    assert (
        Kernel.of_one_width(100.0, [95.0, 105.0], [-2.0, 2.0], [2.0, 2.0]).flip()
        == 100.0
    )


def test_the_running_sum_by_strike_is_interpolated_nearest_to_spot(
    strike_map: Maps,
) -> None:
    rows = [
        (90, 0, -4),
        (95, 1, 0),
        (100, 5, 0),
        (105, 0, -4),
        (110, 0, -1),
        (115, 9, 0),
    ]

    # Running: -4, -3, 2, -2, -3, 6.
    assert cumulative_flip(strike_map(rows), 98.0) == pytest.approx(98.0)
    assert cumulative_flip(strike_map(rows), 103.0) == pytest.approx(102.5)
    assert cumulative_flip(strike_map(rows), 120.0) == pytest.approx(110 + 5 / 3)


def test_a_running_sum_of_one_sign_never_crosses(strike_map: Maps) -> None:
    assert cumulative_flip(strike_map([(90, 1, 0), (95, 1, 0)]), 100.0) is None
    assert cumulative_flip(strike_map([]), 100.0) is None


@settings(deadline=None)
@given(
    st.dictionaries(st.floats(0.5, 1.8), SIZE, min_size=1, max_size=30),
    SPOTS,
    st.floats(0.86, 1.14),
)
def test_strikes_make_up_net_at_any_spot(
    rows: dict[float, float], spot: float, at: float
) -> None:
    kernel = book(spot, list(rows.items()))
    parts = kernel.by_strike_at(spot * at)

    assert set(parts) <= {spot * m for m in rows}
    # exp(2) is the largest weight a bar can get.
    slack = 1e-11 * gross(list(rows.items()))
    assert isclose(sum(parts.values()), kernel.net_at(spot * at), abs_tol=slack)


@settings(deadline=None)
@given(BOOKS, SPOTS)
def test_the_flip_is_the_nearer_of_the_two_crossings(
    rows: list[tuple[float, float]], spot: float
) -> None:
    kernel = book(spot, rows)
    assume(kernel.net_at(spot) != 0)
    both = kernel.crossings()
    found = [level for level in (both.below, both.above) if level is not None]

    assert both.below is None or both.below < spot
    assert both.above is None or both.above > spot
    assert kernel.flip() == min(
        found, key=lambda level: abs(level - spot), default=None
    )


def test_a_book_short_in_the_wings_turns_on_either_side() -> None:
    strikes, totals = [93.0, 100.0, 106.0], [-1.0, 9.0, -1.0]
    kernel = Kernel(100.0, terms_of_width(100.0, strikes, totals, 0.03))
    both = kernel.crossings()

    assert both.below is not None
    assert both.above is not None
    assert kernel.flip() == both.below
    assert Kernel(100.0, []).crossings() == Crossings(None, None)


def test_each_term_fades_by_its_own_width() -> None:
    near, late = Term(100.0, 4.0, 0.0, 0.01), Term(98.0, -3.0, 0.2, 0.1)
    kernel = Kernel(100.0, [near, late])

    def seen(total: float, d1: float, width: float, spot: float) -> float:
        there = d1 + log(spot / 100) / width
        return total * exp((d1**2 - there**2) / 2) * spot / 100

    assert kernel.net_at(100.0) == 1.0
    assert kernel.net_at(98.0) == pytest.approx(
        seen(4.0, 0.0, 0.01, 98.0) + seen(-3.0, 0.2, 0.1, 98.0)
    )
    # The near expiration is gone 2 % away, so the late one's sign is what is left.
    assert kernel.net_at(98.0) < 0


def test_what_is_known_of_a_book_is_bounded_and_stays_right() -> None:
    kernel = Kernel.of_one_width(100, [90, 110], [1e6, -2e6], [1e6, 2e6])
    first = kernel.hedge(0.01)
    for number in range(3_000):
        kernel.hedge(0.01 + number * 1e-6)
    assert len(kernel._known) <= 2_100
    assert kernel.hedge(0.01) == pytest.approx(first)
