"""What is to be exported, in the caller's words, and the days that are meant by them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from gexfocus_mcp.desk.span import parse_edge
from gexfocus_mcp.errors import OutOfRange
from gexfocus_mcp.export.ledger import Terms
from gexfocus_mcp.market.calendar import next_session
from gexfocus_mcp.market.moment import parse_day
from gexfocus_mcp.market.stored import Series


@dataclass(frozen=True, slots=True)
class Order:
    """
    An export as it is asked for.

    Attributes:
        day: As `parse_day` reads it.
        to: The last day of a range; None for one session.
        out: Where to; None for a name made of what is exported, in the current folder.
    """

    series: Series
    ticker: str
    day: str
    to: str | None = None
    out: Path | None = None


def parse_days(order: Order, now: datetime) -> tuple[date, date] | None:
    """
    The first and the last day, which in a range need not be sessions; None for the latest session that is stored.

    Raises:
        BadDate: One cannot be read, or lies ahead.
        NoData: A single day is none of a session.
        OutOfRange: The range ends before it starts.
    """
    if order.to is None:
        day = parse_day(order.day, now)
        return None if day is None else (day, day)
    first, last = parse_edge(order.day, now), parse_edge(order.to, now)
    if last < first:
        raise OutOfRange(
            f"{first} to {last} ends before it starts", "Swap the two days."
        )
    return first, last


def file_name(terms: Terms) -> str:
    to = f"-{terms.last}" if terms.last != terms.first else ""
    return f"gexfocus-{terms.series}-{terms.ticker}-{terms.first}{to}.csv"


def lacking(terms: Terms, listed: Collection[date], today: date) -> list[str]:
    """A sentence on trading days of the range that are over and not stored."""
    days = list[date]()
    day = next_session(terms.first - timedelta(days=1))
    while day <= terms.last and day < today:
        if day not in listed:
            days.append(day)
        day = next_session(day)
    if not days:
        return []
    if len(days) == 1:
        return [f"not stored: {days[0]}"]
    return [f"not stored: {len(days)} trading days from {days[0]} to {days[-1]}"]
