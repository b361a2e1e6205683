"""Which sessions and which moment a history question means."""

from datetime import date, datetime, time

import pytest

from gexfocus_mcp.desk.span import HistoryQuestion, parse_span
from gexfocus_mcp.errors import BadArgument, BadDate, GexFocusError, OutOfRange
from gexfocus_mcp.market.calendar import NEW_YORK


FRIDAY_NOON = datetime(2026, 6, 12, 12, tzinfo=NEW_YORK)
MONDAY, THURSDAY, FRIDAY = (date(2026, 6, d) for d in (8, 11, 12))


def test_nothing_asked_is_the_latest_session() -> None:
    span = parse_span(HistoryQuestion(), FRIDAY_NOON)

    assert (span.first, span.last, span.moment) == (None, None, None)


def test_a_time_of_day_is_of_the_date_asked_for() -> None:
    span = parse_span(HistoryQuestion(date="2026-06-11", at="11:30"), FRIDAY_NOON)

    assert span.first == span.last == THURSDAY
    assert span.moment is not None
    assert span.moment.instant == datetime.combine(THURSDAY, time(11, 30), NEW_YORK)


def test_a_range_may_end_on_a_day_without_a_session() -> None:
    question = HistoryQuestion(start="2026-06-05", end="2026-06-07")

    span = parse_span(question, FRIDAY_NOON)

    assert (span.first, span.last) == (date(2026, 6, 5), date(2026, 6, 7))


def test_a_moment_cuts_the_range_at_its_session() -> None:
    question = HistoryQuestion(start="2026-06-08", end="today", at="2026-06-11T10:00")

    span = parse_span(question, FRIDAY_NOON)

    assert (span.first, span.last) == (MONDAY, THURSDAY)


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        (HistoryQuestion(start="2026-06-08"), BadArgument),
        (HistoryQuestion(end="2026-06-08"), BadArgument),
        (
            HistoryQuestion(date="2026-06-08", start="2026-06-08", end="2026-06-09"),
            BadArgument,
        ),
        (HistoryQuestion(start="2026-06-10", end="2026-06-09"), OutOfRange),
        (HistoryQuestion(start="2026-06-07", end="2026-06-12"), OutOfRange),
        (HistoryQuestion(start="2026-06-12", end="2026-06-15"), BadDate),
        (HistoryQuestion(date="2026-06-10", at="2026-06-11T10:00"), BadDate),
        (
            HistoryQuestion(start="2026-06-09", end="2026-06-10", at="2026-06-11"),
            BadDate,
        ),
        (HistoryQuestion(start="soon", end="2026-06-11"), BadDate),
    ],
)
def test_what_cannot_be_meant_is_refused(
    question: HistoryQuestion, refusal: type[GexFocusError]
) -> None:
    with pytest.raises(refusal):
        parse_span(question, FRIDAY_NOON)
