"""
What is sent with a history request, checked first: a refused request costs a slot too.

Parameter names are spelt by hand; row 1 of the API's defects is a broken HTML entity in them.
"""

from datetime import date, timedelta
from typing import Final

from gexfocus_mcp.errors import BadDate, OutOfRange
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import DateRange


Query = dict[str, str]

FLOW_ROWS: Final = 20_000
MAP_ROWS: Final = 3_000
LARGEST_STEP: Final = 100
LONGEST_RANGE: Final = timedelta(days=5)


def flow_query(ticker: Ticker, day: date | None, *, limit: int, every: int) -> Query:
    """
    Raises:
        OutOfRange: *limit* or *every* is one the upstream refuses.
    """
    query = _rows(ticker, limit, FLOW_ROWS, every)
    if day is not None:
        query["date"] = day.isoformat()
    return query


def map_query(
    ticker: Ticker,
    when: date | DateRange | None,
    *,
    limit: int,
    every: int,
    summary: bool,
) -> Query:
    """
    Raises:
        OutOfRange: *limit*, *every* or the length of the range is one the upstream refuses.
        BadDate: The range ends before it starts.
    """
    query = _rows(ticker, limit, MAP_ROWS, every)
    if isinstance(when, DateRange):
        _check_range(when)
        query["start"] = when.start.isoformat()
        query["end"] = when.end.isoformat()
    elif when is not None:
        query["date"] = when.isoformat()
    query["summary"] = "true" if summary else "false"
    return query


def _rows(ticker: Ticker, limit: int, most: int, every: int) -> Query:
    _check("limit", limit, most)
    _check("every", every, LARGEST_STEP)
    return {"ticker": ticker, "limit": str(limit), "every": str(every)}


def _check(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise OutOfRange(
            f"{name} is {value:.0f}, outside 1..{most}",
            f"Give {name} between 1 and {most}.",
        )


def _check_range(when: DateRange) -> None:
    if when.end < when.start:
        raise BadDate(
            f"the range ends on {when.end}, before it starts on {when.start}",
            "Swap start and end.",
        )
    # Both ends count: the API's own sample asks for Monday to Friday.
    if when.end - when.start >= LONGEST_RANGE:
        raise OutOfRange(
            f"{when.start} to {when.end} is more than five days",
            "Ask for at most five days at once, both ends included.",
        )
