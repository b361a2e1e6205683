"""How the server stands, read out of its own memory: nothing is asked, opened or kept open for it."""

from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.status import Budget, StatusReading, StreamUse
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.stream import give_reason, judge_stream
from gexfocus_mcp.market.calendar import time_between
from gexfocus_mcp.market.session import MarketClock
from gexfocus_mcp.sources.protocol import LiveSource, OpenStream, Source


async def read_status(source: Source, live: LiveSource, clerk: Clerk) -> StatusReading:
    """Read the status of source and streams."""
    status = await clerk.beside_calendar(source.status())
    market = clerk.market()
    return StatusReading(
        provenance=Provenance(
            as_of=None,
            age_s=None,
            freshness="unknown",
            map_session=None,
            market=market,
            source=source.name,
            notes=status.remarks
            if source.remark is None
            else (*status.remarks, source.remark),
        ),
        budgets={
            name: Budget(usage.limit, usage.used, usage.blocked_s, usage.why)
            for name, usage in status.buckets.items()
        },
        entries=status.entries,
        hits=status.hits,
        loads=status.loads,
        has_key=status.has_key,
        host=status.host,
        shared=status.shared,
        streams=tuple(_use(stream, market) for stream in live.streams()),
    )


def _use(stream: OpenStream, market: MarketClock) -> StreamUse:
    verdict = judge_stream(stream, market)
    age = (
        time_between(stream.heard[-1].tick.ts, market.now).total_seconds()
        if stream.heard
        else None
    )
    return StreamUse(
        ticker=stream.ticker,
        verdict=verdict,
        reason=give_reason(verdict, stream),
        ticks=len(stream.heard),
        age_s=None if age is None else max(0.0, age),
        cuts=stream.state.cuts,
        readers=stream.readers,
    )
