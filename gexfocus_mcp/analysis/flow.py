"""
What the order flow says: net delta flow against its thresholds, and who paid premium.

NDF is cumulative, so it wanders: its increments are compared, never its levels. Trade
sides are the upstream's estimates (the usual rules are right for about four trades in five).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from gexfocus_mcp.analysis.regime import Regime
from gexfocus_mcp.market.flow import Tick


Side = Literal["long", "short"]
FlowLean = Literal["beyond_long", "long", "neutral", "short", "beyond_short"]

_IDLE: Final = 0.25
"""Below this share of its threshold, NDF leans neither way."""


@dataclass(frozen=True, slots=True)
class Utilisation:
    """NDF over the threshold of its own sign: 1 is at the threshold."""

    share: float
    threshold: Side
    state: FlowLean


def _place(tick: Tick) -> tuple[float, Side] | None:
    """NDF over the threshold of its own sign, and which one that is."""
    ndf = tick.ndf
    if ndf is None:
        return None
    if ndf >= 0:
        threshold = tick.threshold_long
        return (
            None if threshold is None or threshold <= 0 else (ndf / threshold, "long")
        )
    threshold = tick.threshold_short
    return None if threshold is None or threshold >= 0 else (ndf / threshold, "short")


def read_sides(ticks: Iterable[Tick]) -> Iterator[tuple[Tick, Side | None]]:
    """The ticks that can be placed, each with the threshold that NDF is beyond; None where it is inside."""
    for tick in ticks:
        placed = _place(tick)
        if placed is not None:
            share, side = placed
            yield tick, (side if share >= 1 else None)


def read_utilisation(tick: Tick) -> Utilisation | None:
    """Place NDF between its dynamic thresholds, None without both numbers. What a break means is not documented."""
    placed = _place(tick)
    if placed is None:
        return None
    share, side = placed
    long = side == "long"
    state: FlowLean = "neutral"
    if share >= 1:
        state = "beyond_long" if long else "beyond_short"
    elif share >= _IDLE:
        state = side
    return Utilisation(share, side, state)


FlowEffect = Literal["damped", "amplified", "neither"]


def read_effect(used: Utilisation | None, regime: Regime) -> FlowEffect | None:
    """
    Whether modelled hedging damps or amplifies the move that today's flow pushes towards.

    Long gamma leans against a move whichever way it goes, short gamma adds to it; `neither` in a neutral regime or
    where NDF is under a quarter of its threshold, None where that cannot be told.
    """
    if used is None:
        return None
    if used.state == "neutral" or regime == "neutral":
        return "neither"
    return "damped" if regime == "long_gamma" else "amplified"


def threshold_side(tick: Tick) -> Side | None:
    """The threshold that NDF is beyond; None where it is inside or cannot be told."""
    return next((side for _, side in read_sides((tick,))), None)


@dataclass(frozen=True, slots=True)
class Premium:
    """
    Premium since the open, by side of the trade.

    Attributes:
        net: Bought - sold. Not a direction: buying puts makes it positive.
        net_call, net_put: The same per leg.
        imbalance: (bought - sold) / all premium, -1 to +1; None unless all four legs are known.
        direction: ((calls bought + puts sold) - (calls sold + puts bought)) / all premium, -1 to +1;
            None unless all four legs are known.
        direction_net: net_call - net_put, unscaled: what can be told from the stored fields.
        call_share: Calls' part of all premium.
        zero_dte_net: Net premium of contracts expiring today.
        zero_dte_direction: net_call_0dte - net_put_0dte.
        zero_dte_share: Part of all premium in contracts expiring today.
        missing: Fields that were unavailable.
    """

    net: float | None
    net_call: float | None
    net_put: float | None
    imbalance: float | None
    direction: float | None
    direction_net: float | None
    call_share: float | None
    zero_dte_net: float | None
    zero_dte_direction: float | None
    zero_dte_share: float | None
    missing: tuple[str, ...]


_LEGS: Final = (
    "call_buy_premium",
    "call_sell_premium",
    "put_buy_premium",
    "put_sell_premium",
)
_NETS: Final = ("net_premium", "net_call_premium", "net_put_premium")


def read_premium(tick: Tick) -> Premium:
    """
    Read the premium of one tick; a metric with an unavailable leg is None, never partial.
    """
    legs = [getattr(tick, name) for name in _LEGS]
    legs_0dte = [getattr(tick, f"{name}_0dte") for name in _LEGS]
    known = [leg for leg in legs if leg is not None]
    known_0dte = [leg for leg in legs_0dte if leg is not None]
    total = sum(known) if len(known) == len(legs) else None
    imbalance = direction = call_share = zero_share = None
    if total:
        call_buy, call_sell, put_buy, put_sell = known
        imbalance = (call_buy + put_buy - call_sell - put_sell) / total
        direction = (call_buy + put_sell - call_sell - put_buy) / total
        call_share = (call_buy + call_sell) / total
        if len(known_0dte) == len(legs_0dte):
            zero_share = sum(known_0dte) / total
    net_0dte = tick.net_premium_0dte
    if net_0dte is None:
        net_0dte = _combine(tick.net_call_premium_0dte, tick.net_put_premium_0dte, 1)
    net = tick.net_premium
    if net is None:
        net = _combine(tick.net_call_premium, tick.net_put_premium, 1)
    return Premium(
        net=net,
        net_call=tick.net_call_premium,
        net_put=tick.net_put_premium,
        imbalance=imbalance,
        direction=direction,
        direction_net=_combine(tick.net_call_premium, tick.net_put_premium, -1),
        call_share=call_share,
        zero_dte_net=net_0dte,
        zero_dte_direction=_combine(
            tick.net_call_premium_0dte, tick.net_put_premium_0dte, -1
        ),
        zero_dte_share=zero_share,
        missing=tuple(name for name in _NETS if getattr(tick, name) is None),
    )


def _combine(a: float | None, b: float | None, sign: int) -> float | None:
    return None if a is None or b is None else a + sign * b
