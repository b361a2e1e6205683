"""
Waiting for a condition, as a machine that takes one tick at a time.

Every tick is looked at in the order of its arrival, so nothing is missed between two looks; a tick
that lacks a field leaves what depends on it as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gexfocus_mcp.analysis.condition import MAP_LEVELS, Condition
from gexfocus_mcp.analysis.flow import read_utilisation, threshold_side
from gexfocus_mcp.analysis.marks import Marks
from gexfocus_mcp.market.flow import Tick


@dataclass(frozen=True, slots=True)
class Fired:
    """
    A condition that came true.

    Attributes:
        level: The level or threshold it is about; None for `net_sign`.
        tick: The message that brought it.
        already: It was so the first time that it could be read: it did not happen while watching.
    """

    condition: Condition
    level: float | None
    tick: Tick
    already: bool


class _Trial(Protocol):
    """One condition under way."""

    def start(self, tick: Tick) -> bool | None:
        """Take in the newest message from before the start; as `holds`."""
        ...

    def holds(self, tick: Tick) -> bool | None:
        """Whether the condition is true at *tick*; None where the tick does not tell."""
        ...

    def level(self, tick: Tick) -> float | None: ...


def _side(value: float, level: float) -> int:
    return (value > level) - (value < level)


class _Crossing:
    """
    Price away from the side of a fixed level that it was on: at the level itself counts.

    The side is that of the map's own spot. A message from before the map says nothing about what
    happened since; such messages are only held against each other.
    """

    def __init__(self, level: float, marks: Marks) -> None:
        self._level = level
        self._taken = marks.as_of
        self._side = 0 if marks.spot is None else _side(marks.spot, level)
        self._side_before_map = 0

    def start(self, tick: Tick) -> bool | None:
        return self.holds(tick)

    def holds(self, tick: Tick) -> bool | None:
        if tick.price is None:
            return None
        side = _side(tick.price, self._level)
        if self._taken is not None and tick.ts < self._taken:
            known, self._side_before_map = (
                self._side_before_map,
                self._side_before_map or side,
            )
            return known not in {0, side}
        if not self._side:
            self._side = side
        return side == 0 or side != self._side

    def level(self, _tick: Tick) -> float | None:
        return self._level


class _Beyond:
    """NDF at or beyond one of its thresholds, which move with the day."""

    def __init__(self, side: str) -> None:
        self._threshold = side

    def start(self, tick: Tick) -> bool | None:
        return self.holds(tick)

    def holds(self, tick: Tick) -> bool | None:
        if read_utilisation(tick) is None:
            return None
        return threshold_side(tick) == self._threshold

    def level(self, tick: Tick) -> float | None:
        return threshold_of(self._threshold, tick)


class _Turn:
    """The sign of the stream's net gamma against the one at the start: the stream's own, else the map's."""

    def __init__(self, net: float | None) -> None:
        self._positive = None if not net else net > 0

    def start(self, tick: Tick) -> bool | None:
        if not tick.gex_total:
            return None
        self._positive = tick.gex_total > 0
        return False

    def holds(self, tick: Tick) -> bool | None:
        if not tick.gex_total:
            return None
        if self._positive is None:
            self._positive = tick.gex_total > 0
        return (tick.gex_total > 0) != self._positive

    def level(self, _tick: Tick) -> float | None:
        return None


class _Price:
    """Price beyond a number, as written."""

    def __init__(self, level: float, *, above: bool, reached: bool) -> None:
        self._level = level
        self._wanted = {1 if above else -1, *((0,) if reached else ())}

    def start(self, tick: Tick) -> bool | None:
        return self.holds(tick)

    def holds(self, tick: Tick) -> bool | None:
        if tick.price is None:
            return None
        return _side(tick.price, self._level) in self._wanted

    def level(self, _tick: Tick) -> float | None:
        return self._level


def threshold_of(side: str, tick: Tick) -> float | None:
    return tick.threshold_long if side == "long" else tick.threshold_short


def _trial(condition: Condition, marks: Marks) -> _Trial | None:
    if condition.level is not None:
        return _Price(condition.level, above=condition.above, reached=condition.reached)
    if condition.kind == "net_sign":
        return _Turn(marks.net)
    if condition.kind in MAP_LEVELS:
        level = marks.levels.get(condition.kind)
        return None if level is None else _Crossing(level, marks)
    return _Beyond(condition.kind.removeprefix("ndf_"))


class Watch:
    """
    Conditions under way.

    Attributes:
        watched: Those of them that can come true; the others have no level.
    """

    def __init__(self, conditions: Sequence[Condition], marks: Marks) -> None:
        trials = ((c, _trial(c, marks)) for c in conditions)
        self._trials = {c: trial for c, trial in trials if trial is not None}
        self._read = set[Condition]()
        self.watched = tuple(self._trials)

    def begin(self, ticks: Sequence[Tick]) -> tuple[Fired, ...]:
        """
        Take in what the stream said before the start, and return what is true already.

        Args:
            ticks: Oldest first; of each condition the newest that tells it counts.
        """
        fired = list[Fired]()
        for condition, trial in self._trials.items():
            for tick in reversed(ticks):
                holds = trial.start(tick)
                if holds is None:
                    continue
                self._read.add(condition)
                if holds:
                    fired.append(Fired(condition, trial.level(tick), tick, True))
                break
        return tuple(fired)

    def look(self, tick: Tick) -> tuple[Fired, ...]:
        """Take in the next tick, and return everything that is true at it."""
        fired = list[Fired]()
        for condition, trial in self._trials.items():
            holds = trial.holds(tick)
            if holds:
                already = condition not in self._read
                fired.append(Fired(condition, trial.level(tick), tick, already))
            if holds is not None:
                self._read.add(condition)
        return tuple(fired)
