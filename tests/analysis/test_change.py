"""What is different between two maps, and what may not be compared."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gexfocus_mcp.analysis.change import Change, read_change
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]
LONG = [(90, 1, -4), (95, 2, -4), (100, 9, -2), (105, 8, -1), (110, 1, -1)]
SHORT = [(90, 1, -9), (95, 2, -9), (100, 4, -2), (105, 3, -1), (110, 1, -1)]


def later(strikes: StrikeMap, **by: float) -> StrikeMap:
    by = by or {"minutes": 60}
    as_of = strikes.as_of + timedelta(**by)
    return replace(strikes, as_of=as_of, session=as_of.date())


def test_a_net_that_crossed_zero_changed_the_regime(strike_map: Maps) -> None:
    change = read_change(strike_map(LONG), later(strike_map(SHORT)))

    assert change.before.stance.regime == "long_gamma"
    assert change.after.stance.regime == "short_gamma"
    assert change.net == -11 - 9
    assert change.net_crossed_zero
    assert change.same_session
    assert {m.name for m in change.rolls} >= {"call_wall", "put_wall"}


def test_without_a_change_of_sign_net_did_not_cross(strike_map: Maps) -> None:
    change = read_change(strike_map(LONG), later(strike_map(LONG)))

    assert change.net == 0
    assert not change.net_crossed_zero
    assert not change.spot_crossed_flip
    assert not change.same_snapshot


def crossing(strike_map: Maps, then: float, now: float) -> Change:
    """The same book seen at two spots; its flip stays about where it was."""
    return read_change(strike_map(LONG, spot=then), later(strike_map(LONG, spot=now)))


def test_spot_crosses_the_flip_when_it_moves_through_it(strike_map: Maps) -> None:
    flip = crossing(strike_map, 100, 100).before.levels.flip
    assert flip is not None
    assert flip.value < 100
    change = read_change(
        strike_map(LONG, spot=100), later(strike_map(SHORT, spot=flip.value - 2))
    )

    assert change.spot_crossed_flip
    assert not change.flip_came_to_spot


def test_the_flip_may_cross_a_spot_that_stood_still(strike_map: Maps) -> None:
    change = read_change(strike_map(LONG), later(strike_map(SHORT)))

    after = change.after.levels.flip
    assert after is not None
    assert after.value > 100
    assert change.spot_crossed_flip
    assert change.flip_came_to_spot


def test_one_snapshot_twice_is_told_as_that(strike_map: Maps) -> None:
    change = read_change(strike_map(LONG), strike_map(LONG))

    assert change.same_snapshot
    assert change.net == 0
    assert change.attribution is None
    assert change.rolls == ()
    assert change.turns_over


def test_another_scale_is_not_compared(strike_map: Maps) -> None:
    thousandfold = [(k, c * 1000, p * 1000) for k, c, p in LONG]
    for then, now in ((LONG, thousandfold), (thousandfold, LONG)):
        change = read_change(strike_map(then), later(strike_map(now)))

        assert change.incomparable is not None
        assert "1000-fold" in change.incomparable
        assert change.net is None
        assert change.attribution is None
        assert all(m.size_after is None for m in change.rolls)


def test_tenfold_is_still_one_scale(strike_map: Maps) -> None:
    tenfold = [(k, c * 10, p * 10) for k, c, p in LONG]

    assert read_change(strike_map(LONG), later(strike_map(tenfold))).attribution


def test_another_sign_convention_is_not_compared(strike_map: Maps) -> None:
    raw = [(k, c, -p) for k, c, p in LONG]
    change = read_change(strike_map(LONG), later(strike_map(raw)))

    assert change.incomparable == (
        "sign conventions differ (dealer_signed then, raw_oi now)"
    )
    assert change.net is None
    assert change.attribution is None
    assert any("raw open interest" in note for note in change.notes)


def test_a_map_without_puts_fits_every_sign_convention(strike_map: Maps) -> None:
    calls = [(k, c, 0) for k, c, _ in LONG]
    change = read_change(strike_map(LONG), later(strike_map(calls)))

    assert change.incomparable is None
    assert change.net == 21 - 9
    assert change.attribution is not None


def test_two_raw_maps_are_compared_for_the_dealer(strike_map: Maps) -> None:
    raw = [[(k, c, -p) for k, c, p in rows] for rows in (LONG, SHORT)]
    change = read_change(strike_map(raw[0]), later(strike_map(raw[1])))

    assert change.net == -11 - 9
    assert change.attribution is not None
    assert change.attribution.not_by_strike == 0


def test_a_map_without_bars_is_not_taken_apart(strike_map: Maps) -> None:
    change = read_change(strike_map([], net=5.0), later(strike_map(LONG)))

    assert change.net == 9 - 5
    assert change.attribution is None


def test_doubts_belong_to_the_later_moment(strike_map: Maps) -> None:
    change = read_change(
        strike_map(LONG), later(strike_map(LONG)), doubts=("the map is stale",)
    )

    assert change.after.stance.confidence == "low"
    assert "the map is stale" not in change.before.stance.reasons


def test_repairs_are_told_with_the_map_they_are_of(strike_map: Maps) -> None:
    then = replace(strike_map(LONG), notes=("two bars were dropped",))
    now = replace(later(strike_map(LONG)), notes=("one bar was dropped",))

    assert read_change(then, now).notes == (
        "one bar was dropped",
        "earlier map: two bars were dropped",
    )


@pytest.mark.parametrize(("days", "same"), [(0, True), (1, False)])
def test_sessions_are_told_apart(strike_map: Maps, days: float, same: bool) -> None:
    change = read_change(strike_map(LONG), later(strike_map(LONG), days=days, hours=1))

    assert change.same_session is same


def test_the_move_of_spot_is_in_percent_of_the_earlier(strike_map: Maps) -> None:
    change = read_change(
        strike_map(LONG, spot=80.0), later(strike_map(LONG, spot=82.0))
    )

    assert change.spot_pct == pytest.approx(2.5)
