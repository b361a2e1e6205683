"""How a net exposure and its levels moved over stored snapshots: sign changes, migration, level paths."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import StatisticsError, correlation
from typing import Final

from gexfocus_mcp.analysis.convention import to_dealer
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.analysis.rolls import MARGINAL
from gexfocus_mcp.market.strikes import StrikeMap


_FEWEST_PAIRS: Final = 3


@dataclass(frozen=True, slots=True)
class SignChange:
    """Net changed its sign; *at* and *spot* are of the first snapshot with the new one."""

    at: datetime
    to_positive: bool
    spot: float | None


def find_sign_changes(maps: Sequence[StrikeMap]) -> tuple[SignChange, ...]:
    """Every change of net's sign, in order; a net of zero or none has no sign and changes nothing."""
    signed = [m for m in maps if m.stored_net]
    return tuple(
        SignChange(b.as_of, (b.stored_net or 0) > 0, b.spot)
        for a, b in pairwise(signed)
        if ((a.stored_net or 0) > 0) != ((b.stored_net or 0) > 0)
    )


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a level stood in one snapshot.

    Attributes:
        values: The exposure by strike of the snapshot; None where its bars are not known.
    """

    at: datetime
    session: date
    strike: float
    values: Mapping[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """
    How one strike level moved.

    Attributes:
        changes: (instant, strike moved to), brief and slight moves left out.
        shift_pct: From first to last, in % of the last spot.
        strikes_moved: The same in listed strikes, signed; None where they are not known.
        mode: The strike held longest, over `mode_share` of the time.
        ignored: Moves that lasted one snapshot or gained less than 5 %.
    """

    first: float
    last: float
    changes: tuple[tuple[datetime, float], ...]
    shift_pct: float | None
    strikes_moved: int | None
    mode: float
    mode_share: float
    ignored: int


def read_migration(
    places: Sequence[Place],
    spot: float | None,
    strikes: Sequence[float] = (),
) -> Migration | None:
    """
    Follow a level with hysteresis; None without any place.

    A new strike counts once it holds in two snapshots in a row and, where values are known, is at least
    5 % larger than the strike it takes over from. A move in the last snapshot alone has not counted yet.
    """
    if not places:
        return None
    held = [places[0].strike]
    ignored, before = 0, places[0].strike
    changes = list[tuple[datetime, float]]()
    for index, place in enumerate(places[1:], 1):
        now = held[-1]
        if place.strike != now:
            if _lasts(places, index) and _gains(place, now):
                now = place.strike
                changes.append((place.at, now))
            elif place.strike != before:
                ignored += 1
        before = place.strike
        held.append(now)
    mode, share = _longest(places, held)
    return Migration(
        first=held[0],
        last=held[-1],
        changes=tuple(changes),
        shift_pct=(held[-1] - held[0]) / spot * 100 if spot else None,
        strikes_moved=_steps(held[0], held[-1], strikes),
        mode=mode,
        mode_share=share,
        ignored=ignored,
    )


def _lasts(places: Sequence[Place], index: int) -> bool:
    return index + 1 < len(places) and places[index + 1].strike == places[index].strike


def _gains(place: Place, held: float) -> bool:
    if place.values is None:
        return True
    old = abs(place.values.get(held, 0.0))
    return abs(place.values.get(place.strike, 0.0)) >= (1 + MARGINAL) * old


def _longest(places: Sequence[Place], held: Sequence[float]) -> tuple[float, float]:
    """The strike held longest and its share of the time; nights do not count."""
    seconds = defaultdict[float, float](float)
    for (a, strike), (b, _) in pairwise(zip(places, held, strict=True)):
        if a.session == b.session:
            seconds[strike] += (b.at - a.at).total_seconds()
    total = sum(seconds.values())
    if not total:
        return held[-1], 1.0
    mode = max(seconds, key=lambda strike: seconds[strike])
    return mode, seconds[mode] / total


def _steps(first: float, last: float, strikes: Sequence[float]) -> int | None:
    listed = sorted({*strikes})
    if first not in listed or last not in listed:
        return None
    return listed.index(last) - listed.index(first)


def max_strike_places(maps: Sequence[StrikeMap]) -> list[Place]:
    return [
        Place(m.as_of, m.session, m.stored_max_strike)
        for m in maps
        if m.stored_max_strike is not None
    ]


@dataclass(frozen=True, slots=True)
class LevelPoint:
    """Flip and walls of one full snapshot; None where there is none."""

    at: datetime
    spot: float | None
    flip: float | None
    call_wall: float | None
    put_wall: float | None


@dataclass(frozen=True, slots=True)
class LevelPath:
    """
    Flip and walls over some full snapshots.

    Attributes:
        flip_with_spot: Correlation of flip and spot, -1 to +1; None with too few pairs or no variation.
    """

    points: tuple[LevelPoint, ...]
    call_wall: Migration | None
    put_wall: Migration | None
    flip_with_spot: float | None

    @property
    def flips(self) -> tuple[tuple[datetime, float], ...]:
        return tuple((p.at, p.flip) for p in self.points if p.flip is not None)


def read_level_path(maps: Sequence[StrikeMap]) -> LevelPath:
    """Read flip and walls of full gamma snapshots, ascending in time, for the dealer's book."""
    dealer = [to_dealer(stored) for stored in maps]
    points = [_level_point(each) for each in dealer]
    spots = [p.spot for p in points if p.spot is not None]
    listed = [bar.strike for each in dealer for bar in each.bars]
    return LevelPath(
        points=tuple(points),
        call_wall=read_migration(
            list(_walls(dealer, points, calls=True)),
            spots[-1] if spots else None,
            listed,
        ),
        put_wall=read_migration(
            list(_walls(dealer, points, calls=False)),
            spots[-1] if spots else None,
            listed,
        ),
        flip_with_spot=_correlate(points),
    )


def _level_point(gamma: StrikeMap) -> LevelPoint:
    levels, _ = read_levels(gamma)
    return LevelPoint(
        gamma.as_of,
        gamma.spot,
        levels.flip.value if levels.flip else None,
        levels.call_wall.strike if levels.call_wall else None,
        levels.put_wall.strike if levels.put_wall else None,
    )


def _walls(
    maps: Sequence[StrikeMap], points: Sequence[LevelPoint], *, calls: bool
) -> Iterator[Place]:
    for gamma, point in zip(maps, points, strict=True):
        strike = point.call_wall if calls else point.put_wall
        if strike is not None:
            values = {b.strike: b.calls if calls else b.puts for b in gamma.bars}
            yield Place(gamma.as_of, gamma.session, strike, values)


def _correlate(points: Sequence[LevelPoint]) -> float | None:
    pairs = [(p.flip, p.spot) for p in points if p.flip is not None and p.spot]
    if len(pairs) < _FEWEST_PAIRS:
        return None
    try:
        return correlation([flip for flip, _ in pairs], [spot for _, spot in pairs])
    except StatisticsError:
        return None
