"""Which days are meant."""

from datetime import date, datetime

import pytest

from gexfocus_mcp.errors import BadDate, NoData, OutOfRange
from gexfocus_mcp.export.ledger import Terms
from gexfocus_mcp.export.order import Order, file_name, lacking, parse_days
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import parse_ticker


SPY = parse_ticker("SPY")
# A Wednesday; 3 July was a holiday.
NOW = datetime(2026, 7, 8, 12, 0, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("day", "to", "days"),
    [
        ("2026-07-06", None, ("2026-07-06", "2026-07-06")),
        ("yesterday", None, ("2026-07-07", "2026-07-07")),
        ("latest", None, None),
        ("2026-07-03", "2026-07-05", ("2026-07-03", "2026-07-05")),
        ("2026-07-04", "today", ("2026-07-04", "2026-07-08")),
        ("2025-01-02", "yesterday", ("2025-01-02", "2026-07-07")),
    ],
)
def test_days_are_read_as_elsewhere(
    day: str, to: str | None, days: tuple[str, str] | None
) -> None:
    found = parse_days(Order("ndf", "SPY", day, to), NOW)
    assert (found and tuple(map(str, found))) == days


@pytest.mark.parametrize(
    ("day", "to", "failure"),
    [
        ("2026-07-04", None, NoData),
        ("soon", None, BadDate),
        ("2026-07-09", None, BadDate),
        ("2026-07-06", "2026-07-09", BadDate),
        ("2026-07-07", "2026-07-06", OutOfRange),
    ],
)
def test_days_that_cannot_be_are_refused(
    day: str, to: str | None, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        parse_days(Order("ndf", "SPY", day, to), NOW)


def test_a_file_is_named_for_what_is_in_it() -> None:
    one, week = date(2026, 7, 6), date(2026, 7, 10)
    assert file_name(Terms("ndf", SPY, one, one)) == "gexfocus-ndf-SPY-2026-07-06.csv"
    assert (
        file_name(Terms("gex", SPY, one, week))
        == "gexfocus-gex-SPY-2026-07-06-2026-07-10.csv"
    )


def test_trading_days_that_are_not_stored_are_told_and_other_days_are_not() -> None:
    terms = Terms("ndf", SPY, date(2026, 7, 2), date(2026, 7, 8))
    stored = {date(2026, 7, 2), date(2026, 7, 6), date(2026, 7, 7)}
    today = NOW.date()
    assert lacking(terms, stored, today) == []
    assert lacking(terms, stored - {date(2026, 7, 6)}, today) == [
        "not stored: 2026-07-06"
    ]
    assert lacking(terms, set(), today) == [
        "not stored: 3 trading days from 2026-07-02 to 2026-07-07"
    ]
