"""Values and pixels, labels and gaps: what every picture is laid out by."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.render.pictures.axis import Axis, around
from gexfocus_mcp.render.pictures.clock_axis import pieces, session_axis
from gexfocus_mcp.render.pictures.panel import spread


SIZES = st.floats(-1e12, 1e12, allow_nan=False)
NOON = datetime(2026, 11, 19, 12, 0, tzinfo=NEW_YORK)


def test_values_stand_in_proportion() -> None:
    axis = Axis(400, 500, 800, 100)

    assert [axis(400), axis(500), axis(450)] == [800, 100, 450]
    assert axis.holds(500)
    assert not axis.holds(500.1)


@given(SIZES, SIZES, st.integers(2, 20))
@example(-1.0, -1.0, 12)
@example(0.0, 5e-324, 2)
@example(700.0, 700.0000000000001, 5)
@example(-1e9, -1e9 + 1.2e-7, 5)
@example(5e-324, 5e-324, 2)
def test_ticks_are_round_inside_and_about_as_many_as_asked(
    one: float, other: float, most: int
) -> None:
    axis = around([one, other], 0, 100)
    ticks = axis.ticks(most)

    assert all(tick >= axis.low - abs(axis.low) * 1e-9 - 1e-9 for tick in ticks)
    assert all(tick <= axis.high + abs(axis.high) * 1e-9 + 1e-9 for tick in ticks)
    assert len(ticks) <= most + 1
    assert all(a < b for a, b in pairwise(ticks))


def test_ticks_are_those_that_a_person_would_write() -> None:
    assert Axis(628.4, 802.1, 0, 1).ticks(8) == [650, 675, 700, 725, 750, 775, 800]
    assert Axis(-0.3, 0.3, 0, 1).ticks(6) == [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]


@given(st.lists(SIZES, max_size=4), st.booleans())
def test_an_axis_always_has_a_range_that_holds_its_values(
    values: list[float], zero: bool
) -> None:
    axis = around(values, 0, 1, zero=zero)

    assert axis.low < axis.high
    assert all(axis.holds(value) for value in values)
    assert axis.holds(0) or not zero


@given(st.lists(st.floats(0, 800, allow_nan=False), max_size=12).map(sorted))
def test_labels_keep_clear_of_each_other(wanted: list[float]) -> None:
    places = spread(wanted, 800)

    assert all(b - a >= 15 - 1e-6 for a, b in pairwise(places))
    assert all(place <= 800 for place in places)
    if all(b - a >= 15 for a, b in pairwise(wanted)):
        assert places == pytest.approx(wanted)


def test_a_line_ends_where_a_value_is_unavailable_or_nothing_was_seen() -> None:
    minutes = [0, 1, 2, 20, 21]
    values = [1.0, None, 3.0, 4.0, 5.0]
    line = [
        (NOON + timedelta(minutes=m), v) for m, v in zip(minutes, values, strict=True)
    ]

    assert [[v for _, v in run] for run in pieces(line)] == [[1.0], [3.0], [4.0, 5.0]]
    assert pieces([]) == []


def test_a_session_runs_from_open_to_close_and_half_days_are_shorter() -> None:
    whole = session_axis(NOON.date(), [], 0, 390)
    assert whole(NOON) == 150

    half = session_axis(datetime(2026, 11, 27, tzinfo=NEW_YORK).date(), [], 0, 210)
    assert half(datetime(2026, 11, 27, 13, 0, tzinfo=NEW_YORK)) == 210

    early = NOON.replace(hour=9, minute=0)
    assert session_axis(NOON.date(), [early], 0, 1)(early) == 0
