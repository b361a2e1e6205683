"""`api_status`: what the server used, remembers and has open."""

from typing import Literal

from gexfocus_mcp.analysis.status import Budget, StatusReading, StreamUse
from gexfocus_mcp.render.answer import (
    Answer,
    Block,
    CommonPayload,
    dated,
    flagged,
    head,
    noted,
)
from gexfocus_mcp.render.numbers import Seconds, clock_time, counted, duration


class BucketBlock(Block):
    limit: int
    used: int
    left: int
    blocked_s: Seconds | None = None
    blocked_by: str | None = None


class CacheBlock(Block):
    entries: int
    hits: int
    loads: int


class OpenBlock(Block):
    ticker: str
    stream: str
    reason: str
    ticks: int
    age_s: Seconds | None = None
    cuts: int
    readers: int


class StatusPayload(CommonPayload):
    key: Literal["set", "missing"]
    host: str | None = None
    shared: str | None = None
    version: str
    buckets: dict[str, BucketBlock]
    cooldown_s: Seconds
    cache: CacheBlock
    streams: list[OpenBlock]


def status_answer(reading: StatusReading, version: str) -> Answer:
    """
    Render the status.

    Args:
        version: The server's own.
    """
    payload = StatusPayload(
        **head(reading.provenance),
        key="set" if reading.has_key else "missing",
        host=reading.host,
        shared=reading.shared,
        version=version,
        buckets={name: _bucket(b) for name, b in reading.budgets.items()},
        cooldown_s=reading.cooldown_s,
        cache=CacheBlock(
            entries=reading.entries, hits=reading.hits, loads=reading.loads
        ),
        streams=[_open(s) for s in reading.streams],
    )
    now = reading.provenance.market.now
    lines = [
        flagged(
            reading.provenance,
            f"source {reading.provenance.source}, {_whereabouts(reading)}. "
            f"{clock_time(now)} ET {now:%a %-d %b %Y}. {dated(reading.provenance)} gexfocus-mcp {version}",
        ),
        *(
            f"{name} requests: {b.used} of {b.limit} used in the last minute, {b.left} left{_blocked(b)}"
            for name, b in reading.budgets.items()
        ),
        f"cooldown: {f'{reading.cooldown_s:.0f} s to run' if reading.cooldown_s else 'none'}",
        f"shared through: {reading.shared or 'nothing, this process alone'}",
        f"cache: {reading.entries} answers kept, {reading.hits} hits, {reading.loads} loads",
        *(_stream_words(s) for s in reading.streams),
        *([] if reading.streams else ["streams: none open"]),
    ]
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _bucket(budget: Budget) -> BucketBlock:
    return BucketBlock(
        limit=budget.limit,
        used=budget.used,
        left=budget.left,
        blocked_s=budget.blocked_s or None,
        blocked_by=budget.blocked_by or None,
    )


def _open(use: StreamUse) -> OpenBlock:
    return OpenBlock(
        ticker=use.ticker,
        stream=use.verdict,
        reason=use.reason,
        ticks=use.ticks,
        age_s=use.age_s,
        cuts=use.cuts,
        readers=use.readers,
    )


def _whereabouts(reading: StatusReading) -> str:
    if reading.host is None:
        return "in this process: no key is read or needed (key missing)"
    key = "set" if reading.has_key else "missing: set GEXFOCUS_API_KEY, or use --demo"
    return f"host {reading.host}, key {key}"


def _blocked(budget: Budget) -> str:
    if not budget.blocked_s:
        return ""
    return f"; BLOCKED for {budget.blocked_s:.0f} s ({budget.blocked_by})"


def _stream_words(use: StreamUse) -> str:
    newest = "" if use.age_s is None else f", newest {duration(use.age_s)} old"
    return (
        f"stream {use.ticker}: {use.verdict.replace('_', ' ')}, {use.reason}; {counted(use.ticks, 'tick')}{newest}, "
        f"{counted(use.cuts, 'cut')}, {counted(use.readers, 'reader')}"
    )
