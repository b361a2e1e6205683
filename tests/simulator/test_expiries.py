from datetime import date

import pytest

from gexfocus_mcp.market.calendar import is_session
from gexfocus_mcp.simulator.expiries import expirations, is_monthly, third_friday
from gexfocus_mcp.simulator.listings import LISTINGS


@pytest.mark.parametrize("ticker", LISTINGS)
@pytest.mark.parametrize(
    "day", [date(2026, 7, 10), date(2026, 6, 16), date(2026, 12, 24), date(2026, 4, 1)]
)
def test_every_ticker_lists_at_least_twelve_expirations_all_on_sessions(
    ticker: str, day: date
) -> None:
    listed = expirations(LISTINGS[ticker].expiries, day)
    assert len(listed) >= 12
    assert list(listed) == sorted(set(listed))
    assert listed[0] >= day
    assert all(is_session(each) for each in listed)


def test_a_friday_that_is_a_holiday_expires_on_the_thursday() -> None:
    assert third_friday(2026, 6) == date(2026, 6, 18)
    assert is_monthly(date(2026, 6, 18))
    assert date(2026, 4, 2) in expirations("weekly", date(2026, 3, 30))


def test_indices_and_funds_expire_every_session() -> None:
    listed = expirations("daily", date(2026, 7, 1))
    assert listed[:4] == (
        date(2026, 7, 1),
        date(2026, 7, 2),
        date(2026, 7, 6),
        date(2026, 7, 7),
    )


def test_single_names_do_not_expire_on_a_tuesday() -> None:
    for style in ("three_a_week", "weekly"):
        assert all(
            each.weekday() != 1 for each in expirations(style, date(2026, 7, 14))
        )
