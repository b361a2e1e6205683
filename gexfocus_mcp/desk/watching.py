"""
Waiting on the live buffer until a condition comes true, within a limit that holds whatever hangs.

The strike map, the ticks and the progress are waited for side by side: a slow map holds up no condition
that can do without it, and catches up on every tick that came meanwhile.
"""

from collections.abc import Sequence
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from gexfocus_mcp.analysis.condition import Condition
from gexfocus_mcp.analysis.convention import detect_convention, to_dealer
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.marks import Marks, take_marks
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.watched import (
    Watched,
    WatchReading,
    find_nearest,
    find_next,
)
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.everyday import Asked
from gexfocus_mcp.desk.sharpening import find_book, find_structure
from gexfocus_mcp.desk.stream import Progress, read_live, unheard
from gexfocus_mcp.desk.vigil import PENDING, Vigil
from gexfocus_mcp.desk.waits import Waits
from gexfocus_mcp.errors import GexFocusError, NoData, TimedOut
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import LiveSource, Source
from gexfocus_mcp.traffic.elapsed import elapsed


LOOK_S: Final = 2.0
"""The limit of a watch of 0 seconds, which looks once and ends."""

_PROGRESS_EVERY_S: Final = 2.0
_MATRIX_PATIENCE_S: Final = 1.0
# Whether waiting is of any use is looked at without a tick too.
_LOOK_EVERY_S: Final = 1.0
# What is left for reading and rendering, so that the whole call keeps to its limit.
_MARGIN, _MOST_MARGIN_S = 0.05, 0.2


class _Levels:
    """
    The map that levels are taken from, or why there is none.

    Where the flip is waited for the matrix is asked beside the map, so that the flip is the one that a
    positioning read tells; a late matrix is not waited for.
    """

    def __init__(
        self,
        source: Source,
        clerk: Clerk,
        ticker: Ticker,
        conditions: Sequence[Condition],
    ) -> None:
        self._source = source
        self._clerk = clerk
        self._ticker = ticker
        self._flip = any(c.kind == "flip" for c in conditions)
        self.provenance: Provenance | None = None
        self.failure: GexFocusError | None = None

    async def take(self) -> Marks:
        async with anyio.create_task_group() as tasks:
            strikes = Asked(tasks, self._source.strike_map(self._ticker, "gex"))
            matrix = Asked(tasks, self._find_matrix())
        fetched = strikes.answer
        if fetched is None:
            self.failure = strikes.failure
            return Marks.unread(self.failure.problem if self.failure else PENDING)
        raw = fetched.value
        notes = raw.notes
        if detect_convention(raw) == "raw_oi":
            notes += ("gex map is raw open interest; read for the dealer book",)
        self.provenance = self._clerk.provenance_of(
            fetched, raw.as_of, raw.session, notes=notes
        )
        gamma = to_dealer(raw)
        book = find_book(find_structure(matrix.answer, self._clerk), gamma)
        return take_marks(gamma, book if isinstance(book, Kernel) else None)

    async def _find_matrix(self) -> ExpiryMap | None:
        if self._flip:
            with anyio.move_on_after(_MATRIX_PATIENCE_S):
                return (await self._source.expiry_map(self._ticker)).value
        return None


async def watch(
    source: Source,
    live: LiveSource,
    clerk: Clerk,
    ticker: Ticker,
    conditions: Sequence[Condition],
    seconds: float,
    waits: Waits,
    progress: Progress = unheard,
) -> WatchReading:
    """
    Wait until one of *conditions* is true, the limit is reached, or no tick can come any more.

    Args:
        seconds: The limit of the whole call; with 0 it looks once, for at most two seconds.

    Raises:
        GexFocusError: There never was a stream, or nothing could be watched.
    """
    began = elapsed()
    limit = seconds or LOOK_S
    limit -= min(limit * _MARGIN, _MOST_MARGIN_S)
    levels = _Levels(source, clerk, ticker, conditions)
    async with live.tape(ticker) as tape:
        vigil = Vigil(tape, clerk, conditions, limit, once=not seconds)
        with waits.at_most(limit):
            await clerk.beside_calendar(checkpoint())
            await _wait(vigil, levels, progress, ticker, limit)
        _check(vigil, levels, limit)
        return WatchReading(
            live=read_live(
                ticker,
                tape,
                since=began,
                market=clerk.market(),
                source=source.name,
                notes=(*clerk.remarks, *waits.note),
            ),
            marks=vigil.marks,
            map_provenance=levels.provenance,
            watched=vigil.read(),
            fired=vigil.fired,
            waited_s=elapsed() - began,
            seconds=seconds,
            following=find_next(conditions, vigil.fired),
        )


async def _wait(
    vigil: Vigil, levels: _Levels, progress: Progress, ticker: Ticker, limit: float
) -> None:
    """Three tasks on one vigil; whichever sees that it is over ends all of them."""

    async def take_levels() -> None:
        if vigil.pending:
            vigil.take(await levels.take())
            if vigil.step():
                tasks.cancel_scope.cancel()

    async def look_on() -> None:
        while not vigil.step():
            with anyio.move_on_after(_LOOK_EVERY_S):
                await vigil.tape.changed()
        tasks.cancel_scope.cancel()

    async def tell() -> None:
        began = elapsed()
        while True:
            await anyio.sleep(_PROGRESS_EVERY_S)
            passed = min(elapsed() - began, limit)
            await progress(passed, limit, _words(vigil, ticker))

    async with anyio.create_task_group() as tasks:
        for task in (take_levels, look_on, tell):
            tasks.start_soon(task)


def _check(vigil: Vigil, levels: _Levels, limit: float) -> None:
    """
    Refuse where nothing could be watched.

    Raises:
        GexFocusError: There never was a stream, or no condition had what it needs.
    """
    state = vigil.tape.state
    if state.problem is not None and not (state.ever_open or vigil.tape.heard):
        # The same problem answers many: without this its traceback would grow with each.
        raise state.problem.with_traceback(None)
    if not vigil.is_idle:
        return
    if levels.failure is not None:
        raise levels.failure.with_traceback(None)
    if vigil.pending:
        raise TimedOut(
            f"{PENDING} within {limit:.0f} s, so no level could be watched",
            "Ask again, or watch a price such as price>755.20.",
            retry_after=15,
        )
    why = dict.fromkeys(vigil.marks.absent.values())
    raise NoData(
        f"nothing to watch: {'; '.join(why)}",
        "Watch a price such as price>755.20, a wall or NDF instead.",
    )


def _words(vigil: Vigil, ticker: Ticker) -> str:
    """The latest price and the nearest condition, for a reader of progress."""
    latest = vigil.newest
    if latest is None:
        return f"{ticker}: no tick yet"
    price = "n/a" if latest.price is None else f"{latest.price:.2f}"
    return f"{ticker} {price}{_nearest_words(find_nearest(vigil.read()))}"


def _nearest_words(nearest: Watched | None) -> str:
    if nearest is None:
        return ""
    name = nearest.condition.text
    if nearest.distance_pct is None:
        return f"; NDF at {nearest.of_threshold or 0:.0%} of {name}"
    level = "" if nearest.condition.level else f" {nearest.level:.2f}"
    return f"; nearest: {name}{level}, {nearest.distance_pct:+.2f} % away"
