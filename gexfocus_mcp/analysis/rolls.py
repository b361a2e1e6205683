"""Which levels moved between two maps, how far, and whether the move is more than two strikes being alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from gexfocus_mcp.analysis.levels import Level, Levels
from gexfocus_mcp.market.strikes import Bar, StrikeMap


MARGINAL: Final = 0.05
"""A new wall that gains less than this share over the old strike is as good as beside it."""

LevelName = Literal["flip", "call_wall", "put_wall", "max_gamma"]
Taken = tuple[StrikeMap, Levels]


@dataclass(frozen=True, slots=True)
class Roll:
    """
    One level at two moments.

    Attributes:
        before: Where it was; None where there was none.
        after: Where it is; None where there is none.
        size_before: Exposure it stood out by then; None for the flip.
        size_after: Exposure it stands out by now; None for the flip.
        shift_pct: (after - before) in % of the later spot; None without either or a spot.
        strikes: Listed strikes that it passed, + upwards; None without either.
        old_now: What the old strike holds now, where a level moved on from it and sizes may be compared.
        marginal: It gains less than 5 % over what the old strike holds now.
    """

    name: LevelName
    before: float | None
    after: float | None
    size_before: float | None = None
    size_after: float | None = None
    shift_pct: float | None = None
    strikes: int | None = None
    old_now: float | None = None
    marginal: bool = False

    @property
    def moved(self) -> bool:
        return self.before != self.after


_MEASURES: Final[dict[LevelName, Callable[[Bar], float]]] = {
    "call_wall": lambda bar: bar.calls,
    "put_wall": lambda bar: bar.puts,
    "max_gamma": lambda bar: bar.total,
}


def read_rolls(before: Taken, after: Taken, *, sizes: bool = True) -> tuple[Roll, ...]:
    """
    The flip, the walls and the strike of largest |net|, each at both moments; a level at neither is left out.

    Args:
        sizes: Whether amounts of the two maps may be set against one another.
    """
    (then, one), (now, other) = before, after
    flips = (
        one.flip.value if one.flip else None,
        other.flip.value if other.flip else None,
    )
    pairs: tuple[tuple[LevelName, Level | None, Level | None], ...] = (
        ("call_wall", one.call_wall, other.call_wall),
        ("put_wall", one.put_wall, other.put_wall),
        ("max_gamma", one.max_gamma, other.max_gamma),
    )
    found = [
        _roll("flip", flips, then, now),
        *(_roll_wall(n, a, b, then, now, sizes=sizes) for n, a, b in pairs),
    ]
    return tuple(m for m in found if (m.before, m.after) != (None, None))


def _roll(
    name: LevelName,
    at: tuple[float | None, float | None],
    then: StrikeMap,
    now: StrikeMap,
) -> Roll:
    before, after = at
    if before is None or after is None:
        return Roll(name, before, after)
    return Roll(
        name,
        before,
        after,
        shift_pct=(after - before) / now.spot * 100 if now.spot else None,
        strikes=_passed(before, after, then, now),
    )


def _passed(before: float, after: float, then: StrikeMap, now: StrikeMap) -> int:
    low, high = sorted((before, after))
    listed = {bar.strike for bar in (*then.bars, *now.bars)}
    passed = sum(low < strike <= high for strike in listed)
    return passed if after >= before else -passed


def _roll_wall(
    name: LevelName,
    one: Level | None,
    other: Level | None,
    then: StrikeMap,
    now: StrikeMap,
    *,
    sizes: bool,
) -> Roll:
    at = (one.strike if one else None, other.strike if other else None)
    plain = _roll(name, at, then, now)
    if one is None or other is None or not sizes:
        return plain
    measure = _MEASURES[name]
    left = next((measure(b) for b in now.bars if b.strike == one.strike), None)
    moved = one.strike != other.strike
    return Roll(
        name,
        one.strike,
        other.strike,
        one.value,
        other.value,
        plain.shift_pct,
        plain.strikes,
        left if moved else None,
        moved and left is not None and abs(other.value) < (1 + MARGINAL) * abs(left),
    )
