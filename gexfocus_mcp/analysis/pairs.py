"""
An index and the ETF on it: two books on one underlying, held against each other and never merged.

They need not agree (SPX and SPY had tilts of +0.44 and +0.15 at one instant); where they do, that is an
independent confirmation. The ETF's levels become index points by the ratio of the two maps' own spots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gexfocus_mcp.analysis.basket import Standing
from gexfocus_mcp.market.ticker import Ticker


PAIRS: Final = (
    (Ticker("SPX"), Ticker("SPY")),
    (Ticker("NDX"), Ticker("QQQ")),
)


@dataclass(frozen=True, slots=True)
class SharedLevel:
    """
    One level as each of a pair sees it, in index points.

    Attributes:
        apart_pct: (ETF's - index's) / index spot x 100.
    """

    index: float
    etf: float
    apart_pct: float


@dataclass(frozen=True, slots=True)
class Pair:
    """
    Attributes:
        agree: Whether both are of one regime.
        ratio: Index spot over ETF spot; None where a spot is unavailable, and no level is converted then.
        gap_s: Seconds between the two maps: the ratio is off by what the market moved meanwhile.
        levels: By name (`flip`, `call_wall`, `put_wall`), where both have one.
    """

    index: Standing
    etf: Standing
    agree: bool
    ratio: float | None
    gap_s: float
    levels: Mapping[str, SharedLevel]


def read_pairs(standings: Sequence[Standing]) -> tuple[Pair, ...]:
    """The pairs of which both halves were read."""
    by_name = {s.ticker: s for s in standings}
    return tuple(
        _read_pair(by_name[index], by_name[etf])
        for index, etf in PAIRS
        if index in by_name and etf in by_name
    )


def _read_pair(index: Standing, etf: Standing) -> Pair:
    spot, etf_spot = index.gamma.spot, etf.gamma.spot
    ratio = spot / etf_spot if spot and etf_spot else None
    theirs = _levels(etf)
    levels = (
        {
            name: SharedLevel(
                level, theirs[name] * ratio, (theirs[name] * ratio - level) / spot * 100
            )
            for name, level in _levels(index).items()
            if name in theirs
        }
        if ratio and spot
        else {}
    )
    return Pair(
        index=index,
        etf=etf,
        agree=index.regime == etf.regime,
        ratio=ratio,
        gap_s=abs((index.gamma.as_of - etf.gamma.as_of).total_seconds()),
        levels=levels,
    )


def _levels(standing: Standing) -> dict[str, float]:
    levels = standing.levels
    found = {
        "flip": levels.flip.value if levels.flip else None,
        "call_wall": levels.call_wall.strike if levels.call_wall else None,
        "put_wall": levels.put_wall.strike if levels.put_wall else None,
    }
    return {name: level for name, level in found.items() if level is not None}
