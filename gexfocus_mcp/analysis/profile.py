"""One strike map read on its own: its totals, its convention, and the strikes that an answer must show."""

from collections.abc import Sequence
from dataclasses import dataclass

from gexfocus_mcp.analysis.convention import Convention, detect_convention, to_dealer
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.analysis.regime import read_coverage, read_tilt
from gexfocus_mcp.market.strikes import Bar, StrikeMap


@dataclass(frozen=True, slots=True)
class Profile:
    """
    The reading of one map as the upstream gave it (bars are never re-signed here).

    Attributes:
        max_strike: Strike of the largest |calls + puts|, recomputed; None without exposure.
        must_show: Strikes that an answer speaks of, most important first.
        notes: What a reader of this map should know.
    """

    strikes: StrikeMap
    convention: Convention
    tilt: float | None
    coverage: float | None
    max_strike: float | None
    must_show: tuple[float, ...]
    notes: tuple[str, ...]


def read_profile(strikes: StrikeMap) -> Profile:
    """Read one map in full; nothing is trimmed yet."""
    bars = strikes.bars
    top = max(bars, key=lambda b: abs(b.total), default=None)
    max_strike = top.strike if top and top.total else None
    must = [b.strike for b in _extremes(strikes)]
    if strikes.greek == "gex":
        levels, _ = read_levels(to_dealer(strikes))
        if levels.flip:
            must += _around(levels.flip.value, [b.strike for b in bars])
    if strikes.stored_max_strike is not None:
        must.append(strikes.stored_max_strike)
    return Profile(
        strikes=strikes,
        convention=detect_convention(strikes),
        tilt=read_tilt(strikes),
        coverage=read_coverage(strikes),
        max_strike=max_strike,
        must_show=tuple(dict.fromkeys(must)),
        notes=(*strikes.notes, *_disagreement(strikes, max_strike)),
    )


def _extremes(strikes: StrikeMap) -> list[Bar]:
    bars = strikes.bars
    if not bars:
        return []
    return [
        max(bars, key=lambda b: abs(b.total)),
        max(bars, key=lambda b: abs(b.calls)),
        max(bars, key=lambda b: abs(b.puts)),
        max(bars, key=lambda b: b.gross),
    ]


def _around(level: float, strikes: Sequence[float]) -> list[float]:
    below = [k for k in strikes if k <= level][-1:]
    above = [k for k in strikes if k > level][:1]
    return below + above


def _disagreement(strikes: StrikeMap, ours: float | None) -> list[str]:
    theirs = strikes.stored_max_strike
    if ours is None or theirs is None or ours == theirs:
        return []
    widest = max(strikes.bars, key=lambda b: b.gross)
    if widest.strike == theirs:
        return [
            f"{strikes.greek}: the feed's max_strike {theirs:g} is the largest |calls|+|puts|; largest |net| is {ours:g}"
        ]
    return [
        f"{strikes.greek}: the feed's max_strike {theirs:g} is not the largest bar ({ours:g})"
    ]
