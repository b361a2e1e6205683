"""The sign of net gamma, and every reason to be less sure of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gexfocus_mcp.analysis.levels import Flip
from gexfocus_mcp.analysis.regime import (
    read_coverage,
    read_regime,
    read_stance,
    read_tilt,
)
from gexfocus_mcp.market.strikes import StrikeMap


Maps = Callable[..., StrikeMap]


def flip_at(
    value: float, *, agrees: bool | None = True, stream: float | None = None
) -> Flip:
    others = {} if stream is None else {"stream": stream}
    return Flip(value, "kernel", value - 100, agrees, others)


@pytest.mark.parametrize(
    ("calls", "puts", "regime"),
    [
        (60, -40, "long_gamma"),
        (40, -60, "short_gamma"),
        (51, -49, "long_gamma"),  # net is 2 % of gross
        (50.9, -49.1, "neutral"),
        (49.1, -50.9, "neutral"),
        (50, -50, "neutral"),
    ],
)
def test_the_regime_is_the_sign_of_net_from_two_percent_of_gross(
    strike_map: Maps, calls: float, puts: float, regime: str
) -> None:
    assert read_regime(strike_map([(100, calls, puts)])) == regime


def test_the_stored_net_decides_and_the_bars_give_the_tilt(strike_map: Maps) -> None:
    seen = strike_map([(100, 60, -40)], net=-50.0)

    assert read_regime(seen) == "short_gamma"
    assert read_tilt(seen) == pytest.approx(0.2)
    assert read_coverage(seen) == pytest.approx(-0.4)


def test_a_map_without_bars_has_a_regime_and_no_tilt(strike_map: Maps) -> None:
    stance = read_stance(strike_map([], net=5.0), None)

    assert (stance.regime, stance.confidence) == ("long_gamma", "low")
    assert (stance.tilt, stance.coverage) == (None, None)
    assert stance.reasons == ("no strike-level data",)


def test_an_empty_map_is_neutral(strike_map: Maps) -> None:
    assert read_regime(strike_map([])) == "neutral"
    assert read_regime(strike_map([(100, 0, 0)])) == "neutral"


def test_coverage_is_untold_where_net_is_too_small_to_divide_by(
    strike_map: Maps,
) -> None:
    assert read_coverage(strike_map([(100, 60, -40)], net=1.9)) is None
    assert read_coverage(strike_map([(100, 60, -40)], net=0.0)) is None
    assert read_coverage(strike_map([(100, 60, -40)], net=40.0)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("tilt", "away", "confidence", "reasons"),
    [
        (0.30, 3.0, "high", ("|tilt| >= 0.20", "flip over 2 % away")),
        (0.30, None, "high", ("|tilt| >= 0.20", "no flip within 15 %")),
        (0.19, 3.0, "moderate", ("|tilt| < 0.20",)),
        (0.30, 1.9, "moderate", ("flip < 2 % away",)),
        (0.19, 1.9, "moderate", ("|tilt| < 0.20", "flip < 2 % away")),
        (0.04, 3.0, "low", ("|tilt| < 0.05",)),
        (0.30, 0.4, "low", ("flip < 0.5 % away",)),
        (0.19, 0.4, "low", ("flip < 0.5 % away", "|tilt| < 0.20")),
        (0.20, 2.0, "high", ("|tilt| >= 0.20", "flip over 2 % away")),
        (0.05, 0.5, "moderate", ("|tilt| < 0.20", "flip < 2 % away")),
    ],
)
def test_confidence_is_the_worst_of_the_tests(
    strike_map: Maps,
    tilt: float,
    away: float | None,
    confidence: str,
    reasons: tuple[str, ...],
) -> None:
    seen = strike_map([(100, 50 + 50 * tilt, -(50 - 50 * tilt))])
    flip = None if away is None else flip_at(100 - away)

    stance = read_stance(seen, flip)

    assert (stance.confidence, stance.reasons) == (confidence, reasons)


@pytest.mark.parametrize(
    ("flip", "stream", "reason"),
    [
        (
            flip_at(90, agrees=False),
            None,
            "flip is on the other side of spot than net says",
        ),
        (
            flip_at(90),
            105.0,
            "stream's flip is on the other side of spot than net says",
        ),
        (None, 105.0, "stream's flip is on the other side of spot than net says"),
    ],
)
def test_a_contradiction_makes_confidence_low(
    strike_map: Maps, flip: Flip | None, stream: float | None, reason: str
) -> None:
    stance = read_stance(strike_map([(100, 80, -20)]), flip, stream_flip=stream)

    assert stance.confidence == "low"
    assert reason in stance.reasons


@pytest.mark.parametrize(
    ("net", "said"), [(150.0, True), (25.0, True), (119.0, False), (31.0, False)]
)
def test_bars_that_do_not_add_up_to_the_stored_net_make_confidence_low(
    strike_map: Maps, net: float, *, said: bool
) -> None:
    stance = read_stance(strike_map([(100, 80, -20)], net=net), flip_at(90))

    assert (stance.confidence == "low") is said
    assert ("bars and stored net are not of one book" in stance.reasons) is said


def test_bars_that_nearly_add_up_make_confidence_moderate(strike_map: Maps) -> None:
    stance = read_stance(strike_map([(100, 80, -20)], net=72.0), flip_at(90))

    assert stance.confidence == "moderate"
    assert stance.reasons == ("bars add up to 83.3 % of the stored net",)


def test_a_price_beyond_the_flip_since_the_map_makes_confidence_low(
    strike_map: Maps,
) -> None:
    stance = read_stance(strike_map([(100, 80, -20)]), flip_at(90), spot_now=85.0)

    assert stance.confidence == "low"
    assert "price has crossed the flip since the map" in stance.reasons


@pytest.mark.parametrize("stored", [0.0, 1e-300, 123.0 / 1e9])
def test_a_stored_net_near_zero_that_the_bars_deny_makes_confidence_low(
    strike_map: Maps, stored: float
) -> None:
    stance = read_stance(strike_map([(100, 80, -20)], net=stored), flip_at(90))

    assert stance.regime == "neutral"
    assert stance.confidence == "low"
    assert "bars and stored net are not of one book" in stance.reasons


def test_without_a_spot_the_flip_is_not_called_absent(strike_map: Maps) -> None:
    stance = read_stance(replace(strike_map([(100, 80, -20)]), spot=None), None)

    assert stance.confidence == "low"
    assert stance.reasons == ("no spot: flip not reckoned",)


def test_a_doubt_from_outside_makes_confidence_low(strike_map: Maps) -> None:
    stance = read_stance(
        strike_map([(100, 80, -20)]), flip_at(90), doubts=("stale map",)
    )

    assert stance.confidence == "low"
    assert stance.reasons[0] == "stale map"


def test_a_newer_price_moves_the_distance_to_the_flip(strike_map: Maps) -> None:
    seen = strike_map([(100, 80, -20)])

    assert read_stance(seen, flip_at(95)).confidence == "high"
    assert read_stance(seen, flip_at(95), spot_now=95.3).confidence == "low"
    assert read_stance(seen, flip_at(95), spot_now=96.5).confidence == "moderate"
