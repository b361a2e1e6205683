"""The everyday read, from whatever maps there are."""

from collections.abc import Callable

import pytest

from gexfocus_mcp.analysis.positioning import Positioning, read_positioning
from gexfocus_mcp.analysis.regime import name_regime
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


Maps = Callable[..., StrikeMap]
GEX = [(90, 0, -30), (95, 5, -20), (100, 60, -20), (105, 50, 0)]
VANNA = [(95, -2, 8), (105, 6, -1)]
CHARM = [(95, 2, -9), (105, -6, 1)]


def read(
    *maps: StrikeMap,
    hours_left: float = 6.0,
    spot_now: float | None = None,
    moves: tuple[float, ...] = (1,),
    missing: tuple[Greek, ...] = (),
) -> Positioning:
    by_greek = {m.greek: m for m in maps}
    return read_positioning(
        GreekMaps(parse_ticker("SPY"), by_greek, missing),
        by_greek["gex"],
        moves,
        hours_left=hours_left,
        spot_now=spot_now,
    )


def test_vanna_and_charm_become_hedges_against_their_exposure(strike_map: Maps) -> None:
    found = read(
        strike_map(GEX), strike_map(VANNA, "vanna"), strike_map(CHARM, "charm")
    )

    assert found.vanna is not None
    assert found.charm is not None
    assert (found.vanna.net, found.vanna.hedge) == (11, -11)
    assert (found.charm.net, found.charm.hedge) == (-12, 3)
    assert found.stance.net == 45
    assert found.vanna.against_gamma == pytest.approx(11 / 45)
    assert found.charm.against_gamma == pytest.approx(3 / 45)


def test_a_missing_greek_leaves_its_place_empty(strike_map: Maps) -> None:
    found = read(strike_map(GEX), missing=("vanna", "charm"))

    assert found.vanna is None
    assert found.charm is None
    assert found.missing == ("vanna", "charm")


def test_raw_maps_are_read_for_the_dealer_and_say_so(strike_map: Maps) -> None:
    raw_gex = [(k, c, -p) for k, c, p in GEX]
    raw_vanna = [(k, c, -p) for k, c, p in VANNA]

    signed = read(strike_map(GEX), strike_map(VANNA, "vanna"))
    raw = read(strike_map(raw_gex, net=185.0), strike_map(raw_vanna, "vanna", net=3.0))

    assert raw.gamma_convention == "raw_oi"
    assert raw.stance.net == signed.stance.net
    assert raw.levels == signed.levels
    assert raw.hedges == signed.hedges
    assert raw.vanna is not None
    assert signed.vanna is not None
    assert (raw.vanna.net, raw.vanna.convention) == (signed.vanna.net, "raw_oi")
    assert [note.split(" map ")[0] for note in raw.notes] == ["gex", "vanna"]
    assert signed.notes == ()


def test_a_map_of_no_known_convention_says_so(strike_map: Maps) -> None:
    found = read(strike_map(GEX), strike_map([(95, -5, 5), (105, 5, 5)], "vanna"))

    assert found.notes == (
        "vanna map follows no known sign convention: its net is as the feed gave it",
    )


def test_each_move_is_reckoned_up_and_down_in_the_order_asked(strike_map: Maps) -> None:
    found = read(strike_map(GEX), moves=(1, 2.5))

    assert [h.move_pct for h in found.hedges] == [1, -1, 2.5, -2.5]
    assert found.hedges[0].linear == -45
    assert found.hedges[3].linear == pytest.approx(112.5)


def test_without_spot_or_bars_nothing_is_hedged(strike_map: Maps) -> None:
    assert read(strike_map(GEX, spot=None)).hedges == ()
    assert read(strike_map([], net=4.0)).hedges == ()


def test_the_read_turns_over_at_the_flip_and_grows_unsure_near_it(
    strike_map: Maps,
) -> None:
    found = read(strike_map(GEX))

    assert found.levels.flip is not None
    at, near = found.turns_over
    assert found.stance.regime == "long_gamma"
    assert (at.level, at.below, at.then) == (
        found.levels.flip.value,
        True,
        "short gamma",
    )
    assert near.below
    # At `near` the flip is half a percent away.
    assert (near.level - at.level) / near.level == pytest.approx(0.005)
    assert "low confidence" in near.then


def test_a_short_book_turns_over_above(strike_map: Maps) -> None:
    found = read(
        strike_map([(95, 0, -60), (100, 20, -30), (105, 40, -5), (110, 20, 0)])
    )

    assert found.stance.regime == "short_gamma"
    at, near = found.turns_over
    assert at.level > 100
    assert not at.below
    assert at.then == "long gamma"
    assert (at.level - near.level) / near.level == pytest.approx(0.005)


def test_a_newer_price_moves_the_distance_to_the_turn(strike_map: Maps) -> None:
    flip = read(strike_map(GEX)).turns_over[0].level

    found = read(strike_map(GEX), spot_now=flip * 1.002)

    assert len(found.turns_over) == 1
    assert found.turns_over[0].distance_pct == pytest.approx(-0.2, abs=0.001)
    assert found.stance.confidence == "low"


def test_a_price_that_has_crossed_the_flip_turns_back_the_other_way(
    strike_map: Maps,
) -> None:
    flip = read(strike_map(GEX)).turns_over[0].level

    at = read(strike_map(GEX), spot_now=flip * 0.99).turns_over[0]

    assert not at.below
    assert at.then == "repriced net changes sign"


def test_without_a_flip_nothing_turns_over(strike_map: Maps) -> None:
    assert read(strike_map([(95, 5, -1), (105, 9, -1)])).turns_over == ()


def test_doubts_make_the_read_unsure(strike_map: Maps) -> None:
    maps = GreekMaps(
        parse_ticker("SPY"), {"gex": strike_map([(95, 9, -1), (105, 9, -1)])}
    )

    found = read_positioning(
        maps, maps.maps["gex"], [1], hours_left=1, doubts=("stale map",)
    )

    assert (found.stance.confidence, found.stance.reasons[0]) == ("low", "stale map")


def test_a_crossing_on_the_other_side_turns_the_read_over_too(strike_map: Maps) -> None:
    found = read(strike_map([(93, 0, -40), (100, 90, -1), (106, 0, -40)]))

    levels = [(turn.below, turn.then) for turn in found.turns_over[:2]]
    assert sorted(levels) == [(False, "short gamma"), (True, "short gamma")]
    below, above = sorted(turn.level for turn in found.turns_over[:2])
    assert 93 < below < 100 < above < 106
    assert found.levels.flip is not None
    assert found.turns_over[0].level == found.levels.flip.value


def test_the_sign_of_a_matrix_is_neutral_under_two_percent_of_its_gross() -> None:
    assert [name_regime(net, 100) for net in (3, 1.9, 0, -2.1)] == [
        "long_gamma",
        "neutral",
        "neutral",
        "short_gamma",
    ]
