"""The exchange's day at an instant, across half days, holidays and clock changes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.market.calendar import NEW_YORK, is_session
from gexfocus_mcp.market.session import (
    expires_today,
    has_ended,
    hours_to_close,
    late_close,
    latest_session,
    market_clock,
    settles_at_open,
)
from gexfocus_mcp.market.ticker import parse_ticker


def eastern(
    month: int, day: int, hour: int, minute: int = 0, second: int = 0
) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("now", "phase", "latest"),
    [
        (eastern(7, 10, 3, 59, 59), "closed", date(2026, 7, 9)),
        (eastern(7, 10, 4), "pre", date(2026, 7, 9)),
        (eastern(7, 10, 9, 29, 59), "pre", date(2026, 7, 9)),
        (eastern(7, 10, 9, 30), "open", date(2026, 7, 10)),
        (eastern(7, 10, 15, 59, 59), "open", date(2026, 7, 10)),
        (eastern(7, 10, 16), "post", date(2026, 7, 10)),
        (eastern(7, 10, 19, 59, 59), "post", date(2026, 7, 10)),
        (eastern(7, 10, 20), "closed", date(2026, 7, 10)),
        (eastern(7, 11, 11), "closed", date(2026, 7, 10)),
        (eastern(7, 12, 11), "closed", date(2026, 7, 10)),
        (eastern(7, 13, 8), "pre", date(2026, 7, 10)),
        (eastern(11, 27, 9, 29), "pre", date(2026, 11, 25)),
        (eastern(11, 27, 12, 59, 59), "early_close", date(2026, 11, 27)),
        (eastern(11, 27, 13), "post", date(2026, 11, 27)),
        (eastern(11, 26, 11), "holiday", date(2026, 11, 25)),
        (eastern(4, 3, 11), "holiday", date(2026, 4, 2)),  # Good Friday
        (eastern(4, 4, 11), "closed", date(2026, 4, 2)),
        (eastern(7, 3, 11), "holiday", date(2026, 7, 2)),
    ],
)
def test_the_phase_and_the_newest_session(
    now: datetime, phase: str, latest: date
) -> None:
    clock = market_clock(now)

    assert (clock.phase, clock.latest_session) == (phase, latest)
    assert clock.is_open == (phase in {"open", "early_close"})


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        # The clocks change on 8 March and 1 November 2026.
        (datetime(2026, 3, 6, 14, 30, tzinfo=UTC), "open"),
        (datetime(2026, 3, 6, 14, 29, tzinfo=UTC), "pre"),
        (datetime(2026, 3, 9, 13, 30, tzinfo=UTC), "open"),
        (datetime(2026, 3, 9, 20, 0, tzinfo=UTC), "post"),
        (datetime(2026, 10, 30, 13, 30, tzinfo=UTC), "open"),
        (datetime(2026, 11, 2, 13, 30, tzinfo=UTC), "pre"),
        (datetime(2026, 11, 2, 14, 30, tzinfo=UTC), "open"),
        (datetime(2026, 11, 2, 20, 59, tzinfo=UTC), "open"),
    ],
)
def test_the_open_follows_new_york_across_clock_changes(
    at: datetime, phase: str
) -> None:
    assert market_clock(at).phase == phase


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (eastern(7, 10, 9, 30), 6.5),
        (eastern(7, 10, 15, 45), 0.25),
        (eastern(7, 10, 16), 0.0),
        (eastern(7, 10, 8), 0.0),
        (eastern(7, 11, 12), 0.0),
        (eastern(11, 27, 11), 2.0),
        (eastern(11, 27, 13), 0.0),
        (eastern(4, 3, 11), 0.0),
    ],
)
def test_hours_to_the_close(now: datetime, hours: float) -> None:
    assert hours_to_close(now) == pytest.approx(hours)


@pytest.mark.parametrize(
    ("expiration", "now", "today", "ended"),
    [
        (date(2026, 7, 10), eastern(7, 10, 8), True, False),
        (date(2026, 7, 10), eastern(7, 10, 15, 59), True, False),
        (date(2026, 7, 10), eastern(7, 10, 16), False, True),
        (date(2026, 7, 9), eastern(7, 10, 8), False, True),
        (date(2026, 7, 13), eastern(7, 10, 15), False, False),
        (date(2026, 11, 27), eastern(11, 27, 12, 59), True, False),
        (date(2026, 11, 27), eastern(11, 27, 13), False, True),
        (date(2026, 4, 3), eastern(4, 3, 11), False, True),  # Good Friday
        (date(2026, 7, 11), eastern(7, 11, 11), False, True),
    ],
)
def test_an_expiration_is_todays_until_the_close_and_then_gone(
    expiration: date, now: datetime, *, today: bool, ended: bool
) -> None:
    assert expires_today(expiration, now) is today
    assert has_ended(expiration, now) is ended


def test_the_expirations_day_is_new_yorks() -> None:
    at = datetime(2026, 7, 11, 0, 30, tzinfo=UTC)

    assert has_ended(date(2026, 7, 10), at)
    assert not has_ended(date(2026, 7, 13), at)
    assert not expires_today(date(2026, 7, 11), at)


@pytest.mark.parametrize(
    ("name", "expiration", "opens"),
    [
        ("SPX", date(2026, 7, 17), True),
        ("NDX", date(2026, 8, 21), True),
        ("SPX", date(2026, 7, 10), False),
        ("SPX", date(2026, 7, 24), False),
        ("SPX", date(2026, 7, 16), False),
        ("SPY", date(2026, 7, 17), False),
        ("NVDA", date(2026, 7, 17), False),
    ],
)
def test_index_monthlies_settle_at_the_open_of_the_third_friday(
    name: str, expiration: date, *, opens: bool
) -> None:
    assert settles_at_open(parse_ticker(name), expiration) is opens


def test_monthlies_settle_on_the_thursday_where_the_third_friday_is_a_holiday() -> None:
    # 19 June 2026 is Juneteenth.
    assert settles_at_open(parse_ticker("SPX"), date(2026, 6, 18))


@pytest.mark.parametrize("name", ["SPX", "NDX", "SPY", "QQQ"])
@pytest.mark.parametrize(
    ("now", "close"),
    [
        (eastern(7, 10, 15, 59, 59), None),
        (eastern(7, 10, 16), eastern(7, 10, 16, 15)),
        (eastern(7, 10, 16, 14, 59), eastern(7, 10, 16, 15)),
        (eastern(7, 10, 16, 15), None),
        (eastern(11, 27, 13, 5), eastern(11, 27, 13, 15)),
        (eastern(11, 27, 16, 5), None),
        (eastern(7, 11, 16, 5), None),
    ],
)
def test_index_and_etf_options_trade_a_quarter_of_an_hour_longer(
    name: str, now: datetime, close: datetime | None
) -> None:
    assert late_close(parse_ticker(name), now) == close
    assert late_close(parse_ticker("NVDA"), now) is None


@settings(deadline=None)
@given(
    st.datetimes(datetime(2022, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001  # hypothesis adds the zone
    st.integers(-3, 3),
)
def test_an_expiration_is_never_both_todays_and_gone(at: datetime, ahead: int) -> None:
    now = at.replace(tzinfo=UTC)
    local = now.astimezone(NEW_YORK)
    expiration = local.date() + timedelta(days=ahead)

    assert not (expires_today(expiration, now) and has_ended(expiration, now))
    assert is_session(latest_session(now))
    assert latest_session(now) <= local.date()
    assert market_clock(now) == market_clock(local)
    assert (hours_to_close(now) > 0) == market_clock(now).is_open
