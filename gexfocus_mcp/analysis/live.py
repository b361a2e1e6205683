"""What the stream says over a short window: last values, change, events, and what its silence means."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal

from gexfocus_mcp.analysis.flow import read_utilisation, threshold_side
from gexfocus_mcp.market.flow import Tick


StreamVerdict = Literal["live", "opening", "silent", "market_closed", "refused", "cut"]

CHANGING: Final = ("price", "ndf", "fep", "net_premium", "gex_total")
"""Fields whose change over the window is told."""

_SPOKEN: Final = {
    "gamma_flip": "flip",
    "call_wall_gamma": "call wall",
    "put_wall_gamma": "put wall",
    "fep": "fep",
}
_LEVELS: Final = tuple(_SPOKEN)


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
    first, latest, watch = ticks[0], ticks[-1], _Watch()
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
        events=tuple(event for tick in ticks for event in watch.look(tick)),
        unavailable=tuple(
            name for name, value in latest._asdict().items() if value is None
        ),
    )


class _Watch:
    """The last known side of everything that can be crossed; a tick without a field leaves its side as it was."""

    def __init__(self) -> None:
        self._sides: dict[str, object] = {}

    def look(self, tick: Tick) -> list[Event]:
        """Take in one tick; returns what it crossed."""
        events = list[Event]()
        for name, now, told in _sides(tick):
            was = self._sides.setdefault(name, now)
            if was != now:
                self._sides[name] = now
                events.append(Event(tick.ts, told(was), tick.price))
        return events


def _sides(tick: Tick) -> Iterator[tuple[str, object, Callable[[object], str]]]:
    """What can be placed at this tick: its name, its side, and the words for having come from another."""
    for name in _LEVELS:
        level = getattr(tick, name)
        if tick.price is not None and level is not None:
            above = tick.price > level
            yield name, above, partial(_level_words, _SPOKEN[name], above=above)
    if read_utilisation(tick) is not None:
        side = threshold_side(tick)
        yield "ndf", side, partial(_threshold_words, side)
    if tick.gex_total:
        yield (
            "gex",
            tick.gex_total > 0,
            partial(_sign_words, positive=tick.gex_total > 0),
        )


def _level_words(level: str, _was: object, *, above: bool) -> str:
    return f"price {'above' if above else 'below'} {level}"


def _threshold_words(now: object, was: object) -> str:
    if now is None:
        return f"NDF back inside its {was} threshold"
    return f"NDF beyond its {now} threshold"


def _sign_words(_was: object, *, positive: bool) -> str:
    return f"net gamma turned {'positive' if positive else 'negative'}"
