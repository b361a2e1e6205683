"""The everyday read as of a stored moment: nothing later than it is looked at."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from gexfocus_mcp.analysis.flow import read_premium, read_utilisation
from gexfocus_mcp.analysis.positioning import read_positioning
from gexfocus_mcp.analysis.provenance import STREAM_CADENCE_S
from gexfocus_mcp.analysis.reading import FlowState, PositioningReading
from gexfocus_mcp.desk.archive import Archive
from gexfocus_mcp.desk.clerk import Clerk, note_if_apart, nothing_there
from gexfocus_mcp.desk.everyday import Asked
from gexfocus_mcp.desk.flow_session import ALL_TICKS
from gexfocus_mcp.market.flow import FlowHistory
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.market.session import hours_to_close, market_clock
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched, Source


NO_MATRIX: Final = "the feed stores no matrices"

_BESIDE_GAMMA: Final[tuple[Greek, ...]] = ("vanna", "charm")
_OLD_TICK: Final = timedelta(minutes=10)


async def ask_past(
    source: Source,
    archive: Archive,
    clerk: Clerk,
    ticker: Ticker,
    moment: Moment,
    moves: Sequence[float],
) -> PositioningReading:
    """
    Answer the everyday question for a moment that is not now.

    Without vanna, charm or flow of then the read stands and says what is missing; without a gamma map
    there is none. Charm is reckoned from the moment to that session's close.
    """
    await clerk.beside_calendar(checkpoint())
    moment = await archive.settle(ticker, "gex", moment)
    async with anyio.create_task_group() as tasks:
        gex = Asked(tasks, archive.snapshot(ticker, "gex", moment))
        ticks = Asked(
            tasks,
            source.flow_history(ticker, moment.session, limit=ALL_TICKS, every=1),
        )
    if gex.answer is None:
        raise gex.failure or nothing_there(ticker, "gamma map")
    gamma = gex.answer.value
    async with anyio.create_task_group() as tasks:
        beside = {
            greek: Asked(tasks, archive.snapshot_beside(ticker, greek, moment, gamma))
            for greek in _BESIDE_GAMMA
        }
    until = _instant_of(moment, gamma, clerk)
    maps = _together(ticker, gamma, beside)
    flow, flow_problem = _flow_then(ticks, until, clerk)
    return PositioningReading(
        ticker=ticker,
        provenance=clerk.provenance_of(
            gex.answer,
            gamma.as_of,
            gamma.session,
            historical=True,
            notes=(*maps.notes, *note_if_apart(maps.maps.values())),
        ),
        positioning=read_positioning(
            maps,
            gamma,
            moves,
            hours_left=hours_to_close(until) if market_clock(until).is_open else None,
            stream_flip=flow.tick.gamma_flip if flow else None,
        ),
        expiry=None,
        expiry_problem=NO_MATRIX,
        flow=flow,
        flow_problem=flow_problem,
        asked=moment.said,
    )


def _instant_of(moment: Moment, gamma: StrikeMap, clerk: Clerk) -> datetime:
    """What was asked for, where it is a time that has come; else the snapshot's own instant."""
    if moment.kind == "until" and moment.instant is not None:
        return min(moment.instant, clerk.now())
    return gamma.as_of


def _together(
    ticker: Ticker, gamma: StrikeMap, beside: Mapping[Greek, Asked[Fetched[StrikeMap]]]
) -> GreekMaps:
    maps: dict[Greek, StrikeMap] = {"gex": gamma}
    notes = list[str]()
    for greek, asked in beside.items():
        if asked.answer is not None:
            maps[greek] = asked.answer.value
        elif asked.failure is not None:
            notes.append(f"{greek} of then not read: {asked.failure.problem}")
    missing = tuple(greek for greek in beside if greek not in maps)
    return GreekMaps(ticker, maps, missing, tuple(notes))


def _flow_then(
    ticks: Asked[Fetched[FlowHistory]], until: datetime, clerk: Clerk
) -> tuple[FlowState | None, str | None]:
    """The last stored tick at or before the moment, or why there is none."""
    if ticks.answer is None:
        return None, ticks.failure.problem if ticks.failure else "no answer"
    rows = ticks.answer.value.ticks
    count = bisect_right(rows, until, key=lambda tick: tick.ts)
    if not count:
        return None, "no stored flow at or before that moment"
    tick = rows[count - 1]
    if until - tick.ts > _OLD_TICK:
        return None, f"the newest stored tick before it is of {tick.ts:%H:%M:%S} ET"
    return FlowState(
        provenance=clerk.provenance_of(
            ticks.answer,
            tick.ts,
            ticks.answer.value.session,
            cadence=STREAM_CADENCE_S,
            historical=True,
        ),
        tick=tick,
        utilisation=read_utilisation(tick),
        premium=read_premium(tick),
    ), None
