"""Where a net exposure ranks among earlier sessions at the same time of day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from gexfocus_mcp.market.calendar import NEW_YORK, is_half_day, session_close
from gexfocus_mcp.market.strikes import StrikeMap


_NEAR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Then:
    """An earlier session's net at that time of day."""

    at: datetime
    net: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """
    One net among those of earlier sessions.

    Attributes:
        clock: The time of day compared at, New York.
        rank: 1 is the highest net of the `earlier` ones and this one together.
        percentile: Share of the earlier ones below this one, 0 to 100.
        absent: Sessions asked for that have nothing stored by that time of day.
    """

    clock: time
    net: float
    earlier: tuple[Then, ...]
    absent: tuple[date, ...]
    notes: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        return 1 + sum(then.net > self.net for then in self.earlier)

    @property
    def percentile(self) -> float | None:
        if not self.earlier:
            return None
        return 100 * sum(t.net < self.net for t in self.earlier) / len(self.earlier)


def read_ranking(
    net: float,
    clock: time,
    days: Sequence[date],
    stored: Mapping[date, Sequence[StrikeMap]],
) -> Ranking:
    """
    Rank *net* among the last snapshots at or before *clock* of each of *days*.

    Args:
        stored: Snapshots by session, ascending in time.
    """
    earlier, absent = list[Then](), list[date]()
    for day in days:
        then = _find_then(stored.get(day, ()), datetime.combine(day, clock, NEW_YORK))
        if then is None:
            absent.append(day)
        else:
            earlier.append(then)
    return Ranking(
        clock, net, tuple(earlier), tuple(absent), tuple(_other_hours(earlier, clock))
    )


def _find_then(maps: Sequence[StrikeMap], until: datetime) -> Then | None:
    known = [m for m in maps if m.stored_net is not None and m.as_of <= until]
    if not known:
        return None
    newest = known[-1]
    return Then(newest.as_of, newest.stored_net or 0.0)


def _other_hours(earlier: Sequence[Then], clock: time) -> list[str]:
    """What is compared although it is of another hour: what stands for the rest of a half day, or before a gap."""
    notes = list[str]()
    for then in earlier:
        day = then.at.date()
        wanted = datetime.combine(day, clock, NEW_YORK)
        if is_half_day(day) and wanted > session_close(day):
            notes.append(
                f"{day:%-d %b} closed at 13:00: its last snapshot stands for {clock:%H:%M}"
            )
        elif wanted - then.at > _NEAR:
            notes.append(
                f"{day:%-d %b} has nothing stored between {then.at:%H:%M} and {clock:%H:%M}"
            )
    return notes
