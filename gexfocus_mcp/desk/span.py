"""What `greeks_history` is asked, and the sessions and the moment that are meant by it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gexfocus_mcp.errors import BadArgument, BadDate, NoData, OutOfRange
from gexfocus_mcp.market.calendar import NEW_YORK, previous_session
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.moment import Moment, parse_day, parse_moment


LONGEST: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class HistoryQuestion:
    """
    What `greeks_history` is asked, in the caller's words.

    Attributes:
        sessions: How many earlier sessions the net is ranked among; None for no ranking.
    """

    greek: Greek = "gex"
    date: str | None = None
    start: str | None = None
    end: str | None = None
    at: str | None = None
    levels: bool = False
    sessions: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The sessions meant: from *first* to *last*, both None for the latest; and the moment, where one was asked for."""

    first: date | None
    last: date | None
    moment: Moment | None


def parse_span(question: HistoryQuestion, now: datetime) -> Span:
    """
    Raises:
        BadArgument: date comes with start or end, or one of these alone.
        BadDate: A date cannot be read, or the moment lies outside of what is asked for.
    """
    if question.start is None and question.end is None:
        day = parse_day(question.date, now)
        if question.at is None:
            return Span(day, day, None)
        moment = parse_moment(question.at, now, day=day)
        if day is not None and moment.session != day:
            raise _outside(day, day)
        return Span(moment.session, moment.session, moment)
    if question.start is None or question.end is None:
        raise BadArgument(
            "start and end go together", "Give both, or date for one session."
        )
    if question.date not in {None, "latest"}:
        raise BadArgument(
            "date cannot go with start and end", "Give either date, or start and end."
        )
    first, last = parse_edge(question.start, now), parse_edge(question.end, now)
    if last < first or last - first > LONGEST:
        raise OutOfRange(
            f"{first} to {last} is not a range of one to five days",
            "Give start before end, at most five calendar days with both.",
        )
    if question.at is None:
        return Span(first, last, None)
    newest = previous_session(last + timedelta(days=1))
    moment = parse_moment(question.at, now, day=newest)
    if moment.session is None or not first <= moment.session <= last:
        raise _outside(first, last)
    return Span(first, moment.session, moment)


def _outside(first: date, last: date) -> BadDate:
    days = f"{first}" if first == last else f"{first} to {last}"
    return BadDate(
        f"the moment is not of {days}",
        "Give at as a time of day, or leave the date out.",
    )


def parse_edge(text: str, now: datetime) -> date:
    """A range may begin or end on a day without a session."""
    try:
        day = parse_day(text, now)
    except NoData:
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            return now.astimezone(NEW_YORK).date()
    return day or now.astimezone(NEW_YORK).date()
