"""The flow question: one session's rows, all of them, read as one path."""

from typing import Final

from anyio.lowlevel import checkpoint

from gexfocus_mcp.analysis.flow_path import read_flow_path
from gexfocus_mcp.analysis.provenance import STREAM_CADENCE_S
from gexfocus_mcp.analysis.reading import FlowPathReading
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.errors import NoData
from gexfocus_mcp.market.flow import FlowHistory
from gexfocus_mcp.market.moment import parse_day
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Source


ALL_TICKS: Final = 20_000
"""The most rows that one reply holds."""


async def ask_flow(
    source: Source, clerk: Clerk, ticker: Ticker, day: str | None
) -> FlowPathReading:
    """
    Read one session's flow.

    Raises:
        BadDate: *day* cannot be read, or lies ahead.
        NoData: Nothing is stored of it.
    """
    await clerk.beside_calendar(checkpoint())
    wanted = parse_day(day, clerk.now())
    fetched = await source.flow_history(ticker, wanted, limit=ALL_TICKS, every=1)
    history = fetched.value
    if not history.ticks:
        raise NoData(
            f"no stored flow for {ticker} on {history.session}",
            "Call list_sessions to see what is stored.",
        )
    return FlowPathReading(
        ticker=ticker,
        provenance=clerk.provenance_of(
            fetched,
            history.ticks[-1].ts,
            history.session,
            cadence=STREAM_CADENCE_S,
            historical=clerk.is_past(wanted),
            notes=(*history.notes, *_newest_unavailable(history), *_cut(history)),
        ),
        history=history,
        path=read_flow_path(history.ticks),
    )


def _newest_unavailable(history: FlowHistory) -> list[str]:
    """Which values of a session's end are older than its last row."""
    notes = list[str]()
    for field in ("ndf", "price", "fep"):
        known = [t.ts for t in history.ticks if getattr(t, field) is not None]
        if known and known[-1] < history.ticks[-1].ts:
            notes.append(
                f"{field} is null in the newest rows: its last value is of {known[-1]:%H:%M:%S}"
            )
    return notes


def _cut(history: FlowHistory) -> list[str]:
    if not history.truncated:
        return []
    return [
        f"{len(history.ticks)} rows of {history.count or 'more'} came: the session is not complete here"
    ]
