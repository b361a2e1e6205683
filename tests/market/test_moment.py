"""The session that a caller means, reckoned in New York and never in UTC."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.errors import BadDate, NoData
from gexfocus_mcp.market.calendar import NEW_YORK, is_session
from gexfocus_mcp.market.moment import Moment, parse_day, parse_moment


FRIDAY = datetime(2026, 7, 10, 11, 30, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("today", date(2026, 7, 10)),
        (" TODAY ", date(2026, 7, 10)),
        ("yesterday", date(2026, 7, 9)),
        ("2026-07-08", date(2026, 7, 8)),
        ("2026-07-08T11:30", date(2026, 7, 8)),
        ("latest", None),
        ("Last", None),
        ("now", None),
        ("", None),
        (None, None),
    ],
)
def test_words_and_dates_mean_a_session(text: str | None, meant: date | None) -> None:
    assert parse_day(text, FRIDAY) == meant


def test_half_past_midnight_utc_is_still_the_evening_before_in_new_york() -> None:
    at = datetime(2026, 7, 10, 0, 30, tzinfo=UTC)

    assert parse_day("today", at) == date(2026, 7, 9)
    assert parse_day("yesterday", at) == date(2026, 7, 8)
    with pytest.raises(BadDate, match="in the future"):
        parse_day("2026-07-10", at)


def test_yesterday_is_the_session_before_across_weekends_and_holidays() -> None:
    monday = datetime(2026, 7, 6, 9, 0, tzinfo=NEW_YORK)

    # Friday 3 July is the observed holiday.
    assert parse_day("yesterday", monday) == date(2026, 7, 2)
    assert parse_day("yesterday", monday + timedelta(days=6)) == date(2026, 7, 10)


def test_tomorrow_is_refused_with_todays_date() -> None:
    with pytest.raises(BadDate) as caught:
        parse_day("2026-07-11", FRIDAY)

    assert "2026-07-11 is in the future" in caught.value.problem
    assert "2026-07-10 Fri" in caught.value.problem


@pytest.mark.parametrize(
    ("text", "weekday", "before"),
    [
        ("2026-07-05", "Sunday", "2026-07-02"),
        ("2026-07-03", "Friday", "2026-07-02"),
        ("2026-04-03", "Friday", "2026-04-02"),
    ],
)
def test_a_day_without_a_session_is_no_data_and_names_the_one_before(
    text: str, weekday: str, before: str
) -> None:
    with pytest.raises(NoData) as caught:
        parse_day(text, FRIDAY)

    assert f"{text} is a {weekday} without a session" in caught.value.problem
    assert before in caught.value.fix


def test_today_on_a_weekend_is_no_data() -> None:
    with pytest.raises(NoData, match="without a session"):
        parse_day("today", FRIDAY + timedelta(days=1))


@pytest.mark.parametrize(
    "text",
    [
        "10/07/2026",
        "July 10",
        "2026-13-01",
        "2026-02-30",
        "0",
        "tomorrow",
        "2026-07-08 11:30",
        "<b>",
    ],
)
def test_what_is_not_a_date_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(BadDate) as caught:
        parse_day(text, FRIDAY)

    assert text not in caught.value.problem
    assert "YYYY-MM-DD" in caught.value.fix


def test_a_date_with_rubbish_after_it_is_refused() -> None:
    with pytest.raises(BadDate):
        parse_day("2026-07-08T and then some", FRIDAY)


@settings(deadline=None)
@given(st.dates(date(2015, 1, 1), date(2027, 12, 31)))
def test_a_date_is_a_past_session_or_refused(day: date) -> None:
    try:
        assert parse_day(str(day), FRIDAY) == day
    except BadDate:
        assert day > FRIDAY.date()
    except NoData:
        assert not is_session(day)
    else:
        assert is_session(day)
        assert day <= FRIDAY.date()


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    said = ""
    try:
        parse_day(text, FRIDAY)
    except (BadDate, NoData) as refused:
        said = str(refused)

    assert said.isascii()


def at(hour: int, minute: int = 0, day: int = 10) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (None, Moment("now", "now")),
        ("Now", Moment("now", "now")),
        ("yesterday", Moment("yesterday", "last", date(2026, 7, 9))),
        ("open", Moment("open", "open", date(2026, 7, 10), at(9, 30))),
        ("10:15", Moment("10:15", "until", date(2026, 7, 10), at(10, 15))),
        ("9:45", Moment("09:45", "until", date(2026, 7, 10), at(9, 45))),
        ("2026-07-08", Moment("2026-07-08", "last", date(2026, 7, 8))),
        ("today", Moment("2026-07-10", "last", date(2026, 7, 10))),
        (
            "2026-07-08T14:00",
            Moment("2026-07-08 14:00", "until", date(2026, 7, 8), at(14, 0, 8)),
        ),
        (
            "2026-07-08T18:00:00Z",
            Moment("2026-07-08 14:00", "until", date(2026, 7, 8), at(14, 0, 8)),
        ),
        (
            "2026-07-08 14:00+02:00",
            Moment("2026-07-08 08:00", "until", date(2026, 7, 8), at(8, 0, 8)),
        ),
    ],
)
def test_a_moment_is_a_word_a_time_a_date_or_an_instant(
    text: str | None, meant: Moment
) -> None:
    assert parse_moment(text, FRIDAY) == meant


def test_a_time_belongs_to_the_session_asked_for() -> None:
    day = date(2026, 7, 8)

    assert parse_moment("11:30", FRIDAY, day=day).instant == at(11, 30, 8)
    assert parse_moment("open", FRIDAY, day=day).instant == at(9, 30, 8)
    assert parse_moment("now", FRIDAY, day=day) == Moment("2026-07-08", "last", day)


def test_before_the_open_a_time_is_of_the_session_before() -> None:
    assert parse_moment("15:00", at(8)).instant == at(15, 0, 9)


def test_an_instant_after_midnight_in_utc_is_of_new_york_s_day() -> None:
    meant = parse_moment("2026-07-09T01:30:00Z", FRIDAY)

    assert (meant.session, meant.instant) == (date(2026, 7, 8), at(21, 30, 8))


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "25:00",
        "2026-13-01",
        "11.30",
        "-1 hour",
        "11:30 pm",
        ":",
        "15:30Z",
        "17:30+02:00",
    ],
)
def test_a_moment_that_cannot_be_read_is_refused_with_the_forms_that_can(
    text: str,
) -> None:
    with pytest.raises(BadDate, match=r"2026-07-10T11:30"):
        parse_moment(text, FRIDAY)


def test_a_moment_of_a_day_ahead_or_of_a_weekend_is_refused() -> None:
    with pytest.raises(BadDate, match="future"):
        parse_moment("2026-07-13T10:00", FRIDAY)
    with pytest.raises(NoData, match="Saturday"):
        parse_moment("2026-07-04T10:00", FRIDAY)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_is_refused(text: str) -> None:
    with suppress(BadDate, NoData):
        parse_moment(text, FRIDAY)
