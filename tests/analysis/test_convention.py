"""Whose side the bars are signed for, told from their signs alone."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.convention import detect_convention, to_dealer
from gexfocus_mcp.market.greek import GREEKS, Greek
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]
Rows = list[tuple[float, float, float]]


@pytest.mark.parametrize(
    ("greek", "rows", "found"),
    [
        ("gex", [(95, 2, -8), (100, 5, -5)], "dealer_signed"),
        ("gex", [(95, 2, 8), (100, 5, 5)], "raw_oi"),
        ("gex", [(95, -2, -8), (100, -5, -5)], "mixed"),
        ("delta", [(95, 2, 8), (100, 5, 5)], "dealer_signed"),
        ("delta", [(95, 2, -8), (100, 5, -5)], "raw_oi"),
        ("vanna", [(95, -2, 8), (105, 5, -5)], "dealer_signed"),
        ("vanna", [(95, -2, -8), (105, 5, 5)], "raw_oi"),
        ("charm", [(95, 2, -8), (105, -5, 5)], "dealer_signed"),
        ("charm", [(95, 2, 8), (105, -5, -5)], "raw_oi"),
        ("vanna", [(95, -5, 5), (105, 5, 5)], "mixed"),
        ("gex", [(95, 5, 5), (105, 5, -5)], "mixed"),
        ("vanna", [(95, 0, 5), (105, 5, 0)], "unknown"),
        ("charm", [], "unknown"),
        ("gex", [(95, 0, -5), (105, 5, 0)], "dealer_signed"),
        ("gex", [(95, 0, 5), (105, 5, 0)], "raw_oi"),
        ("gex", [(95, 3, 0), (105, 5, 0)], "unknown"),
        ("delta", [(95, 0, 5), (105, 5, 0)], "dealer_signed"),
        ("delta", [(95, 0, -5), (105, 5, 0)], "raw_oi"),
    ],
)
def test_the_signs_of_the_columns_tell_the_convention(
    strike_map: Maps, greek: Greek, rows: Rows, found: str
) -> None:
    assert detect_convention(strike_map(rows, greek)) == found


def test_a_stray_strike_does_not_change_the_verdict(strike_map: Maps) -> None:
    rows = [(90.0 + i, 10.0, -10.0) for i in range(20)]

    assert (
        detect_convention(strike_map([*rows, (111.0, 10.0, 10.0)])) == "dealer_signed"
    )


def test_a_raw_map_is_turned_by_its_puts_and_drops_what_no_longer_applies(
    strike_map: Maps,
) -> None:
    raw = strike_map([(95, 2, 8), (100, 5, 4)], net=19.0, max_strike=95.0)

    dealer = to_dealer(raw)

    assert [(b.calls, b.puts) for b in dealer.bars] == [(2, -8), (5, -4)]
    assert dealer.net == -5
    assert dealer.stored_net is None
    assert dealer.stored_max_strike is None


@pytest.mark.parametrize(
    ("greek", "rows"),
    [
        ("gex", [(95, 2, -8)]),
        ("vanna", [(95, -5, 5), (105, 5, 5)]),
        ("charm", []),
    ],
)
def test_any_other_map_is_left_alone(
    strike_map: Maps, greek: Greek, rows: Rows
) -> None:
    given_map = strike_map(rows, greek, net=3.0)

    assert to_dealer(given_map) is given_map


SIZE = st.just(0.0) | st.floats(1e-6, 1e9) | st.floats(-1e9, -1e-6)


@settings(deadline=None)
@given(
    greek=st.sampled_from(GREEKS),
    rows=st.lists(st.tuples(st.floats(1, 1e4), SIZE, SIZE), max_size=12),
)
def test_turning_a_map_twice_changes_nothing_more(
    strike_map: Maps, greek: Greek, rows: Rows
) -> None:
    once = to_dealer(strike_map(rows, greek))

    assert to_dealer(once) == once


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(50, 150), st.floats(1, 1e9), st.floats(1, 1e9)), min_size=1
    )
)
def test_a_dealer_map_and_its_raw_twin_are_told_apart_and_become_one(
    strike_map: Maps, rows: Rows
) -> None:
    raw = strike_map(rows)
    dealer = strike_map([(k, c, -p) for k, c, p in rows])

    assert detect_convention(raw) == "raw_oi"
    assert detect_convention(dealer) == "dealer_signed"
    assert to_dealer(raw) == dealer
