"""Earlier sessions at the same time of day, five calendar days a request."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Final

import anyio

from gexfocus_mcp.analysis.same_hour import Ranking, read_ranking
from gexfocus_mcp.desk.archive import Archive
from gexfocus_mcp.desk.everyday import Asked
from gexfocus_mcp.desk.single_rows import week_before
from gexfocus_mcp.market.calendar import NEW_YORK, next_session, previous_session
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker


# Five sessions are a large reply to make: more at once would only wait for each other there.
_AT_ONCE: Final = 2
_NEAR: Final = timedelta(minutes=10)


async def rank_among(
    archive: Archive,
    ticker: Ticker,
    greek: Greek,
    maps: Sequence[StrikeMap],
    moment: Moment | None,
    count: int,
    tell: Callable[[int], Awaitable[None]],
) -> Ranking | None:
    """
    Rank the newest net of *maps* among the *count* sessions before it; None where every net is null.

    Args:
        tell: Called with the number of sessions read so far, after each request.
    """
    net = next((m.stored_net for m in maps[::-1] if m.stored_net is not None), None)
    if net is None:
        return None
    days = _sessions_before(maps[-1].session, count)
    stored = dict[date, list[StrikeMap]]()

    few = anyio.CapacityLimiter(_AT_ONCE)

    async def read(start: date, end: date) -> None:
        async with few:
            got = await archive.between(ticker, greek, start, end)
        for each in got.value.maps:
            stored.setdefault(each.session, []).append(each)
        await tell(len(stored))

    async with anyio.create_task_group() as tasks:
        asked = {w: Asked(tasks, read(*w)) for w in weeks(days)}
    failed = [
        f"sessions {start} to {end} not read: {each.failure.problem}"
        for (start, end), each in asked.items()
        if each.failure is not None
    ]
    ranking = read_ranking(net, _clock(maps, moment), days, stored)
    return replace(ranking, notes=(*ranking.notes, *failed))


def weeks(days: Sequence[date]) -> list[tuple[date, date]]:
    """The ranges, each one request, that hold *days*, which come newest first."""
    ranges = list[tuple[date, date]]()
    for day in days:
        if not ranges or day < ranges[-1][0]:
            ranges.append(week_before(next_session(day)))
    # The first is also what single rows are planned by, and kept as it is; the last need not reach further.
    for start, end in ranges[1:][-1:]:
        ranges[-1] = (max(start, days[-1]), end)
    return ranges


def _sessions_before(day: date, count: int) -> list[date]:
    """Newest first."""
    days = list[date]()
    for _ in range(count):
        day = previous_session(day)
        days.append(day)
    return days


def _clock(maps: Sequence[StrikeMap], moment: Moment | None) -> time:
    """The time of day that sessions are compared at: the one asked for, if there was a snapshot near it."""
    newest = maps[-1].as_of
    asked = moment.instant if moment is not None and moment.kind == "until" else None
    if asked is not None and asked - newest <= _NEAR:
        newest = asked
    return newest.astimezone(NEW_YORK).time()
