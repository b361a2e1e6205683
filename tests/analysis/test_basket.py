"""Several names as one: sums, weights, breadth, and the index against the Mag7 sleeve."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.basket import (
    Standing,
    in_order,
    nearest_turns,
    read_aggregate,
    read_breadth,
    read_dispersion,
    read_standing,
)
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import MAG7, TICKERS, parse_ticker
from tests.analysis.conftest import FRIDAY


Build = Callable[..., Standing]

# Nets +30, -40 and +5 of a gross of 50, 60 and 45.
LONG = [(95, 10.0, -10.0), (105, 30.0, 0.0)]
SHORT = [(95, 0.0, -45.0), (105, 10.0, -5.0)]
EVEN = [(95, 5.0, -20.0), (105, 20.0, 0.0)]


@pytest.fixture
def three(standing: Build) -> list[Standing]:
    return [standing("SPX", LONG), standing("NVDA", SHORT), standing("TSLA", EVEN)]


def test_exposure_adds_and_tilt_is_of_the_sums(three: list[Standing]) -> None:
    read = read_aggregate(three)
    assert read.sum_net == -5
    assert read.tilt == pytest.approx(-5 / 155, abs=1e-15)
    assert read.mean_tilt == pytest.approx((30 / 50 - 40 / 60 + 5 / 45) / 3, abs=1e-15)
    assert read.book is None


def test_weights_are_shared_out_among_the_names_that_were_read(
    three: list[Standing],
) -> None:
    asked = {"SPX": 2.0, "NVDA": 1.0, "TSLA": 3.0, "AAPL": 3.0, "META": 1.0}
    book = read_aggregate(three, {parse_ticker(t): w for t, w in asked.items()}).book
    assert book is not None
    assert book.coverage == pytest.approx(0.6, abs=1e-15)
    # 2, 1 and 3 of 6: 10 - 6.67 + 2.5.
    assert book.net == pytest.approx(float(Fraction(35, 6)), abs=1e-12)
    assert book.tilt == pytest.approx(
        float(Fraction(1, 6) * (2 * Fraction(3, 5) - Fraction(2, 3) + Fraction(1, 3))),
        abs=1e-15,
    )
    assert list(book.signed) == ["SPX", "NVDA", "TSLA"]
    assert list(book.signed.values()) == pytest.approx(
        [60 / 115 * 100, -40 / 115 * 100, 15 / 115 * 100], abs=1e-12
    )
    assert book.contribution == {t: abs(part) for t, part in book.signed.items()}
    assert book.short_share == pytest.approx(1 / 6, abs=1e-15)


def test_the_stored_net_is_added_but_tilt_comes_from_the_bars(standing: Build) -> None:
    read = read_aggregate([standing("SPY", LONG, net=120.0)])
    assert read.sum_net == 120
    assert read.tilt == read.mean_tilt == 30 / 50


def test_without_any_surviving_weight_there_is_no_book(three: list[Standing]) -> None:
    weights = dict.fromkeys((s.ticker for s in three), 0.0)
    book = read_aggregate(three, {**weights, parse_ticker("AAPL"): 1.0}).book
    assert book is not None
    assert (book.coverage, book.net, book.tilt) == (0, None, None)
    assert book.contribution == book.signed == {}
    assert book.short_share is None


def test_nets_of_zero_contribute_nothing(standing: Build) -> None:
    flat = standing("SPY", [(95, 0.0, -5.0), (105, 5.0, 0.0)])
    book = read_aggregate([flat], {flat.ticker: 1.0}).book
    assert book is not None
    assert book.net == 0
    assert book.contribution == {}


def test_names_a_thousand_times_apart_are_not_called_one_scale(
    standing: Build,
) -> None:
    near = [(k, c * 1000, p * 1000) for k, c, p in LONG]
    far = [(k, c * 1001, p * 1001) for k, c, p in LONG]
    assert read_aggregate([standing("SPX", near), standing("SPY", LONG)]).one_scale
    assert not read_aggregate([standing("SPX", far), standing("SPY", LONG)]).one_scale


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e308),
            st.floats(-1e12, 1e12),
            st.floats(-1e12, 1e12),
            st.booleans(),
        ),
        min_size=2,
        max_size=11,
    )
)
def test_contributions_add_up_to_a_hundred_whatever_the_weights(
    names: list[tuple[float, float, float, bool]],
) -> None:
    read, weights = list[Standing](), {}
    for ticker, (weight, low, high, survives) in zip(TICKERS, names, strict=False):
        weights[ticker] = weight
        gamma = _gamma(ticker, low, high)
        if (survives or not read) and gamma.gross:
            read.append(read_standing(gamma, read_levels(gamma)[0]))
    if not read or not any(weights.values()):
        return
    aggregate = read_aggregate(read, weights)
    book = aggregate.book
    assert book is not None
    assert 0 <= book.coverage <= 1 + 1e-12
    assert -1 - 1e-12 <= aggregate.tilt <= 1 + 1e-12
    if book.contribution:
        parts = list(book.contribution.values())
        assert sum(parts) == pytest.approx(100, abs=1e-9)
        assert parts == sorted(parts, reverse=True)
        for s in read:
            assert book.signed[s.ticker] * s.net >= 0
    if book.tilt is not None:
        tilts = [s.tilt for s in read]
        assert min(tilts) - 1e-9 <= book.tilt <= max(tilts) + 1e-9


def _gamma(ticker: str, low: float, high: float) -> StrikeMap:
    bars = (Bar(95, max(low, 0), min(low, 0)), Bar(105, max(high, 0), min(high, 0)))
    return StrikeMap(
        parse_ticker(ticker), "gex", FRIDAY, FRIDAY.date(), 100.0, None, None, bars
    )


def test_the_most_short_comes_first_by_tilt(three: list[Standing]) -> None:
    assert [s.ticker for s in in_order(three, "tilt")] == ["NVDA", "TSLA", "SPX"]
    assert [s.ticker for s in in_order(three, "ticker")] == ["NVDA", "SPX", "TSLA"]


def test_the_nearest_flip_comes_first_and_none_last(standing: Build) -> None:
    near = standing("TSLA", EVEN)
    far = standing("SPX", [(95, 10.0, -25.0), (105, 30.0, 0.0)])
    none = standing("AAPL", [(95, 5.0, 0.0), (105, 5.0, 0.0)])
    assert near.levels.flip is not None
    assert far.levels.flip is not None
    assert none.levels.flip is None
    assert abs(near.levels.flip.distance_pct) < abs(far.levels.flip.distance_pct)
    ordered = in_order([none, far, near], "distance")
    assert [s.ticker for s in ordered] == ["TSLA", "SPX", "AAPL"]
    assert [s.ticker for s in nearest_turns([none, far, near])] == ["TSLA", "SPX"]
    assert nearest_turns([none]) == ()
    assert near.turn is not None
    assert near.turn.then == "short gamma"


def test_breadth_counts_sides_by_regime_and_shares_by_sign(
    three: list[Standing], standing: Build
) -> None:
    # A net of -0.5 in 100: neutral, but below zero all the same.
    faint = standing("META", [(95, 0.0, -50.25), (105, 49.75, 0.0)])
    read = read_breadth([*three, faint])
    assert (read.long, read.short, read.neutral) == (2, 1, 1)
    assert read.negative_share == 0.5


def test_the_index_is_held_against_the_mag7_sleeve(
    three: list[Standing], standing: Build
) -> None:
    etf = standing("QQQ", SHORT)
    read = read_dispersion([*three, etf])
    assert read is not None
    sleeve = (-40 / 60 + 5 / 45) / 2
    assert read.sleeve == ("NVDA", "TSLA")
    assert read.sleeve_tilt == pytest.approx(sleeve, abs=1e-15)
    assert not read.weighted
    assert read.gaps == pytest.approx({"SPX": 0.6 - sleeve, "QQQ": -40 / 60 - sleeve})
    assert read.opposed == ("SPX",)


def test_the_sleeve_is_weighed_where_weights_are_given(three: list[Standing]) -> None:
    weights = dict(zip((s.ticker for s in three), (5.0, 1.0, 3.0), strict=True))
    read = read_dispersion(three, weights)
    assert read is not None
    assert read.weighted
    assert read.sleeve_tilt == pytest.approx((-40 / 60 + 3 * 5 / 45) / 4, abs=1e-15)
    unweighed = read_dispersion(three, {**weights, **dict.fromkeys(MAG7, 0.0)})
    assert unweighed is not None
    assert not unweighed.weighted


def test_one_side_alone_has_no_dispersion(three: list[Standing]) -> None:
    assert read_dispersion(three[:1]) is None
    assert read_dispersion(three[1:]) is None
