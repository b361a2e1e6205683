"""
Many names side by side: all asked for at once, each with its own patience, read as they arrive.

A name that fails is listed with its reason; only where none could be read is there no answer.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import anyio
from anyio import CapacityLimiter, to_thread

from gexfocus_mcp.analysis.basket import read_standing
from gexfocus_mcp.analysis.convention import Convention, detect_convention, to_dealer
from gexfocus_mcp.analysis.levels import Levels, read_levels
from gexfocus_mcp.analysis.reading import FlowState
from gexfocus_mcp.analysis.scan import Row, ScanReading, Unread, read_scan
from gexfocus_mcp.desk.clerk import Clerk, nothing_there
from gexfocus_mcp.desk.everyday import Asked
from gexfocus_mcp.desk.stream import Progress, flow_state
from gexfocus_mcp.errors import GexFocusError, NoData, TimedOut
from gexfocus_mcp.market.basket import Basket, Sort
from gexfocus_mcp.market.session import MarketClock
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Fetched, LiveSource, Source


PATIENCE_S: Final = 12.0
"""How long one name may hold up the others; its request goes on, so that asking again finds it."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One name's map with what takes longest to find in it."""

    fetched: Fetched[StrikeMap]
    gamma: StrikeMap
    convention: Convention
    levels: Levels


async def scan_names(
    source: Source,
    live: LiveSource,
    clerk: Clerk,
    basket: Basket,
    sort: Sort,
    progress: Progress,
) -> ScanReading:
    """
    Read every name of *basket*: one request each, all at once.

    Raises:
        GexFocusError: No name could be read; the most frequent of their failures.
    """
    asked = await clerk.beside_calendar(_ask_all(source, basket, progress))
    failures = {t: name.failure for t, name in asked.items() if name.failure}
    reads = {t: name.answer for t, name in asked.items() if name.answer}
    if not reads:
        raise _most_frequent(list(failures.values())).with_traceback(None)
    flows = _open_flows(live, clerk.market(), clerk.source_name)
    return read_scan(
        basket,
        sort,
        [_row(read, clerk, flows.get(t)) for t, read in reads.items()],
        [Unread(t, f.code, f.problem, f.retry_after) for t, f in failures.items()],
    )


async def _ask_all(
    source: Source, basket: Basket, progress: Progress
) -> dict[Ticker, Asked[_Read]]:
    # One at a time: more threads would only take the loop's turns from it.
    thread = CapacityLimiter(1)
    total, arrived = len(basket.tickers), 0

    async def tell(ticker: Ticker) -> None:
        nonlocal arrived
        arrived += 1
        await progress(arrived, total, f"{ticker}: {arrived} of {total} names")

    asked = dict[Ticker, Asked[_Read]]()
    async with anyio.create_task_group() as tasks:
        for ticker in basket.tickers:
            asked[ticker] = Asked(tasks, _ask(source, ticker, thread, tell))
    return asked


async def _ask(
    source: Source,
    ticker: Ticker,
    thread: CapacityLimiter,
    tell: Callable[[Ticker], Awaitable[None]],
) -> _Read:
    try:
        fetched = await _patiently(source, ticker)
        return await to_thread.run_sync(_read, fetched, limiter=thread)
    finally:
        await tell(ticker)


async def _patiently(source: Source, ticker: Ticker) -> Fetched[StrikeMap]:
    with anyio.move_on_after(PATIENCE_S):
        return await source.strike_map(ticker, "gex")
    raise TimedOut(
        f"no complete answer about {ticker} within {PATIENCE_S:g} s",
        "Use the other names, or ask again later.",
        retry_after=15,
    )


def _read(fetched: Fetched[StrikeMap]) -> _Read:
    raw = fetched.value
    if not raw.bars:
        raise nothing_there(raw.ticker, "gamma by strike")
    if not raw.gross:
        raise NoData(
            f"every bar of {raw.ticker}'s gamma map is zero",
            "Ask again later; there is nothing to compare in it.",
            retry_after=60,
        )
    gamma = to_dealer(raw)
    return _Read(fetched, gamma, detect_convention(raw), read_levels(gamma)[0])


def _most_frequent(failures: list[GexFocusError]) -> GexFocusError:
    (code, _), *_ = Counter(f.code for f in failures).most_common(1)
    return next(f for f in failures if f.code == code)


def _row(read: _Read, clerk: Clerk, flow: FlowState | None) -> Row:
    gamma, failure = read.gamma, read.fetched.failure
    provenance = clerk.provenance_of(read.fetched, gamma.as_of, gamma.session)
    doubts = ("the map is stale",) if provenance.is_stale else ()
    return Row(
        standing=read_standing(gamma, read.levels, doubts),
        convention=read.convention,
        provenance=provenance,
        failure=failure.problem if failure else None,
        flow=flow,
    )


def _open_flows(
    live: LiveSource, market: MarketClock, source: str
) -> Mapping[Ticker, FlowState]:
    """The newest tick of every stream that is open anyway: none is opened, kept open or waited for."""
    states = {
        stream.ticker: flow_state(stream.ticker, stream.heard[-1].tick, market, source)
        for stream in live.streams()
        if stream.heard
    }
    return {t: state for t, state in states.items() if not state.provenance.is_stale}
