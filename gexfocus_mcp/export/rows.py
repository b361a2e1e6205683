"""
A stored session as lines of CSV: one a tick of the flow, one a strike of every snapshot.

Nothing is scaled, rounded or filled in: an unavailable cell is empty. Every line names its source, because a
CSV file has no safe place for a comment and a simulated one must never be taken for the market.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.market.strikes import StrikeMap


STORED_FIELDS: Final = (
    "ndf",
    "price",
    "fep",
    "threshold_long",
    "threshold_short",
    "net_premium",
    "net_call_premium",
    "net_put_premium",
    "net_call_premium_0dte",
    "net_put_premium_0dte",
    "delta_exposure",
)
"""What the upstream stores of a tick, by its own names; the stream has more."""

_FLOW_COLUMNS: Final = ("ts", "session", *STORED_FIELDS, "source")
_MAP_COLUMNS: Final = (
    "ts",
    "session",
    "spot",
    "net",
    "max_strike",
    "strike",
    "calls",
    "puts",
    "source",
)


def columns(series: Series) -> tuple[str, ...]:
    """The header: the same for every session, so that files can be put together."""
    return _FLOW_COLUMNS if series == "ndf" else _MAP_COLUMNS


def flow_line(tick: Tick, session: date, source: str) -> str:
    """One tick of a session's flow."""
    cells = (_number(getattr(tick, name)) for name in STORED_FIELDS)
    return _line(_instant(tick.ts), f"{session:%Y-%m-%d}", *cells, source)


def map_lines(stored: StrikeMap, source: str) -> Iterator[str]:
    """One line a strike, ascending; a snapshot without bars keeps one line."""
    head = (
        _instant(stored.as_of),
        f"{stored.session:%Y-%m-%d}",
        _number(stored.spot),
        _number(stored.stored_net),
        _number(stored.stored_max_strike),
    )
    if not stored.bars:
        yield _line(*head, "", "", "", source)
    for bar in stored.bars:
        cells = map(_number, (bar.strike, bar.calls, bar.puts))
        yield _line(*head, *cells, source)


def unlisted_fields(ticks: Iterable[Tick]) -> tuple[str, ...]:
    """Fields that came with stored ticks although the upstream's documents store none: they have no column."""
    others = [name for name in Tick._fields if name not in {"ts", *STORED_FIELDS}]
    came = {name for t in ticks for name in others if getattr(t, name) is not None}
    return tuple(name for name in others if name in came)


def _line(*cells: str) -> str:
    # Numbers, instants and a name of ours: nothing that wants quotes.
    return ",".join(cells) + "\n"


def _instant(at: datetime) -> str:
    # Always with microseconds: readers that guess a column's format guess it from the first row.
    return at.astimezone(NEW_YORK).isoformat(timespec="microseconds")


def _number(value: float | None) -> str:
    # The shortest text that reads back as the same number.
    return "" if value is None else repr(float(value))
