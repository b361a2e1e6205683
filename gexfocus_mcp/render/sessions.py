"""`list_sessions`: which trading days are stored."""

from pydantic import Field

from gexfocus_mcp.analysis.reading import SessionsReading
from gexfocus_mcp.market.stored import StoredSession
from gexfocus_mcp.render.answer import (
    Answer,
    Block,
    Payload,
    dated,
    flagged,
    head,
    largest_fitting,
    noted,
)
from gexfocus_mcp.render.numbers import clock_time, iso_instant


class StoredBlock(Block):
    date: str
    weekday: str
    snapshots: int | None = None
    from_: str | None = Field(None, serialization_alias="from")
    to: str | None = None


class SessionsPayload(Payload):
    series: str
    sessions: list[StoredBlock]
    total: int


def sessions_answer(reading: SessionsReading) -> Answer:
    """Render the list, newest first; days beyond the budget are counted in `total`."""
    return largest_fitting(
        lambda limit: _compose(reading, reading.sessions[:limit]),
        max(1, len(reading.sessions)),
    )


def _compose(reading: SessionsReading, listed: tuple[StoredSession, ...]) -> Answer:
    payload = SessionsPayload(
        ticker=reading.ticker,
        **head(reading.provenance),
        series=reading.series,
        sessions=[_block(s) for s in listed],
        total=reading.total,
    )
    newest = (
        f"{len(listed)} of {reading.total} stored {reading.series} sessions, newest first"
        if listed
        else f"no stored {reading.series} session"
    )
    lines = [
        flagged(
            reading.provenance,
            f"{reading.ticker}: {newest}. {dated(reading.provenance)}",
        ),
        *(["date,weekday,snapshots,from,to (ET)"] if listed else []),
        *(_line(s) for s in listed),
    ]
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _block(stored: StoredSession) -> StoredBlock:
    return StoredBlock(
        date=str(stored.day),
        weekday=f"{stored.day:%a}",
        snapshots=stored.snapshots,
        from_=iso_instant(stored.first) if stored.first else None,
        to=iso_instant(stored.last) if stored.last else None,
    )


def _line(stored: StoredSession) -> str:
    count = "n/a" if stored.snapshots is None else str(stored.snapshots)
    times = (clock_time(t) if t else "n/a" for t in (stored.first, stored.last))
    return f"{stored.day},{stored.day:%a},{count},{','.join(times)}"
