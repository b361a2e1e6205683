"""The everyday question: maps, matrix and newest tick asked for side by side, and read together."""

from collections.abc import Awaitable, Sequence
from typing import Final, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from gexfocus_mcp.analysis.book import Apart
from gexfocus_mcp.analysis.expiry import ExpiryStructure
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.positioning import Positioning, read_positioning
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import ExpiryState, FlowState, PositioningReading
from gexfocus_mcp.analysis.regime import NEUTRAL_TILT
from gexfocus_mcp.collector import paused
from gexfocus_mcp.desk.clerk import Clerk, note_if_apart, nothing_there
from gexfocus_mcp.desk.sharpening import NOTABLE_ENDED, find_book, find_structure
from gexfocus_mcp.desk.stream import FLOW_PATIENCE_S, first_tick, flow_state
from gexfocus_mcp.errors import GexFocusError
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.session import (
    MarketClock,
    hours_to_close,
    latest_session,
    settles_at_open,
)
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched, LiveSource, Source


T = TypeVar("T")

_ONE_SCALE: Final = 1.05


class Asked(Generic[T]):
    """One of several questions put side by side: its failure is kept, so that the others are still answered."""

    def __init__(self, tasks: TaskGroup, question: Awaitable[T]) -> None:
        self.answer: T | None = None
        self.failure: GexFocusError | None = None
        tasks.start_soon(self._wait, question)

    async def _wait(self, question: Awaitable[T]) -> None:
        try:
            self.answer = await question
        except GexFocusError as failure:
            self.failure = failure


async def ask_everyday(
    source: Source,
    live: LiveSource,
    clerk: Clerk,
    ticker: Ticker,
    moves: Sequence[float],
) -> PositioningReading:
    """
    Answer the everyday question.

    Without the matrix or the stream the read stands and says what is missing; without a gamma map
    there is none.
    """
    async with anyio.create_task_group() as tasks:
        maps = Asked(tasks, source.greek_maps(ticker))
        matrix = Asked(tasks, source.expiry_map(ticker))
        tick = Asked(tasks, clerk.beside_calendar(_newest_tick(live, clerk, ticker)))
    if maps.answer is None:
        raise maps.failure or nothing_there(ticker, "gamma map")
    provenance, gamma = _date_gamma(maps.answer, clerk, ticker)
    flow, flow_problem = _flow(ticker, tick, clerk, provenance.market)
    newest = flow.tick if flow else None
    spot_live = _price_since(newest, gamma)
    market = provenance.market
    # Thousands of terms are made, and none in a circle.
    with paused():
        structure = find_structure(
            matrix.answer.value if matrix.answer else None, clerk
        )
        book = find_book(structure, gamma)
        read = read_positioning(
            maps.answer.value,
            gamma,
            moves,
            # Charm runs to today's close, so only a map of the session under way has any left.
            hours_left=hours_to_close(market.now)
            if market.is_open and latest_session(gamma.as_of) == market.latest_session
            else None,
            stream_flip=newest.gamma_flip if newest else None,
            spot_now=spot_live,
            doubts=_doubts(provenance, structure),
            book=book if isinstance(book, Kernel) else None,
        )
    expiry, problem = _expiry_state(matrix, structure, clerk, read, book)
    return PositioningReading(
        ticker=ticker,
        provenance=provenance,
        positioning=read,
        expiry=expiry,
        expiry_problem=problem,
        flow=flow,
        flow_problem=flow_problem,
        spot_live=spot_live,
        crossed_since_map=_crossed(read, spot_live),
    )


def _date_gamma(
    maps: Fetched[GreekMaps], clerk: Clerk, ticker: Ticker
) -> tuple[Provenance, StrikeMap]:
    gamma = maps.value.maps.get("gex")
    if gamma is None:
        raise nothing_there(ticker, "gamma map")
    notes = (*maps.value.notes, *note_if_apart(maps.value.maps.values()))
    return clerk.provenance_of(maps, gamma.as_of, gamma.session, notes=notes), gamma


