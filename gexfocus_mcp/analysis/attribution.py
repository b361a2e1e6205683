"""
Which strikes made a change of net gamma, and what of it spot alone explains.

Strikes are taken apart on the full maps, so contributions and what no strike accounts for add up to the
change of the stored net. The effect of spot is a model's: the earlier book repriced where spot is now. On
14 real chains moved by up to 1.5 % it had the right sign in 84 of 84 trials; its size was off by 22 % at the
median and up to five times too large (one kernel width for all expiries): a direction and an order of size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import FAR_PCT
from gexfocus_mcp.market.strikes import StrikeMap


SMALLEST_MOVE_PCT: Final = 0.02
"""Below this move of spot there is nothing to set apart."""

# Books with less in common are two books: repricing the one says nothing of the other.
_IN_COMMON: Final = 0.8
_FEWEST, _MOST, _ENOUGH = 8, 12, 0.80


@dataclass(frozen=True, slots=True)
class Contribution:
    """
    What one strike added to net gamma.

    Attributes:
        before: Its total then; None where that map had no such strike, which counts as nothing there.
        after: Likewise now.
        spot_alone: What the move of spot would have made of `before`; None where it is not set apart.
    """

    strike: float
    before: float | None
    after: float | None
    spot_alone: float | None = None

    @property
    def change(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True, slots=True)
class Attribution:
    """
    The change of net gamma, strike by strike.

    Attributes:
        by_strike: Every strike of either map, ascending.
        not_by_strike: What the stored nets changed by beyond their bars: they may cover more strikes.
        spot_alone: Net gamma of the earlier book at today's spot less at its own, volatility and time held.
        spot_unread: Why `spot_alone` is None.
    """

    by_strike: tuple[Contribution, ...]
    not_by_strike: float
    spot_alone: float | None
    spot_unread: str | None

    @property
    def turnover(self) -> float:
        """Sum of |change|: what shares are of, since signed contributions cancel."""
        return fsum(abs(c.change) for c in self.by_strike)

    @property
    def rest(self) -> float | None:
        """The bars' change that spot alone does not explain: positions, time and volatility together."""
        if self.spot_alone is None:
            return None
        return fsum(c.change for c in self.by_strike) - self.spot_alone


@dataclass(frozen=True, slots=True)
class ChangeRest:
    """The contributions that are not shown on one side of spot, summed."""

    n: int
    change: float
    spot_alone: float | None


@dataclass(frozen=True, slots=True)
class LargestChanges:
    """Shown + rest_below + rest_above = all contributions; `share` is how much of the turnover is shown."""

    shown: tuple[Contribution, ...]
    rest_below: ChangeRest
    rest_above: ChangeRest
    share: float


def attribute(then: StrikeMap, now: StrikeMap, kernel: Kernel | None) -> Attribution:
    """
    Take the change between two dealer-signed gamma maps of one scale apart.

    Args:
        kernel: That of *then*, to reprice it with.
    """
    before = {bar.strike: bar.total for bar in then.bars}
    after = {bar.strike: bar.total for bar in now.bars}
    repriced, unread = _reprice(then, now, kernel)

    def spot_alone(strike: float) -> float | None:
        if repriced is None:
            return None
        return repriced.get(strike, 0.0) - before.get(strike, 0.0)

    by_strike = tuple(
        Contribution(k, before.get(k), after.get(k), spot_alone(k))
        for k in sorted(before.keys() | after.keys())
    )
    return Attribution(
        by_strike=by_strike,
        not_by_strike=_beyond_bars(then, now),
        spot_alone=None
        if repriced is None
        else fsum(c.spot_alone or 0.0 for c in by_strike),
        spot_unread=unread,
    )


def _beyond_bars(then: StrikeMap, now: StrikeMap) -> float:
    """What the nets changed by beyond their bars; zero where that is only what two ways of summing leave."""
    beyond = [m.net - fsum(bar.total for bar in m.bars) for m in (then, now)]
    difference = beyond[1] - beyond[0]
    dust = 1e-12 * max(then.gross, now.gross)
    return difference if abs(difference) > dust else 0.0


def _reprice(
    then: StrikeMap, now: StrikeMap, kernel: Kernel | None
) -> tuple[dict[float, float] | None, str | None]:
    """The earlier book by strike at the later spot, or why it is not told."""
    move = percent(then.spot, now.spot)
    if move is None or now.spot is None or kernel is None:
        return None, "no spot" if move is None else "no bars"
    if abs(move) < SMALLEST_MOVE_PCT:
        return None, f"spot moved less than {SMALLEST_MOVE_PCT} %"
    if abs(move) > FAR_PCT:
        return None, f"spot moved more than {FAR_PCT:g} %"
    if min(_in_common(then, now), _in_common(now, then)) < _IN_COMMON:
        return None, "the two maps have too few strikes in common"
    return kernel.by_strike_at(now.spot), None


def _in_common(strikes: StrikeMap, other: StrikeMap) -> float:
    """Share of the first map's gross at strikes that the other has too."""
    there = {bar.strike for bar in other.bars}
    shared = sum(bar.gross for bar in strikes.bars if bar.strike in there)
    return shared / strikes.gross if strikes.gross else 0.0


def largest_changes(found: Attribution, spot: float | None) -> LargestChanges:
    """
    The strikes that made most of the change, largest first: 8, and up to 12 until they are 80 % of the turnover.
    """
    ranked = sorted(found.by_strike, key=lambda c: -abs(c.change))
    turnover, kept, shown = found.turnover, 0.0, list[Contribution]()
    for one in ranked[:_MOST]:
        if not one.change or (len(shown) >= _FEWEST and kept >= _ENOUGH * turnover):
            break
        shown.append(one)
        kept += abs(one.change)
    hidden = ranked[len(shown) :]
    return LargestChanges(
        shown=tuple(shown),
        rest_below=_rest([c for c in hidden if spot is not None and c.strike < spot]),
        rest_above=_rest([c for c in hidden if spot is None or c.strike >= spot]),
        share=kept / turnover if turnover else 1.0,
    )


def _rest(left: Sequence[Contribution]) -> ChangeRest:
    told = [c.spot_alone for c in left if c.spot_alone is not None]
    return ChangeRest(
        len(left), fsum(c.change for c in left), fsum(told) if told else None
    )


def percent(before: float | None, after: float | None) -> float | None:
    """(after - before) / before x 100; None without both."""
    return None if not before or not after else (after - before) / before * 100
