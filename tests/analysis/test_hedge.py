"""Which way modelled dealers trade: + buys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.hedge import hedge_for_volatility, hedge_to_close, read_hedge
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import Flip


def flat(net: float) -> Kernel:
    """A book so wide that a small move leaves its gamma as it is."""
    return Kernel.of_one_width(100.0, [40.0, 250.0], [net / 2, net / 2], [1.0, 1.0])


@pytest.mark.parametrize(("net", "up", "down"), [(10.0, -1, 1), (-10.0, 1, -1)])
def test_long_gamma_sells_a_rise_and_buys_a_fall_and_short_gamma_the_reverse(
    net: float, up: int, down: int
) -> None:
    rise, fall = (read_hedge(flat(net), net, None, move) for move in (1.0, -1.0))

    assert rise.convex * up > 0
    assert rise.linear == -net
    assert fall.convex * down > 0
    assert fall.linear == net
    assert rise.convex == pytest.approx(rise.linear, rel=0.05)
    assert fall.convex == pytest.approx(fall.linear, rel=0.05)


@pytest.mark.parametrize(
    ("flip", "up", "down"),
    [
        (100.5, True, False),
        (99.5, False, True),
        (101.0, True, False),
        (103.0, False, False),
    ],
)
def test_a_move_says_whether_the_flip_lies_inside_it(
    flip: float, *, up: bool, down: bool
) -> None:
    level = Flip(flip, "kernel", flip - 100, None)

    assert read_hedge(flat(1.0), 1.0, level, 1.0).crosses_flip is up
    assert read_hedge(flat(1.0), 1.0, level, -1.0).crosses_flip is down


def test_without_a_flip_nothing_is_crossed() -> None:
    assert not read_hedge(flat(1.0), 1.0, None, 5.0).crosses_flip


def test_past_a_close_flip_the_hedge_turns_while_the_line_does_not() -> None:
    # Long just here, short below: a fall is first bought, then sold.
    kernel = Kernel.of_one_width(100.0, [98.0, 100.5], [-40.0, 41.0], [40.0, 41.0])

    fall = read_hedge(kernel, 1.0, None, -2.0)

    assert fall.linear > 0
    assert fall.convex < 0


@settings(deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(0, 6.5))
def test_vanna_and_charm_hedges_are_against_the_exposure(
    net: float, hours: float
) -> None:
    assert hedge_for_volatility(net) == -net
    assert hedge_to_close(net, hours) == pytest.approx(-net * hours / 24)


def test_negative_charm_is_bought_back_over_the_day() -> None:
    assert hedge_to_close(-24.0, 6.0) == 6.0
    assert hedge_to_close(-24.0, 0.0) == 0.0


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(80, 120), st.floats(1, 1e6)), min_size=1, max_size=10),
    st.floats(0.1, 5),
)
def test_a_wholly_long_book_sells_any_rise_and_buys_any_fall(
    rows: list[tuple[float, float]], move: float
) -> None:
    totals = [t for _, t in rows]
    kernel = Kernel.of_one_width(100.0, [k for k, _ in rows], totals, totals)

    assert read_hedge(kernel, sum(totals), None, move).convex < 0
    assert read_hedge(kernel, sum(totals), None, -move).convex > 0
