"""What hangs on an expiration, and what is left without it."""

from collections.abc import Callable
from datetime import date
from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.book import read_matrix_book
from gexfocus_mcp.analysis.roll_off import Peak, find_peak, read_remainder, read_wall
from gexfocus_mcp.market.expiries import ExpiryMap
from tests.analysis.chains import NEAR, Chain


Matrices = Callable[..., ExpiryMap]
DAYS = [date(2026, 7, 10), date(2026, 7, 13), date(2026, 7, 17)]
CELL = st.none() | st.floats(-1e9, 1e9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12), st.integers(0, 2)
)
def test_what_is_dropped_and_what_remains_make_up_the_whole(
    expiry_map: Matrices, cells: list[tuple[float | None, ...]], last: int
) -> None:
    expiries = expiry_map({90.0 + i: row for i, row in enumerate(cells)}, DAYS)
    matrix = expiries.matrices["gex"]

    left = read_remainder(expiries, matrix, [0, 1, 2], DAYS[last], None)

    staying = [v for row in cells for v in row[last + 1 :] if v is not None]
    gross = fsum(abs(v) for row in cells for v in row if v is not None)
    assert left.expirations == 2 - last
    assert (left.net is None) == (not staying)
    assert (left.net or 0.0) == pytest.approx(fsum(staying), abs=1e-9 * gross)
    if gross:
        assert left.share_left == pytest.approx(fsum(map(abs, staying)) / gross)
    assert left.upper is None or left.upper.value > 0
    assert left.lower is None or left.lower.value < 0


def test_expirations_that_have_ended_are_no_part_of_the_whole(
    expiry_map: Matrices,
) -> None:
    expiries = expiry_map({100.0: [9.0, -2.0, 6.0]}, DAYS)

    left = read_remainder(expiries, expiries.matrices["gex"], [1, 2], DAYS[1], None)

    assert (left.net, left.share_left) == (6, 0.75)


def test_the_flip_of_what_remains_is_that_of_its_contracts() -> None:
    chain = Chain(seed=3)
    expiries = chain.expiries()
    left = read_remainder(
        expiries,
        expiries.matrices["gex"],
        range(len(NEAR)),
        NEAR[1],
        read_matrix_book(expiries),
    )

    chain.contracts = [c for c in chain.contracts if c.expiration in NEAR[2:]]
    assert left.flip is not None
    assert abs(left.flip - chain.zero()) < 0.002 * chain.spot


def test_a_wall_says_what_it_becomes_and_how_much_stays(expiry_map: Matrices) -> None:
    expiries = expiry_map(
        {95.0: [-8, 0, -1], 100.0: [9, 1, 1], 105.0: [1, -1, 9]}, DAYS
    )
    matrix = expiries.matrices["gex"]
    upper = read_wall(expiries, matrix, [0, 1, 2], sign=1)
    lower = read_wall(expiries, matrix, [0, 1, 2], sign=-1)

    assert upper is not None
    assert lower is not None
    assert (upper.strike, upper.value, upper.left) == (100, 11, 2)
    assert upper.after_roll_off == Peak(105, 8)
    assert lower.after_roll_off == Peak(95, -1)
    assert lower.left == -1
    assert find_peak(expiries, matrix, [], sign=1) is None
