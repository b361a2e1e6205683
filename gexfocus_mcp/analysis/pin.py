"""
How much speaks for price ending an expiry near one strike: a house heuristic, and called one wherever it is shown.

Only positive gamma pins: who is long options at a strike sells above it and buys below it, the more so
the nearer the expiry (Avellaneda and Lipkin 2003). The weights are ours and measured against nothing.
"""

from math import exp
from typing import Final

from gexfocus_mcp.analysis.regime import Regime


_FULL_SHARE: Final = 0.3
_LAST_HOURS: Final = 3.0
_EARLY, _LATE_FROM, _LATE_TO = 0.3, 0.4, 1.0
_AGAINST: Final = 0.4


def score_pin(
    share: float,
    distance_pct: float,
    width: float,
    hours_left: float,
    regime: Regime,
) -> float:
    """
    Score a strike with positive gamma, 0 to 100.

    100 x min(share, 0.3) / 0.3 x exp(-(distance / width)^2 / 2) x time x regime, where time rises from 0.4 to 1
    over the last three hours (0.3 before) and regime is 1 in long gamma, else 0.4.

    Args:
        share: Of the expiring gross that sits at the strike, 0 to 1.
        distance_pct: (strike - spot) / spot x 100.
        width: Effective volatility x sqrt(time) of the expiring book (`Kernel.width`): it stands in for the expected
            move, which the feed does not have.
        hours_left: To the end of the session on the day of expiry.
    """
    reach = distance_pct / 100 / width
    late = _LATE_FROM + (_LATE_TO - _LATE_FROM) * (1 - hours_left / _LAST_HOURS)
    return (
        100
        * min(share, _FULL_SHARE)
        / _FULL_SHARE
        * exp(-reach * reach / 2)
        * (late if hours_left <= _LAST_HOURS else _EARLY)
        * (1 if regime == "long_gamma" else _AGAINST)
    )