async def _newest_tick(live: LiveSource, clerk: Clerk, ticker: Ticker) -> Tick | None:
    """The newest tick: of a buffer that is open anyway, else waited for while the market is open."""
    if ticker not in live.open_tickers():
        market = await clerk.market_aside()
        if not market.is_open:
            return None
    async with live.tape(ticker) as tape:
        tick = await first_tick(tape, FLOW_PATIENCE_S)
        if tick is None and tape.state.problem is not None:
            # The same problem answers many: without this its traceback would grow with each.
            raise tape.state.problem.with_traceback(None)
        return tick


def _doubts(
    provenance: Provenance, structure: ExpiryStructure | None
) -> tuple[str, ...]:
    """Facts from outside the gamma map that make it a poor picture of now."""
    doubts = list[str]()
    if provenance.is_stale:
        doubts.append("the map is stale")
    if structure and structure.ended_share >= NOTABLE_ENDED:
        doubts.append(
            f"the map still holds expired contracts ({structure.ended_share:.0%} of the matrix)"
        )
    return tuple(doubts)


def _expiry_state(
    matrix: Asked[Fetched[ExpiryMap]],
    structure: ExpiryStructure | None,
    clerk: Clerk,
    read: Positioning,
    book: Kernel | Apart | None,
) -> tuple[ExpiryState | None, str | None]:
    """The expiry structure, or why there is none."""
    if matrix.answer is None:
        return None, matrix.failure.problem if matrix.failure else "no answer"
    if structure is None:
        return None, "the feed has no gamma matrix at the moment"
    state = ExpiryState(
        provenance=clerk.provenance_of_matrix(matrix.answer),
        structure=structure,
        coverage=_matrix_coverage(structure, read),
        notes=(
            *matrix.answer.value.notes,
            *_expiry_notes(structure, read, matrix.answer.value.ticker),
            *([f"flip by one width: {book.reason}"] if isinstance(book, Apart) else []),
        ),
    )
    return state, None


def _matrix_coverage(structure: ExpiryStructure, read: Positioning) -> float | None:
    """Sum of the matrix over the map's net; None where they hold different expiries, or the net is too small."""
    net, gross = read.stance.net, read.stance.gross
    if structure.ended or not net or abs(net) < NEUTRAL_TILT * gross:
        return None
    return structure.net / net


def _expiry_notes(
    structure: ExpiryStructure, read: Positioning, ticker: Ticker
) -> tuple[str, ...]:
    notes = [
        f"{day:%-d %b} is unavailable in the matrix (null upstream, not zero)"
        for day in structure.not_given
    ]
    # Cells are netted, so a matrix that outgrosses the strike map is in another unit.
    if structure.gross > _ONE_SCALE * read.stance.gross > 0:
        notes.append(
            "matrix and strike map are not on one scale: compare shares, not amounts"
        )
    if structure.convention == "raw_oi":
        notes.append(
            "the matrix is raw open interest: its nets are not the dealer's, only its shares can be used"
        )
    notes += [
        f"{day:%-d %b} has expired: counted in no expiry figure, but still in the strike map's levels"
        for day in structure.ended
    ]
    front = structure.front
    if front and settles_at_open(ticker, front.expiration):
        notes.append(f"part of {front.expiration:%-d %b} settles at its open")
    return tuple(notes)


def _price_since(tick: Tick | None, gamma: StrikeMap) -> float | None:
    return tick.price if tick is not None and tick.ts > gamma.as_of else None


def _crossed(read: Positioning, spot_live: float | None) -> bool:
    flip, spot = read.levels.flip, read.gamma.spot
    if flip is None or spot is None or spot_live is None:
        return False
    return (spot > flip.value) != (spot_live > flip.value)


def _flow(
    ticker: Ticker, tick: Asked[Tick | None], clerk: Clerk, market: MarketClock
) -> tuple[FlowState | None, str | None]:
    """The newest tick as flow, or why there is none; an old one is not passed off as now."""
    if tick.failure is not None:
        return None, tick.failure.problem
    if tick.answer is None:
        return None, (
            f"no tick within {FLOW_PATIENCE_S:g} s; live_snapshot waits longer"
            if market.is_open
            else "the market is closed; ndf_history has the last session"
        )
    state = flow_state(ticker, tick.answer, market, clerk.source_name)
    if state.provenance.is_stale:
        return (
            None,
            f"the stream's newest tick is of {tick.answer.ts:%a %-d %b %H:%M} ET",
        )
    return state, None
