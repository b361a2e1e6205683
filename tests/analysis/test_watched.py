"""Conditions beside the latest tick, and what to wait for next."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.condition import Condition, parse_condition
from gexfocus_mcp.analysis.marks import Marks
from gexfocus_mcp.analysis.watch import Fired
from gexfocus_mcp.analysis.watched import find_nearest, find_next, read_watched
from gexfocus_mcp.market.flow import Tick
from tests.analysis.conftest import FRIDAY


Ticks = Callable[..., Tick]
MARKS = Marks(
    FRIDAY, 100.0, 5.0, {"flip": 98.0, "call_wall": 105.0}, {"put_wall": "no put gamma"}
)


def conditions(*names: str) -> list[Condition]:
    return [parse_condition(name) for name in names]


def test_distances_are_from_the_newest_known_price(tick: Ticks) -> None:
    latest = tick(price=None, gamma_flip=97.5)
    flip, wall, put, price = read_watched(
        conditions("flip", "call_wall", "put_wall", "price>102"), MARKS, latest, 101.0
    )

    assert flip.distance_pct == pytest.approx((98 - 101) / 101 * 100)
    assert flip.stream_level == 97.5
    assert wall.distance_pct == pytest.approx(4 / 101 * 100)
    assert (put.level, put.unavailable) == (None, "no put gamma")
    assert price.distance_pct == pytest.approx(1 / 101 * 100)


def test_without_a_price_distances_are_from_the_map_s(tick: Ticks) -> None:
    for latest in (None, tick(price=None)):
        (flip,) = read_watched(conditions("flip"), MARKS, latest, None)
        assert flip.distance_pct == pytest.approx(-2.0)


def test_ndf_is_placed_on_its_own_side(tick: Ticks) -> None:
    latest = tick(ndf=-20.0, threshold_long=100.0, threshold_short=-80.0)
    long, short, sign = read_watched(
        conditions("ndf_long", "ndf_short", "net_sign"), MARKS, latest, None
    )

    assert (long.level, long.of_threshold) == (100.0, None)
    assert (short.level, short.of_threshold) == (-80.0, 0.25)
    assert sign.level is None


def test_the_nearest_is_the_least_distance_else_the_most_used(tick: Ticks) -> None:
    latest = tick(price=100.0, ndf=30.0, threshold_long=100.0)
    names = ("net_sign", "ndf_long", "call_wall", "flip")
    nearest = find_nearest(read_watched(conditions(*names), MARKS, latest, 100.0))
    assert nearest is not None
    assert nearest.condition.kind == "flip"
    nearest = find_nearest(read_watched(conditions(*names[:2]), MARKS, latest, 100.0))
    assert nearest is not None
    assert nearest.condition.kind == "ndf_long"
    assert (
        find_nearest(read_watched(conditions("net_sign"), MARKS, latest, 100.0)) is None
    )


def test_what_has_not_fired_is_waited_for_next() -> None:
    wanted = conditions("flip", "ndf_long", "price>102")

    assert find_next(wanted, ()) == tuple(wanted)


@pytest.mark.parametrize(
    ("name", "level", "price", "following"),
    [
        ("flip", 98.004, 97.0, ["price>98", "call_wall"]),
        ("flip", 98.0, 99.0, ["price<98", "call_wall"]),
        ("flip", 98.0, 98.0, ["call_wall"]),
        ("price>102", 102.0, 102.5, ["price<102", "call_wall"]),
        ("price<=90", 90.0, 90.0, ["call_wall"]),
        ("ndf_long", 100.0, 99.0, ["call_wall"]),
        ("net_sign", None, 99.0, ["net_sign", "call_wall"]),
    ],
)
def test_a_level_that_was_passed_is_waited_for_from_the_other_side(
    tick: Ticks, name: str, level: float | None, price: float, following: list[str]
) -> None:
    wanted = conditions(name, "call_wall")
    fired = Fired(wanted[0], level, tick(price=price), already=False)

    assert [c.text for c in find_next(wanted, [fired])] == following


def test_there_is_always_something_to_wait_for(tick: Ticks) -> None:
    wanted = conditions("ndf_long")
    fired = Fired(wanted[0], 100.0, tick(ndf=120.0), already=True)

    assert find_next(wanted, [fired]) == tuple(wanted)
