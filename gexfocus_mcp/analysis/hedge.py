"""What dealers would trade to stay hedged if spot, volatility or the clock moved."""

from dataclasses import dataclass

from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import Flip


@dataclass(frozen=True, slots=True)
class Hedge:
    """
    Modelled hedge for one spot move, in the gamma map's delta unit; + means dealers buy.

    Attributes:
        move_pct: The move in percent of spot, signed.
        convex: Net gamma followed along the move: the figure to use.
        linear: -net x move, what a single gamma number says; meaningless across the flip.
        crosses_flip: Net gamma changes its sign inside the move.
    """

    move_pct: float
    convex: float
    linear: float
    crosses_flip: bool


def read_hedge(kernel: Kernel, net: float, flip: Flip | None, move_pct: float) -> Hedge:
    """
    Args:
        net: Net gamma exposure per +1 % of spot.
        move_pct: Percent, signed; up and down differ, so neither is ever mirrored from the other.
    """
    target = kernel.spot * (1 + move_pct / 100)
    low, high = sorted((kernel.spot, target))
    return Hedge(
        move_pct=move_pct,
        convex=kernel.hedge(move_pct / 100),
        linear=-net * move_pct,
        crosses_flip=(flip is not None and low <= flip.value <= high)
        or kernel.turns(move_pct / 100),
    )


def hedge_for_volatility(net_vanna: float) -> float:
    """Delta that dealers trade if implied volatility rises by one point: -vanna; + means they buy."""
    return -net_vanna


def hedge_to_close(net_charm: float, hours_left: float) -> float:
    """Delta that dealers trade by the close through the passing of time: -charm x days; + means they buy."""
    return -net_charm * hours_left / 24
