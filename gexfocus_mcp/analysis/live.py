"""What the stream says over a short window: last values, change, events, and what its silence means."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal

from gexfocus_mcp.analysis.flow import threshold_side
from gexfocus_mcp.market.flow import Tick


StreamVerdict = Literal["live", "opening", "silent", "market_closed", "refused", "cut"]

CHANGING: Final = ("price", "ndf", "fep", "net_premium", "gex_total")
"""Fields whose change over the window is told."""

_LEVELS: Final = ("gamma_flip", "call_wall_gamma", "put_wall_gamma", "fep")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened inside the window: what, when, and the price then."""

    at: datetime
    what: str
    price: float | None


@dataclass(frozen=True, slots=True)
class Window:
    """
    The ticks of one window.

    Attributes:
        seconds: From its first to its last tick.
        change: Last - first per field, for fields known at both ends.
        unavailable: Fields of the newest tick that the upstream sent as null or not at all.
    """

    ticks: int
    seconds: float
    latest: Tick | None
    change: dict[str, float]
    events: tuple[Event, ...]
    unavailable: tuple[str, ...]


def read_window(ticks: Sequence[Tick]) -> Window:
    """Read ticks, oldest first; an empty window is a reading too."""
    if not ticks:
        return Window(0, 0.0, None, {}, (), ())
    first, latest = ticks[0], ticks[-1]
    change = {
        name: b - a
        for name in CHANGING
        if len(ticks) > 1
        and (a := getattr(first, name)) is not None
        and (b := getattr(latest, name)) is not None
    }
    return Window(
        ticks=len(ticks),
        seconds=(latest.ts - first.ts).total_seconds(),
        latest=latest,
        change=change,
        events=tuple(e for a, b in pairwise(ticks) for e in _between(a, b)),
        unavailable=tuple(
            f.name for f in fields(latest) if getattr(latest, f.name) is None
        ),
    )


def _between(before: Tick, tick: Tick) -> list[Event]:
    events = list[Event]()
    for name in _LEVELS:
        was, now = _above(before, name), _above(tick, name)
        if was is not None and now is not None and was != now:
            side = "above" if now else "below"
            level = name.replace("_gamma", "").replace("gamma_", "")
            events.append(Event(tick.ts, f"price {side} {level}", tick.price))
    was_beyond, is_beyond = threshold_side(before), threshold_side(tick)
    if was_beyond != is_beyond and tick.ndf is not None and before.ndf is not None:
        what = (
            f"NDF beyond its {is_beyond} threshold"
            if is_beyond
            else f"NDF back inside its {was_beyond} threshold"
        )
        events.append(Event(tick.ts, what, tick.price))
    if before.gex_total and tick.gex_total and before.gex_total * tick.gex_total < 0:
        sign = "positive" if tick.gex_total > 0 else "negative"
        events.append(Event(tick.ts, f"net gamma turned {sign}", tick.price))
    return events


def _above(tick: Tick, level: str) -> bool | None:
    value = getattr(tick, level)
    return None if tick.price is None or value is None else tick.price > value
