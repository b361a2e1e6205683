"""A reader at the live buffer: how long to listen, and what the stream's state means."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import anyio

from gexfocus_mcp.analysis.flow import read_premium, read_utilisation
from gexfocus_mcp.analysis.live import StreamVerdict, Window, read_window
from gexfocus_mcp.analysis.provenance import STREAM_CADENCE_S, Provenance, trace
from gexfocus_mcp.analysis.reading import FlowState, LiveReading
from gexfocus_mcp.market.calendar import time_between
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.session import MarketClock
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import LiveBuffer, LiveTape, StreamState
from gexfocus_mcp.traffic.elapsed import elapsed


Progress = Callable[[float, float, str], Awaitable[None]]

FLOW_PATIENCE_S: Final = 1.5
"""How long a positioning read waits for a first tick, beside its fetches."""

_PROGRESS_EVERY_S: Final = 2.0
_BURST_S: Final = 1.0
_ENDED: Final = ("refused", "cut")


async def unheard(_done: float, _total: float, _message: str) -> None:
    """Progress that nobody asked for."""


def reach(tape: LiveTape) -> float:
    """How many seconds back the buffer's words go; none where it was not open before its reader came."""
    heard = tape.heard
    return elapsed() - heard[0].at if tape.warm and heard else 0.0


async def listen(tape: LiveTape, seconds: float, progress: Progress) -> None:
    """Wait for *seconds*, or until the upstream refuses; tells progress every two seconds."""
    began = elapsed()
    while (left := began + seconds - elapsed()) > 0:
        with anyio.move_on_after(min(left, _PROGRESS_EVERY_S)):
            while tape.state.phase != "refused":
                await tape.changed()
            return
        passed = elapsed() - began
        await progress(min(passed, seconds), seconds, f"{len(tape.heard)} ticks so far")


async def first_tick(tape: LiveTape, patience: float) -> Tick | None:
    """The newest tick of the buffer, waiting at most *patience* seconds for the first."""
    with anyio.move_on_after(patience):
        while not tape.heard and tape.state.phase not in _ENDED:
            await tape.changed()
    return tape.heard[-1].tick if tape.heard else None


def flow_state(
    ticker: Ticker, tick: Tick, market: MarketClock, source: str
) -> FlowState:
    """A tick as the flow beside a positioning read."""
    return FlowState(
        provenance=_trace(ticker, tick, market, source),
        tick=tick,
        utilisation=read_utilisation(tick),
        premium=read_premium(tick),
    )


def read_live(
    ticker: Ticker,
    tape: LiveTape,
    *,
    since: float,
    market: MarketClock,
    source: str,
    notes: tuple[str, ...],
) -> LiveReading:
    """
    Read the ticks that arrived after *since* (elapsed seconds).

    Where none did, the newest tick of the buffer is still told, as an empty window.

    Args:
        notes: Sentences that belong to the answer whatever was heard.
    """
    heard = tape.heard
    inside = [h.tick for h in heard if h.at >= since]
    window = read_window(inside)
    if not inside and heard:
        last = read_window([heard[-1].tick])
        window = Window(0, 0.0, last.latest, {}, (), last.unavailable)
    verdict = judge_stream(tape, market)
    provenance = _provenance(ticker, window, market, source).noting(
        *notes,
        *_losses(tape.state, inside[0].ts if inside else None),
    )
    state = tape.state
    return LiveReading(
        ticker=ticker,
        provenance=provenance,
        verdict=verdict,
        reason=give_reason(verdict, tape),
        window=window,
        cuts=state.cuts,
        next_try_s=state.next_try_s,
    )


def _trace(ticker: Ticker, tick: Tick, market: MarketClock, source: str) -> Provenance:
    return trace(
        tick.ts, None, market, source=source, cadence=STREAM_CADENCE_S, ticker=ticker
    )


def _provenance(
    ticker: Ticker, window: Window, market: MarketClock, source: str
) -> Provenance:
    if window.latest is not None:
        return _trace(ticker, window.latest, market, source)
    return Provenance(
        as_of=None,
        age_s=None,
        freshness="unknown",
        map_session=None,
        market=market,
        source=source,
    )


def _losses(state: StreamState, first: datetime | None) -> list[str]:
    """What a window that begins with the tick of *first* has not seen, or could not read."""
    notes = list(state.notes)
    if state.bad_frames:
        notes.append(
            f"{state.bad_frames} unreadable, foreign or outdated messages were dropped"
        )
    notes += [
        f"nothing was received between {gap_from:%H:%M:%S} and {gap_to:%H:%M:%S} ET"
        for gap_from, gap_to in state.gaps
        if first is not None and gap_to >= first
    ]
    return notes


def judge_stream(tape: LiveBuffer, market: MarketClock) -> StreamVerdict:
    """
    What the connection's state and its silence mean.

    Ticks count as live while the newest is less than a minute old by its own time, or while they keep
    arriving; a burst of old ones on connecting is only the last word before the silence.
    """
    state, heard = tape.state, tape.heard
    if state.phase in {"refused", "cut"}:
        return "refused" if state.phase == "refused" else "cut"
    recent = [h for h in heard if h.at > elapsed() - STREAM_CADENCE_S]
    if recent and (
        time_between(recent[-1].tick.ts, market.now).total_seconds() <= STREAM_CADENCE_S
        or recent[-1].at - recent[0].at >= _BURST_S
    ):
        return "live"
    if state.phase == "opening":
        return "opening"
    return "silent" if market.is_open else "market_closed"


def give_reason(verdict: StreamVerdict, tape: LiveBuffer) -> str:
    """The verdict as a sentence."""
    state = tape.state
    problem = state.problem.problem if state.problem else ""
    if verdict == "refused":
        fix = state.problem.fix if state.problem else ""
        return f"{problem}. {fix}".strip(" .")
    if verdict == "cut":
        wait = (
            ""
            if state.next_try_s is None
            else f", next try in {state.next_try_s:.0f} s"
        )
        return f"{problem or 'the connection was lost'} ({state.cuts} so far{wait})"
    return {
        "live": "ticks are arriving",
        "opening": "the connection is being opened; ask again in a few seconds",
        "silent": "connected, but no tick came although the market is open",
        "market_closed": "connected; no ticks are expected while the market is closed",
    }[verdict]
