"""One greek over stored sessions: its summary read in full, and what was asked for beside it side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from gexfocus_mcp.analysis.history import HistoryReading, read_turns
from gexfocus_mcp.analysis.migration import (
    LevelPath,
    find_sign_changes,
    max_strike_places,
    read_level_path,
    read_migration,
)
from gexfocus_mcp.analysis.profile import read_profile
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.same_hour import Ranking
from gexfocus_mcp.desk.archive import Archive, find_row
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.everyday import Asked
from gexfocus_mcp.desk.ranking import rank_among
from gexfocus_mcp.desk.span import HistoryQuestion, Span, parse_span
from gexfocus_mcp.desk.stream import Progress, unheard
from gexfocus_mcp.errors import BadArgument, NoData
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import MapHistory
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched


MOST_LEVELS: Final = 30
_LARGEST_STEP: Final = 100


@dataclass(frozen=True, slots=True)
class _Beside:
    """What was asked for beside the path of net; each None where it was not asked for or could not be had."""

    full: Fetched[StrikeMap] | None
    levels: tuple[LevelPath, StrikeMap] | None
    ranking: Ranking | None
    problems: tuple[str, ...]


async def ask_history(
    archive: Archive,
    clerk: Clerk,
    ticker: Ticker,
    question: HistoryQuestion,
    progress: Progress = unheard,
) -> HistoryReading:
    """Answer the question; without the ranking's or the level path's rows the rest stands and says so."""
    await clerk.beside_calendar(checkpoint())
    if question.levels and question.greek != "gex":
        raise BadArgument(
            "flip and walls are levels of gamma",
            f"Ask with greek=gex, or without detail=levels for {question.greek}.",
        )
    span = parse_span(question, clerk.now())
    if span.moment is not None and span.moment.implied:
        moment = await archive.settle(ticker, question.greek, span.moment)
        span = Span(moment.session, moment.session, moment)
    fetched = await _summary(archive, ticker, question.greek, span)
    maps = _until(fetched.value.maps, span, ticker, question.greek)
    beside = await _ask_beside(archive, ticker, question, span, maps, progress)
    path, newest = beside.levels or (None, None)
    gamma = beside.full.value if beside.full and question.greek == "gex" else newest
    return HistoryReading(
        ticker=ticker,
        greek=question.greek,
        provenance=_provenance(clerk, fetched, beside, maps, span),
        maps=maps,
        sign_changes=find_sign_changes(maps),
        max_strike=read_migration(max_strike_places(maps), _last_spot(maps)),
        asked=span.moment.said if span.moment else None,
        profile=read_profile(beside.full.value) if beside.full else None,
        levels=path,
        ranking=beside.ranking,
        turns=read_turns(gamma) if gamma and gamma.bars else None,
        turns_at=gamma.as_of if gamma else None,
    )


async def _ask_beside(
    archive: Archive,
    ticker: Ticker,
    question: HistoryQuestion,
    span: Span,
    maps: Sequence[StrikeMap],
    progress: Progress,
) -> _Beside:
    greek, moment = question.greek, span.moment
    steps = 1 + 2 * bool(moment) + question.levels + ceil((question.sessions or 0) / 4)
    read = 1

    async def tell(sessions: int) -> None:
        nonlocal read
        read = min(read + 1, steps)
        await progress(read, steps, f"{sessions} earlier sessions read")

    await progress(read, steps, f"{len(maps)} snapshots read")
    full = levels = ranking = None
    async with anyio.create_task_group() as tasks:
        if moment is not None:
            full = Asked(tasks, archive.snapshot(ticker, greek, moment))
        if question.levels:
            levels = Asked(tasks, _levels(archive, ticker, maps))
        if question.sessions:
            count = question.sessions
            ranking = Asked(
                tasks, rank_among(archive, ticker, greek, maps, moment, count, tell)
            )
    if full is not None and full.failure is not None:
        raise full.failure
    problems = [
        f"{what} not read: {asked.failure.problem}"
        for what, asked in (("levels", levels), ("sessions", ranking))
        if asked is not None and asked.failure is not None
    ]
    ranked = ranking.answer if ranking else None
    if ranking is not None and ranking.failure is None and ranked is None:
        problems.append("net is null in every snapshot: not ranked")
    return _Beside(
        full.answer if full else None,
        levels.answer if levels else None,
        ranked,
        tuple(problems),
    )


async def _summary(
    archive: Archive, ticker: Ticker, greek: Greek, span: Span
) -> Fetched[MapHistory]:
    if span.first is None or span.last is None or span.first == span.last:
        until = span.moment.instant if span.moment else None
        return await archive.summary(ticker, greek, span.last, until)
    found = await archive.between(ticker, greek, span.first, span.last)
    if not found.value.maps:
        raise NoData(
            f"no stored {greek} map of {ticker} from {span.first} to {span.last}",
            f"Call list_sessions with series={greek} to see what is stored.",
        )
    return found


def _until(
    maps: Sequence[StrikeMap], span: Span, ticker: Ticker, greek: Greek
) -> tuple[StrikeMap, ...]:
    """The snapshots up to the moment's own: nothing later is looked at."""
    moment = span.moment
    if moment is None or moment.session is None:
        return tuple(maps)
    session = moment.session
    earlier = [m for m in maps if m.session < session]
    own = [m for m in maps if m.session == session]
    row = find_row(own, moment)
    if row is None:
        began = f": its first is of {own[0].as_of:%H:%M:%S} ET" if own else ""
        raise NoData(
            f"no stored {greek} map of {ticker} for {moment.said} on {session}{began}",
            "Ask for a later moment, or see list_sessions.",
        )
    return (*earlier, *own[: row + 1])


def _last_spot(maps: Sequence[StrikeMap]) -> float | None:
    return next((m.spot for m in maps[::-1] if m.spot is not None), None)


async def _levels(
    archive: Archive, ticker: Ticker, maps: Sequence[StrikeMap]
) -> tuple[LevelPath, StrikeMap]:
    """The path of the levels over at most 30 full snapshots, and the newest of these."""
    every = min(_LARGEST_STEP, ceil(len(maps) / MOST_LEVELS))
    got = await archive.evenly(ticker, "gex", maps, every=every)
    full = [m for m in got.value.maps if m.bars and m.as_of <= maps[-1].as_of]
    if not full:
        raise NoData("no stored snapshot has strikes", "Ask without detail=levels.")
    step = ceil(len(full) / MOST_LEVELS)
    full = full[::-1][::step][::-1]
    # Thirty maps of an index take about a second to reprice.
    return await anyio.to_thread.run_sync(read_level_path, full), full[-1]


def _provenance(
    clerk: Clerk,
    fetched: Fetched[MapHistory],
    beside: _Beside,
    maps: Sequence[StrikeMap],
    span: Span,
) -> Provenance:
    newest, history = maps[-1], fetched.value
    notes = [*history.notes]
    if history.truncated:
        notes.append(
            f"{len(history.maps)} rows of {history.count or 'more'} came: the range is not complete here"
        )
    if beside.full is not None:
        fetched = replace(fetched, failure=fetched.failure or beside.full.failure)
        if beside.full.value.as_of > newest.as_of:
            newest = beside.full.value
    past_moment = span.moment is not None and span.moment.kind != "now"
    return clerk.provenance_of(
        fetched,
        newest.as_of,
        newest.session,
        historical=past_moment
        or (span.last is not None and clerk.is_past(newest.session)),
        notes=(*notes, *beside.problems),
    )
