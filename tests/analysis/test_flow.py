"""Order flow at one instant; what is unavailable stays so."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.flow import (
    FlowEffect,
    read_effect,
    read_premium,
    read_utilisation,
    threshold_side,
)
from gexfocus_mcp.analysis.regime import Regime
from gexfocus_mcp.market.flow import Tick


Ticks = Callable[..., Tick]


@pytest.mark.parametrize(
    ("ndf", "share", "threshold", "state"),
    [
        (50, 0.5, "long", "long"),
        (24, 0.24, "long", "neutral"),
        (25, 0.25, "long", "long"),
        (99.9, 0.999, "long", "long"),
        (100, 1, "long", "beyond_long"),
        (0, 0, "long", "neutral"),
        (-40, 0.5, "short", "short"),
        (-19, 0.2375, "short", "neutral"),
        (-80, 1, "short", "beyond_short"),
        (-200, 2.5, "short", "beyond_short"),
    ],
)
def test_ndf_is_held_against_the_threshold_of_its_own_sign(
    tick: Ticks, ndf: float, share: float, threshold: str, state: str
) -> None:
    seen = tick(ndf=ndf, threshold_long=100.0, threshold_short=-80.0)

    read = read_utilisation(seen)

    assert read is not None
    assert read.share == pytest.approx(share)
    assert (read.threshold, read.state) == (threshold, state)
    assert threshold_side(seen) == (threshold if share >= 1 else None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"threshold_long": 100.0, "threshold_short": -80.0},
        {"ndf": 5.0, "threshold_short": -80.0},
        {"ndf": -5.0, "threshold_long": 100.0},
        {"ndf": 5.0, "threshold_long": 0.0},
        {"ndf": -5.0, "threshold_short": 0.0},
        {"ndf": 5.0, "threshold_long": -100.0},
        {"ndf": -5.0, "threshold_short": 80.0},
    ],
)
def test_without_a_usable_threshold_there_is_no_utilisation(
    tick: Ticks, fields: dict[str, float]
) -> None:
    assert read_utilisation(tick(**fields)) is None
    assert threshold_side(tick(**fields)) is None


LEGS = {
    "call_buy_premium": 50.0,
    "call_sell_premium": 20.0,
    "put_buy_premium": 10.0,
    "put_sell_premium": 20.0,
}


def test_direction_and_shares_come_from_all_four_legs(tick: Ticks) -> None:
    today = {f"{name}_0dte": value / 10 for name, value in LEGS.items()}

    read = read_premium(tick(**LEGS, **today))

    assert read.direction == pytest.approx((50 + 20 - 20 - 10) / 100)
    assert read.call_share == pytest.approx(0.7)
    assert read.zero_dte_share == pytest.approx(0.1)


@pytest.mark.parametrize("gone", sorted(LEGS))
def test_one_missing_leg_leaves_no_partial_metric(tick: Ticks, gone: str) -> None:
    read = read_premium(tick(**{**LEGS, gone: None}))

    assert (read.direction, read.call_share, read.zero_dte_share) == (None, None, None)


def test_stored_nets_give_what_they_can(tick: Ticks) -> None:
    read = read_premium(
        tick(
            net_call_premium=30.0,
            net_put_premium=-10.0,
            net_call_premium_0dte=3.0,
            net_put_premium_0dte=1.0,
        )
    )

    assert (read.net, read.direction_net) == (20, 40)
    assert (read.zero_dte_net, read.zero_dte_direction) == (4, 2)
    assert read.missing == ("net_premium",)


def test_a_null_leg_is_not_a_zero(tick: Ticks) -> None:
    read = read_premium(tick(net_call_premium=30.0, net_call_premium_0dte=0.0))

    assert (read.net, read.direction_net, read.zero_dte_net) == (None, None, None)
    assert read.missing == ("net_premium", "net_put_premium")


def test_nothing_traded_has_no_direction(tick: Ticks) -> None:
    read = read_premium(tick(**dict.fromkeys(LEGS, 0.0)))

    assert (read.direction, read.call_share) == (None, None)


PAID = st.floats(0, 1e12)


@settings(deadline=None)
@given(PAID, PAID, PAID, PAID)
def test_direction_and_share_stay_in_their_ranges(
    tick: Ticks, call_buy: float, call_sell: float, put_buy: float, put_sell: float
) -> None:
    read = read_premium(
        tick(**dict(zip(LEGS, (call_buy, call_sell, put_buy, put_sell), strict=True)))
    )

    if read.direction is not None:
        assert -1 - 1e-9 <= read.direction <= 1 + 1e-9
        assert read.call_share is not None
        assert -1e-9 <= read.call_share <= 1 + 1e-9


@pytest.mark.parametrize(
    ("ndf", "regime", "effect"),
    [
        (50, "long_gamma", "damped"),
        (-200, "long_gamma", "damped"),
        (50, "short_gamma", "amplified"),
        (-20, "short_gamma", "amplified"),
        (10, "short_gamma", "neither"),
        (50, "neutral", "neither"),
    ],
)
def test_positioning_damps_or_amplifies_a_flow_that_leans(
    tick: Ticks, ndf: float, regime: Regime, effect: FlowEffect
) -> None:
    seen = tick(ndf=ndf, threshold_long=100.0, threshold_short=-80.0)

    assert read_effect(read_utilisation(seen), regime) == effect


def test_without_a_threshold_the_effect_cannot_be_told(tick: Ticks) -> None:
    assert read_effect(read_utilisation(tick(ndf=50)), "long_gamma") is None


def test_imbalance_is_what_was_paid_up_less_what_was_hit(tick: Ticks) -> None:
    legs = {"call_buy_premium": 50.0, "call_sell_premium": 25.0}
    legs |= {"put_buy_premium": 20.0, "put_sell_premium": 5.0}
    read = read_premium(tick(**legs))

    assert read.imbalance == pytest.approx((70 - 30) / 100)
    assert read_premium(tick(call_buy_premium=50.0)).imbalance is None
