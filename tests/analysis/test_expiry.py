"""Which expiration holds what, and what its end leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import log, pi, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.expiry import read_structure
from gexfocus_mcp.analysis.pin import score_pin
from gexfocus_mcp.analysis.roll_off import Peak, row_totals
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.expiries import ExpiryMap


Matrices = Callable[..., ExpiryMap]
TODAY = date(2026, 7, 10)
DAYS = [TODAY, date(2026, 7, 13), date(2026, 7, 17)]
ROWS: dict[float, list[float | None]] = {
    95.0: [-2, None, -6],
    100.0: [5, 3, 0],
    105.0: [1, -1, 9],
}


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, 10, hour, minute, tzinfo=NEW_YORK)


def test_columns_and_roll_off_add_up(expiry_map: Matrices) -> None:
    read = read_structure(expiry_map(ROWS, DAYS))

    assert [c.net for c in read.columns] == [4, 2, 3]
    assert [c.gross for c in read.columns] == [8, 4, 15]
    assert [c.dte for c in read.columns] == [0, 3, 7]
    assert [c.max_strike for c in read.columns] == [100, 100, 105]
    assert (read.net, read.gross, read.roll_off_net) == (9, 27, 5)
    assert read.front_share == pytest.approx(8 / 27)
    assert read.zero_dte == pytest.approx(8 / 27)
    assert read.largest is not None
    assert read.largest.expiration == DAYS[2]


CELL = st.none() | st.floats(-1e9, 1e9)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=15))
def test_shares_sum_to_one_and_the_front_is_all_that_rolls_off(
    expiry_map: Matrices, cells: list[tuple[float | None, ...]]
) -> None:
    rows = {90.0 + i: row for i, row in enumerate(cells)}

    read = read_structure(expiry_map(rows, DAYS))

    assert read.front is not None
    tiny = 1e-9 * read.gross
    known = [c.net for c in read.columns if c.net is not None]
    assert sum(known) == pytest.approx(read.net, abs=tiny)
    assert len(known) == len(DAYS) - len(read.not_given)
    assert (read.roll_off_net is None) == (read.front.net is None)
    if read.roll_off_net is not None:
        front = read.front.net or 0.0
        assert read.roll_off_net + front == pytest.approx(read.net, abs=tiny)
    assert sum(c.gross for c in read.columns) == pytest.approx(read.gross)
    if read.gross:
        assert sum(c.share or 0.0 for c in read.columns) == pytest.approx(1)
    for wall, sign in ((read.upper_wall, 1), (read.lower_wall, -1)):
        if wall is not None:
            assert sign * wall.value > 0
            assert sum(share for _, share in wall.by_expiry) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("now", "front", "zero"),
    [
        (at(8), DAYS[0], True),
        (at(15, 59), DAYS[0], True),
        (at(16), DAYS[1], False),
        (at(9) + timedelta(days=1), DAYS[1], False),
        (at(9) + timedelta(days=3), DAYS[1], True),
    ],
)
def test_an_expired_column_is_never_the_front(
    expiry_map: Matrices, now: datetime, front: date, *, zero: bool
) -> None:
    read = read_structure(expiry_map(ROWS, DAYS, as_of=now))

    assert read.front is not None
    assert read.front.expiration == front
    assert (read.zero_dte is not None) is zero
    assert read.roll_off_net == read.net - (read.front.net or 0.0)


def test_on_a_half_day_todays_column_ends_at_one(expiry_map: Matrices) -> None:
    days = [date(2026, 11, 27), date(2026, 11, 30)]
    rows = {100.0: [5.0, 1.0]}
    noon = datetime(2026, 11, 27, 12, 59, tzinfo=NEW_YORK)

    before = read_structure(expiry_map(rows, days, as_of=noon))
    after = read_structure(expiry_map(rows, days, as_of=noon + timedelta(minutes=1)))

    assert before.zero_dte == pytest.approx(5 / 6)
    assert before.magnet is not None
    assert after.zero_dte is None
    assert after.magnet is None
    assert after.front is not None
    assert after.front.expiration == days[1]


def test_when_every_column_has_ended_there_is_no_front(expiry_map: Matrices) -> None:
    read = read_structure(expiry_map(ROWS, DAYS, as_of=at(9) + timedelta(days=30)))

    assert (read.front, read.front_share, read.zero_dte, read.magnet) == (None,) * 4
    assert read.roll_off_net == read.net


def test_a_wall_says_where_it_expires_and_what_follows(expiry_map: Matrices) -> None:
    read = read_structure(
        expiry_map({95.0: [-8, 0, 0], 100.0: [9, 1, 1], 105.0: [1, -1, 9]}, DAYS)
    )

    assert read.upper_wall is not None
    assert read.lower_wall is not None
    assert (read.upper_wall.strike, read.upper_wall.value) == (100, 11)
    day, held = read.upper_wall.by_expiry[0]
    assert (day, held) == (DAYS[0], 9 / 11)
    assert read.upper_wall.after_roll_off == Peak(105, 8)
    assert read.upper_wall.left == 2
    assert (read.lower_wall.strike, read.lower_wall.value) == (95, -8)
    assert read.lower_wall.by_expiry == ((DAYS[0], 1.0),)
    assert read.lower_wall.after_roll_off is None
    assert read.lower_wall.left == 0


def test_the_magnet_is_todays_largest_positive_cell_near_spot(
    expiry_map: Matrices,
) -> None:
    rows: dict[float, list[float | None]] = {
        98.9: [50, 0, 0],
        99.5: [4, 0, 0],
        100.5: [6, 0, 90],
        101.0: [-70, 0, 0],
    }

    magnet = read_structure(expiry_map(rows, DAYS)).magnet

    assert magnet is not None
    assert (magnet.strike, magnet.value) == (100.5, 6)
    assert magnet.share == pytest.approx(6 / 130)
    assert magnet.distance_pct == pytest.approx(0.5)
    # 11:30 on a full day, and sqrt(pi / 2) times the gross-weighted mean of |ln(strike / spot)|.
    assert magnet.hours_left == 4.5
    apart = {98.9: 50, 99.5: 4, 100.5: 6, 101.0: 70}
    mean = sum(w * abs(log(k / 100)) for k, w in apart.items()) / 130
    assert magnet.width == pytest.approx(sqrt(pi / 2) * mean)
    assert magnet.pin_score("long_gamma") == score_pin(
        6 / 130, 0.5, magnet.width, 4.5, "long_gamma"
    )


@pytest.mark.parametrize(
    ("cells", "days", "spot"),
    [
        ([-5.0, 9.0, 9.0], DAYS, 100.0),
        ([None, 9.0, 9.0], DAYS, 100.0),
        ([5.0, 9.0, 9.0], DAYS, 103.0),
        ([5.0, 9.0, 9.0], DAYS, None),
        ([5.0, 9.0], DAYS[1:], 100.0),
    ],
)
def test_there_is_no_magnet_unless_positive_today_and_near(
    expiry_map: Matrices,
    cells: list[float | None],
    days: list[date],
    spot: float | None,
) -> None:
    assert read_structure(expiry_map({100.0: cells}, days, spot=spot)).magnet is None


def test_only_gamma_has_a_magnet_and_flips(expiry_map: Matrices) -> None:
    read = read_structure(expiry_map(ROWS, DAYS, greek="vanna"), "vanna", flips=3)

    assert read.magnet is None
    assert [c.flip for c in read.columns] == [None] * 3


def test_flips_are_looked_for_in_the_nearest_columns_only(expiry_map: Matrices) -> None:
    rows = {95.0: [-4.0, -4.0], 104.0: [6.0, 6.0]}
    read = read_structure(expiry_map(rows, DAYS[:2]), flips=1)

    first, second = (c.flip for c in read.columns)
    assert first is not None
    assert 95 < first < 100
    assert second is None


def test_cells_that_were_not_given_count_nothing(expiry_map: Matrices) -> None:
    read = read_structure(
        expiry_map({100.0: [None, None], 105.0: [None, 2.0]}, DAYS[:2])
    )

    assert read.columns[0].max_strike is None
    assert (read.columns[0].net, read.columns[0].share) == (None, None)
    assert (read.front_share, read.roll_off_net) == (None, None)
    assert read.not_given == (DAYS[0],)
    assert read.net == 2
    assert row_totals(((None, 1.0), (2.0, 3.0)), [0, 1]) == [1.0, 5.0]
    assert row_totals(((None, 1.0), (2.0, 3.0)), [0]) == [0, 2.0]


def test_a_greek_that_is_not_there_is_a_key_error(expiry_map: Matrices) -> None:
    with pytest.raises(KeyError):
        read_structure(expiry_map(ROWS, DAYS), "charm")


def test_one_matrix_read_again_later_is_read_as_if_for_the_first_time(
    expiry_map: Callable[..., ExpiryMap],
) -> None:
    served = expiry_map(ROWS, DAYS)
    opened = served.as_of
    later = (timedelta(0), timedelta(hours=4), timedelta(hours=9), timedelta(hours=21), timedelta(days=40))  # fmt: skip
    for flips in (0, 2):
        for passed in (*later, *reversed(later)):
            at = opened + passed
            fresh = read_structure(replace(served), at=at, flips=flips)
            read = read_structure(served, at=at, flips=flips)
            # Books are compared by what they hold, not by who made them.
            assert read == fresh
            assert [c.dte for c in read.columns] == [
                (day - at.date()).days for day in DAYS
            ]
