"""
Several names read together: what adds up, what only compares, and how far they agree.

Exposure in dollars adds, weights make a book of it; tilt and distances compare without any unit
(domain: a weighted mean of exposures is not a basket's exposure, so both views are kept apart).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

from gexfocus_mcp.analysis.levels import Levels
from gexfocus_mcp.analysis.positioning import Turn, find_turns
from gexfocus_mcp.analysis.regime import Regime, Stance, read_stance
from gexfocus_mcp.market.basket import Sort
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import INDICES_AND_ETFS, MAG7, Ticker


Weights = Mapping[Ticker, float]

LOW_COVERAGE: Final = 0.8
"""Below this share of the original weight, what survived is not the book that was asked about."""

_ONE_SCALE: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Standing:
    """
    Where one name stands.

    Attributes:
        gamma: Its gamma map, dealer-signed, with bars and a gross above zero.
        tilt: Sum of the bars over their gross, -1 to +1.
        turn: The spot at which its regime turns over; None where nothing crosses within 15 %.
    """

    ticker: Ticker
    gamma: StrikeMap
    levels: Levels
    stance: Stance
    tilt: float
    turn: Turn | None

    @property
    def net(self) -> float:
        return self.stance.net

    @property
    def regime(self) -> Regime:
        return self.stance.regime


def read_standing(
    gamma: StrikeMap, levels: Levels, doubts: tuple[str, ...] = ()
) -> Standing:
    """
    Read one name of a basket.

    Args:
        gamma: Dealer-signed, with a gross above zero.
        levels: Its levels, as `read_levels` found them.
        doubts: Facts that make confidence low, such as a stale map.
    """
    stance = read_stance(gamma, levels.flip, doubts=doubts)
    turns = find_turns(stance, levels, gamma.spot)
    return Standing(
        ticker=gamma.ticker,
        gamma=gamma,
        levels=levels,
        stance=stance,
        tilt=stance.tilt or 0.0,
        turn=turns[0] if turns else None,
    )


def in_order(standings: Iterable[Standing], sort: Sort) -> tuple[Standing, ...]:
    """Most short first, or nearest to its flip first (those without one last), or by name."""
    keys = {
        "tilt": lambda s: (s.tilt, s.ticker),
        "distance": lambda s: (s.turn is None, _distance(s), s.ticker),
        "ticker": lambda s: s.ticker,
    }
    return tuple(sorted(standings, key=keys[sort]))


def nearest_turns(standings: Iterable[Standing], most: int = 3) -> tuple[Standing, ...]:
    """The names whose read turns over soonest, nearest first."""
    turning = [s for s in standings if s.turn is not None]
    return in_order(turning, "distance")[:most]


def _distance(standing: Standing) -> float:
    return abs(standing.turn.distance_pct) if standing.turn else 0.0


@dataclass(frozen=True, slots=True)
class Book:
    """
    What weights make of a basket.

    Attributes:
        coverage: Share of the original weight whose names could be read, 0 to 1.
        net: Sum of weight x net, weights renormalised over the names that were read; None where none of the
            weight is left.
        tilt: Weighted mean of the tilts, over the same weights.
        contribution: |weight x net| of all |weight x net|, in percent, adding up to 100; largest first, and
            empty where all are zero.
        signed: The same with the sign of net.
        short_share: Share of the surviving weight in names whose net is below zero.
    """

    coverage: float
    net: float | None
    tilt: float | None
    contribution: Mapping[Ticker, float]
    signed: Mapping[Ticker, float]
    short_share: float | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """
    A basket as one.

    Attributes:
        sum_net: What dealers trade if every name moves 1 %: adds only if all maps are in one unit.
        tilt: Sum of the bars over sum of their gross, -1 to +1; leans to the largest names.
        mean_tilt: Every name counted alike.
        one_scale: Whether the names' gross exposures are within a factor of 1,000 of one another.
        book: None without weights.
    """

    sum_net: float
    tilt: float
    mean_tilt: float
    one_scale: bool
    book: Book | None


def read_aggregate(
    standings: Sequence[Standing], weights: Weights | None = None
) -> Aggregate:
    """
    Read at least one name as a basket, at full precision.

    Args:
        weights: Of every name asked for, read or not; none below zero, not all zero.
    """
    gross = [s.stance.gross for s in standings]
    return Aggregate(
        sum_net=fsum(s.net for s in standings),
        tilt=fsum(s.gamma.bars_net for s in standings) / fsum(gross),
        mean_tilt=fsum(s.tilt for s in standings) / len(standings),
        one_scale=max(gross) <= _ONE_SCALE * min(gross),
        book=None if weights is None else _read_book(standings, weights),
    )


def _read_book(standings: Sequence[Standing], weights: Weights) -> Book:
    # By the largest first: a sum of very large weights would not be finite.
    largest = max(weights.values())
    left = {s.ticker: weights[s.ticker] / largest for s in standings}
    weight = fsum(left.values())
    coverage = weight / fsum(w / largest for w in weights.values())
    if not weight:
        return Book(coverage, None, None, {}, {}, None)
    held = {s.ticker: left[s.ticker] / weight * s.net for s in standings}
    size = fsum(map(abs, held.values()))
    by_size = sorted(held, key=lambda t: (-abs(held[t]), t)) if size else []
    signed = {t: held[t] / size * 100 for t in by_size}
    short = fsum(left[s.ticker] for s in standings if s.net < 0)
    return Book(
        coverage=coverage,
        net=fsum(held.values()),
        tilt=fsum(left[s.ticker] / weight * s.tilt for s in standings),
        contribution={t: abs(part) for t, part in signed.items()},
        signed=signed,
        short_share=short / weight,
    )


@dataclass(frozen=True, slots=True)
class Breadth:
    """
    How many names stand on which side.

    Attributes:
        negative_share: Share of names whose net is below zero, however small it is.
    """

    long: int
    short: int
    neutral: int
    negative_share: float


def read_breadth(standings: Sequence[Standing]) -> Breadth:
    sides = [s.regime for s in standings]
    return Breadth(
        long=sides.count("long_gamma"),
        short=sides.count("short_gamma"),
        neutral=sides.count("neutral"),
        negative_share=sum(s.net < 0 for s in standings) / len(standings),
    )


@dataclass(frozen=True, slots=True)
class Dispersion:
    """
    Indices and their ETFs against the Mag7 sleeve, which is neither index: only some of its weight.

    Attributes:
        sleeve: The Mag7 names that were read.
        weighted: Whether the sleeve's tilt is a mean by weight, else every name counts alike.
        gaps: Tilt of each index or ETF minus the sleeve's.
        opposed: Those on the other side of zero than the sleeve.
    """

    sleeve: tuple[Ticker, ...]
    sleeve_tilt: float
    weighted: bool
    gaps: Mapping[Ticker, float]
    opposed: tuple[Ticker, ...]


def read_dispersion(
    standings: Sequence[Standing], weights: Weights | None = None
) -> Dispersion | None:
    """None without a name of the sleeve, or without an index or ETF to hold against it."""
    tilts = {s.ticker: s.tilt for s in standings}
    sleeve = tuple(t for t in MAG7 if t in tilts)
    above = [t for t in INDICES_AND_ETFS if t in tilts]
    if not sleeve or not above:
        return None
    largest = max(weights.values()) if weights else 1.0
    shares = [weights[t] / largest for t in sleeve] if weights else []
    weighted = fsum(shares) > 0
    if not weighted:
        shares = [1.0] * len(sleeve)
    tilt = fsum(w * tilts[t] for t, w in zip(sleeve, shares, strict=True))
    tilt /= fsum(shares)
    return Dispersion(
        sleeve=sleeve,
        sleeve_tilt=tilt,
        weighted=weighted,
        gaps={t: tilts[t] - tilt for t in above},
        opposed=tuple(t for t in above if tilts[t] * tilt < 0),
    )
