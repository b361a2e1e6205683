"""Sign changes and migration, held against what a slow and plain reading of the rows gives."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.migration import (
    Place,
    find_sign_changes,
    max_strike_places,
    read_level_path,
    read_migration,
)
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


DAY = date(2026, 6, 12)
OPEN = datetime(2026, 6, 12, 9, 30, tzinfo=NEW_YORK)


def stored(
    row: int,
    net: float | None = 1.0,
    *,
    top: float | None = 100.0,
    spot: float | None = 100.0,
    bars: tuple[Bar, ...] = (),
) -> StrikeMap:
    at = OPEN + timedelta(minutes=row)
    return StrikeMap(parse_ticker("SPY"), "gex", at, DAY, spot, net, top, bars)


nets = st.lists(
    st.one_of(st.none(), st.just(0.0), st.floats(-1e9, 1e9, allow_nan=False)),
    max_size=60,
)


@given(nets)
def test_every_sign_change_is_found_at_its_row_and_none_invented(
    values: list[float | None],
) -> None:
    sign, expected = 0, []
    for row, value in enumerate(values):
        now = 0 if not value else (1 if value > 0 else -1)
        if now and sign and now != sign:
            expected.append((OPEN + timedelta(minutes=row), now > 0))
        sign = now or sign

    found = find_sign_changes([stored(row, net) for row, net in enumerate(values)])

    assert [(change.at, change.to_positive) for change in found] == expected


def places(*strikes: float, values: dict[float, float] | None = None) -> list[Place]:
    return [
        Place(OPEN + timedelta(minutes=row), DAY, strike, values)
        for row, strike in enumerate(strikes)
    ]


def test_a_move_that_lasts_one_snapshot_is_ignored() -> None:
    moved = read_migration(places(100, 100, 105, 100, 110, 110, 110, 115), 110.0)

    assert moved is not None
    assert moved.changes == ((OPEN + timedelta(minutes=4), 110),)
    assert (moved.first, moved.last, moved.ignored) == (100, 110, 2)
    assert moved.shift_pct == pytest.approx(100 * 10 / 110)


@pytest.mark.parametrize(("gain", "moves"), [(1.049, 0), (1.051, 1)])
def test_a_move_to_a_strike_hardly_larger_is_ignored(gain: float, moves: int) -> None:
    values = {100.0: -10.0, 105.0: -10.0 * gain}

    moved = read_migration(places(100, 105, 105, 105, values=values), 100.0)

    assert moved is not None
    assert len(moved.changes) == moves


def test_the_strike_held_longest_is_told_by_time_not_by_rows_and_nights_do_not_count() -> (
    None
):
    next_day = DAY + timedelta(days=3)
    rows = [
        Place(OPEN, DAY, 100),
        Place(OPEN + timedelta(minutes=60), DAY, 105),
        Place(OPEN + timedelta(minutes=61), DAY, 105),
        Place(OPEN + timedelta(minutes=62), DAY, 105),
        Place(OPEN + timedelta(days=3), next_day, 105),
    ]

    moved = read_migration(rows, 100.0)

    assert moved is not None
    assert moved.mode == 100
    assert moved.mode_share == pytest.approx(60 / 62)


def test_distance_is_counted_in_listed_strikes_where_these_are_known() -> None:
    moved = read_migration(places(100, 110, 110), 100.0, [95, 100, 101, 105, 110])

    assert moved is not None
    assert moved.strikes_moved == 3


def test_without_a_strike_there_is_no_migration() -> None:
    assert read_migration(max_strike_places([stored(0, top=None)]), 100.0) is None


def book(spot: float, wall: float) -> tuple[Bar, ...]:
    return tuple(
        Bar(k, 9.0 if k == wall else 1.0, -8.0 if k == 90 else -0.5)
        for k in (90.0, 95.0, 100.0, 105.0, 110.0)
    )


def test_walls_are_followed_over_full_snapshots_and_the_flip_is_held_against_spot() -> (
    None
):
    maps = [
        stored(row, None, spot=spot, bars=book(spot, wall))
        for row, (spot, wall) in enumerate(
            [(100.0, 105.0), (101.0, 105.0), (99.0, 110.0), (98.0, 110.0)]
        )
    ]

    path = read_level_path(maps)

    assert [p.call_wall for p in path.points] == [105, 105, 110, 110]
    assert {p.put_wall for p in path.points} == {90}
    assert path.call_wall is not None
    assert path.call_wall.changes == ((OPEN + timedelta(minutes=2), 110),)
    assert path.call_wall.strikes_moved == 1
    flips = [p.flip for p in path.points]
    assert all(flip is not None for flip in flips)
    assert path.flip_with_spot is not None
    assert -1 <= path.flip_with_spot <= 1


def test_a_raw_map_is_read_for_the_dealers_book() -> None:
    raw = tuple(Bar(b.strike, b.calls, -b.puts) for b in book(100.0, 105.0))

    (point,) = read_level_path([stored(0, None, bars=raw)]).points

    assert (point.call_wall, point.put_wall) == (105, 90)
