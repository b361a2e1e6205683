"""Two moments of one ticker, fetched side by side and read as one change."""

from datetime import datetime
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from gexfocus_mcp.analysis.change import read_change
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import ChangeReading
from gexfocus_mcp.desk.archive import Archive
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.everyday import Asked
from gexfocus_mcp.errors import BadDate, NoData
from gexfocus_mcp.market.calendar import NEW_YORK, previous_session
from gexfocus_mcp.market.moment import Moment, parse_moment
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched


_NOTABLY_OFF_S: Final = 300.0


async def compare(
    archive: Archive,
    clerk: Clerk,
    ticker: Ticker,
    since: str | None,
    until: str | None,
) -> ChangeReading:
    """
    Read what changed from *since* to *until*.

    Raises:
        BadDate: A moment cannot be read, or *since* is after *until*.
        NoData: One of the two has no snapshot; says which.
    """
    await clerk.beside_calendar(checkpoint())
    first, last = parse_moments(since, until, clerk.now())
    last = await archive.settle(ticker, "gex", last)
    first = await archive.settle(ticker, "gex", first)
    async with anyio.create_task_group() as tasks:
        asked = [
            Asked(tasks, archive.snapshot(ticker, "gex", m)) for m in (first, last)
        ]
    before, after = (
        _answer(question, role, moment)
        for question, role, moment in zip(
            asked, ("since", "until"), (first, last), strict=True
        )
    )
    _refuse_if_later(before.value, after.value, first, last)
    provenance = _provenance(clerk, before, after, first, last)
    return ChangeReading(
        ticker=ticker,
        provenance=provenance,
        since=first,
        until=last,
        change=read_change(
            before.value,
            after.value,
            doubts=("the map is stale",) if provenance.is_stale else (),
        ),
    )


def _provenance(
    clerk: Clerk,
    before: Fetched[StrikeMap],
    after: Fetched[StrikeMap],
    first: Moment,
    last: Moment,
) -> Provenance:
    """That of the later snapshot, with what is to be said of both moments."""
    provenance = clerk.provenance_of(
        after,
        after.value.as_of,
        after.value.session,
        historical=last.kind != "now",
        notes=(
            *_note_if_off(before.value, first),
            # Of a moment still to come the archive says so itself.
            *(
                _note_if_off(after.value, last)
                if not _is_ahead(last, clerk.now())
                else ()
            ),
        ),
    )
    if before.failure is not None and first.kind != "now":
        provenance = provenance.noting(
            f"the earlier snapshot is an older answer: {before.failure.problem}"
        )
    return provenance


def parse_moments(
    since: str | None, until: str | None, now: datetime
) -> tuple[Moment, Moment]:
    """
    Read both moments, *since* `open` and *until* `now` where left out.

    A bare time or `open` of *since* is of the session that *until* is of.

    Raises:
        BadDate: One cannot be read, or the first lies after the second.
        NoData: One is of a day without a session.
    """
    last = parse_moment(until, now)
    word = (since or "open").strip()
    first = parse_moment(word, now)
    if first.session is not None and last.session is not None and _is_bare(word):
        first = parse_moment(word, now, day=last.session)
    if _is_after(first, last):
        raise _swapped(first, last)
    if _is_ahead(first, now):
        raise _still_to_come(first, now)
    return first, last


def _is_ahead(moment: Moment, now: datetime) -> bool:
    return moment.instant is not None and moment.instant > now


def _still_to_come(moment: Moment, now: datetime) -> BadDate:
    """A bare time of today that has not come yet was most likely meant of the session before."""
    day = previous_session(now.astimezone(NEW_YORK).date())
    return BadDate(
        f"since ({moment.said} ET) is still to come",
        f"Name its day, such as since={day}T{moment.instant:%H:%M}, or an earlier time.",
    )


def _is_bare(word: str) -> bool:
    """Whether a moment names no day of its own."""
    return word.lower() == "open" or (":" in word and "-" not in word)


def _is_after(first: Moment, last: Moment) -> bool:
    """Whether that is so whatever is stored."""
    if first.session is None or last.session is None:
        return False
    if first.session != last.session:
        return first.session > last.session
    if first.instant is None or last.instant is None:
        return False
    return first.instant > last.instant


def _swapped(first: Moment, last: Moment) -> BadDate:
    return BadDate(
        f"since ({first.said}) is after until ({last.said})",
        f"Swap them: since={_as_argument(last)}, until={_as_argument(first)}.",
    )


def _as_argument(moment: Moment) -> str:
    """How a caller would name it from anywhere: a word that is not of its session alone is spelt out."""
    if moment.instant is None:
        return moment.said
    return f"{moment.instant.astimezone(NEW_YORK):%Y-%m-%dT%H:%M}"


def _answer(
    asked: Asked[Fetched[StrikeMap]], role: str, moment: Moment
) -> Fetched[StrikeMap]:
    """What came, or a failure that names the moment that it is of."""
    failure = asked.failure
    if isinstance(failure, NoData):
        raise NoData(
            f"{role} ({moment.said}): {failure.problem}",
            failure.fix,
            retry_after=failure.retry_after,
        )
    if asked.answer is None:
        raise failure or NoData(f"nothing came for {role}", "Ask again.")
    return asked.answer


def _refuse_if_later(
    before: StrikeMap, after: StrikeMap, first: Moment, last: Moment
) -> None:
    """Tell a caller's swap from an upstream whose newest map is older than what it has stored."""
    if before.as_of <= after.as_of:
        return
    if last.kind != "now":
        raise _swapped(first, last)
    raise NoData(
        f"the newest map ({_told(after.as_of)}) is older than the one since ({first.said}) stands for ({_told(before.as_of)})",
        "The feed's newest map is behind: ask again in a minute, or name both moments.",
        retry_after=60,
    )


def _told(instant: datetime) -> str:
    return f"{instant.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S} ET"


def _note_if_off(found: StrikeMap, moment: Moment) -> tuple[str, ...]:
    """A note where the snapshot that a time stands for is minutes away from it."""
    if moment.instant is None:
        return ()
    away = abs((found.as_of - moment.instant).total_seconds())
    if away < _NOTABLY_OFF_S:
        return ()
    return (
        f"the snapshot for {moment.said} is {away / 60:.0f} min {'after' if moment.kind == 'open' else 'before'} it",
    )
