"""
A profile cut to the strikes that matter, with the rest summed so that nothing is lost.

Always the last step: net gamma of the strikes within 3 % of spot had the wrong sign in 2 to 3
of 28 real chains, so nothing is ever analysed on what is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from gexfocus_mcp.market.strikes import Bar


NEIGHBOURS: Final = 5
"""Strikes shown on either side of spot whatever their size."""

ENOUGH: Final = 0.80
"""Share of gross at which adding strikes stops."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The bars that are not shown on one side of spot, summed."""

    n: int
    calls: float
    puts: float


@dataclass(frozen=True, slots=True)
class Trimmed:
    """
    The shown bars, ascending, and what was left out.

    shown + rest_below + rest_above = all bars, in calls and in puts. `rest_below` sums the bars left out
    whose strike is under spot, `rest_above` the others; without a spot everything left out is above.

    Attributes:
        share: Share of the map's gross that is shown, 0 to 1; 1 for a map without exposure.
        missing: Asked strikes that have no bar.
        window_share: Share of the map's gross inside the asked window, shown or not; None without a window.
    """

    shown: tuple[Bar, ...]
    rest_below: Rest
    rest_above: Rest
    total: int
    share: float
    missing: tuple[float, ...] = ()
    window_share: float | None = None


def neighbours(strikes: Sequence[float], spot: float | None, each: int) -> list[float]:
    """The *each* strikes nearest to spot on either side, nearest first."""
    if spot is None:
        return []
    below = [k for k in strikes if k <= spot][-each:]
    above = [k for k in strikes if k > spot][:each]
    return sorted(below + above, key=lambda k: abs(k - spot))


def trim(
    bars: Sequence[Bar],
    spot: float | None,
    *,
    limit: int,
    must: Iterable[float] = (),
    asked: Iterable[float] = (),
    window_pct: float | None = None,
    enough: float = ENOUGH,
) -> Trimmed:
    """Choose at most *limit* bars, as `Cutter` does it."""
    cutter = Cutter(
        bars, spot, must=must, asked=asked, window_pct=window_pct, enough=enough
    )
    return cutter.cut(limit)


class Cutter:
    """
    One profile, to be cut to several sizes until an answer fits.

    Bars are taken in this order: the asked strikes (always, even beyond the limit), *must* in its own order, the
    neighbours of spot, then by falling gross until *enough* of gross is shown.
    """

    def __init__(
        self,
        bars: Sequence[Bar],
        spot: float | None,
        *,
        must: Iterable[float] = (),
        asked: Iterable[float] = (),
        window_pct: float | None = None,
        enough: float = ENOUGH,
    ) -> None:
        """
        Args:
            must: Strikes of the levels that an answer speaks of; those without a bar are passed over.
            window_pct: Only strikes within this percentage of spot are added by size.
        """
        self._bars = bars
        self._spot = spot
        self._by_strike = {bar.strike: bar for bar in bars}
        wanted = list(dict.fromkeys(asked))
        self._asked = [k for k in wanted if k in self._by_strike]
        self._missing = tuple(k for k in wanted if k not in self._by_strike)
        near = neighbours(list(self._by_strike), spot, NEIGHBOURS)
        self._first = [k for k in (*must, *near) if k in self._by_strike]
        self._by_size = [
            (bar.strike, bar.gross)
            for bar in sorted(bars, key=lambda b: -b.gross)
            if _within(bar.strike, spot, window_pct)
        ]
        self._gross = sum(bar.gross for bar in bars)
        # Inside a window that was asked for, everything is of interest.
        self._enough = enough * self._gross if window_pct is None else inf
        self._window_share = _window_share(bars, spot, window_pct, self._gross)

    def cut(self, limit: int) -> Trimmed:
        """At most *limit* bars."""
        chosen = set(self._asked)
        for strike in self._first:
            if len(chosen) < limit:
                chosen.add(strike)
        kept = sum(self._by_strike[k].gross for k in chosen)
        for strike, gross in self._by_size:
            if len(chosen) >= limit or kept >= self._enough:
                break
            if strike not in chosen:
                chosen.add(strike)
                kept += gross
        spot = self._spot
        hidden = [bar for bar in self._bars if bar.strike not in chosen]
        return Trimmed(
            shown=tuple(bar for bar in self._bars if bar.strike in chosen),
            rest_below=_rest(b for b in hidden if spot is not None and b.strike < spot),
            rest_above=_rest(b for b in hidden if spot is None or b.strike >= spot),
            total=len(self._bars),
            share=kept / self._gross if self._gross else 1.0,
            missing=self._missing,
            window_share=self._window_share,
        )


def _window_share(
    bars: Sequence[Bar], spot: float | None, window_pct: float | None, gross: float
) -> float | None:
    if window_pct is None or spot is None or not gross:
        return None
    inside = sum(bar.gross for bar in bars if _within(bar.strike, spot, window_pct))
    return inside / gross


def _within(strike: float, spot: float | None, window_pct: float | None) -> bool:
    if window_pct is None or spot is None:
        return True
    return abs(strike - spot) <= spot * window_pct / 100


def _rest(bars: Iterable[Bar]) -> Rest:
    left = list(bars)
    return Rest(len(left), sum(b.calls for b in left), sum(b.puts for b in left))
