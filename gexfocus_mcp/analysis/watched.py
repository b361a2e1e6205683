"""What a watch is about and what came of it: conditions beside the latest tick, and what to wait for next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gexfocus_mcp.analysis.condition import (
    MAP_LEVELS,
    Condition,
    Kind,
    price_condition,
)
from gexfocus_mcp.analysis.flow import read_utilisation
from gexfocus_mcp.analysis.levels import distance_pct
from gexfocus_mcp.analysis.marks import Marks
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import LiveReading
from gexfocus_mcp.analysis.watch import Fired, threshold_of
from gexfocus_mcp.market.flow import Tick


@dataclass(frozen=True, slots=True)
class Watched:
    """
    One condition beside the latest tick.

    Attributes:
        level: The level or threshold it is about; None for `net_sign`, and where it is unavailable.
        distance_pct: (level - price) / price x 100, from the newest known price, else from the map's.
        of_threshold: NDF over the threshold, 1 is at it; None unless NDF is on its side of zero.
        stream_level: The stream's own level of that name, for recognition and not for use.
        unavailable: Why it cannot come true; None normally.
    """

    condition: Condition
    level: float | None = None
    distance_pct: float | None = None
    of_threshold: float | None = None
    stream_level: float | None = None
    unavailable: str | None = None


_STREAM_LEVELS: Final[dict[Kind, str]] = {
    "flip": "gamma_flip",
    "call_wall": "call_wall_gamma",
    "put_wall": "put_wall_gamma",
}


def read_watched(
    conditions: Sequence[Condition],
    marks: Marks,
    latest: Tick | None,
    price: float | None,
) -> tuple[Watched, ...]:
    """
    Place every condition beside the latest tick.

    Args:
        price: The newest that is known, from which distances are; without one they are from the map's spot.
    """
    price = marks.spot if price is None else price
    return tuple(_place(c, marks, latest, price) for c in conditions)


def _place(
    condition: Condition, marks: Marks, latest: Tick | None, price: float | None
) -> Watched:
    kind = condition.kind
    if kind == "net_sign":
        return Watched(condition)
    if kind in {"ndf_long", "ndf_short"}:
        side = kind.removeprefix("ndf_")
        read = read_utilisation(latest) if latest else None
        return Watched(
            condition,
            level=threshold_of(side, latest) if latest else None,
            of_threshold=read.share if read and read.threshold == side else None,
        )
    level = marks.levels.get(kind) if condition.level is None else condition.level
    return Watched(
        condition,
        level=level,
        distance_pct=distance_pct(level, price) if level and price else None,
        stream_level=getattr(latest, _STREAM_LEVELS[kind])
        if latest and kind in _STREAM_LEVELS
        else None,
        unavailable=marks.absent.get(kind),
    )


def find_nearest(watched: Sequence[Watched]) -> Watched | None:
    """The level nearest to price; without any, what NDF has used most of."""
    levels = [w for w in watched if w.distance_pct is not None]
    if levels:
        return min(levels, key=lambda w: abs(w.distance_pct or 0.0))
    used = [w for w in watched if w.of_threshold is not None]
    return max(used, key=lambda w: w.of_threshold or 0.0, default=None)


def find_next(
    conditions: Sequence[Condition], fired: Sequence[Fired]
) -> tuple[Condition, ...]:
    """
    What to wait for next: everything that has not fired.

    A level that was passed is waited for from the other side, by its price: taken anew from the same map it
    would be true at once. A threshold of NDF that was passed has no way back to wait for.
    """
    done = {f.condition: f for f in fired}
    following = list[Condition]()
    for condition in conditions:
        if condition not in done or condition.kind == "net_sign":
            following.append(condition)
        elif condition.kind in MAP_LEVELS or condition.kind == "price":
            following += _way_back(done[condition])
    return tuple(dict.fromkeys(following)) or tuple(conditions)


def _way_back(fired: Fired) -> list[Condition]:
    level, price = fired.level, fired.tick.price
    # At the level itself neither side is the other one.
    if level is None or price is None or price == level:
        return []
    above = fired.condition.above if fired.condition.kind == "price" else price > level
    return [price_condition(level, above=not above)]


@dataclass(frozen=True, slots=True)
class WatchReading:
    """
    How a watch ended.

    Attributes:
        live: The stream over the wait: verdict, newest tick, provenance.
        marks: The levels as taken at the start.
        map_provenance: Of the map they were taken from; None where none was read.
        fired: All that was true at the first tick at which anything was; empty when nothing was.
        waited_s: Seconds from the call to its end.
        seconds: Seconds that were asked for.
        following: What to wait for next.
    """

    live: LiveReading
    marks: Marks
    map_provenance: Provenance | None
    watched: tuple[Watched, ...]
    fired: tuple[Fired, ...]
    waited_s: float
    seconds: float
    following: tuple[Condition, ...]
