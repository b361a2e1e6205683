"""What is sent, and what is refused before it costs a slot."""

from datetime import date

import pytest

from gexfocus_mcp.errors import BadDate, OutOfRange
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.queries import flow_query, map_query
from gexfocus_mcp.sources.protocol import DateRange


SPX = Ticker("SPX")
MONDAY = date(2026, 5, 11)
FRIDAY = date(2026, 5, 15)


def test_flow_query() -> None:
    assert flow_query(SPX, None, limit=2000, every=1) == {
        "ticker": "SPX",
        "limit": "2000",
        "every": "1",
    }
    assert flow_query(SPX, MONDAY, limit=20_000, every=100)["date"] == "2026-05-11"


def test_one_date_is_never_combined_with_a_range() -> None:
    single = map_query(SPX, MONDAY, limit=1, every=1, summary=False)
    several = map_query(
        SPX, DateRange(MONDAY, FRIDAY), limit=20, every=100, summary=True
    )

    assert single == {
        "ticker": "SPX",
        "limit": "1",
        "every": "1",
        "date": "2026-05-11",
        "summary": "false",
    }
    assert several == {
        "ticker": "SPX",
        "limit": "20",
        "every": "100",
        "start": "2026-05-11",
        "end": "2026-05-15",
        "summary": "true",
    }


def test_the_latest_session_is_asked_for_by_naming_none() -> None:
    assert "date" not in map_query(SPX, None, limit=1, every=1, summary=False)


@pytest.mark.parametrize(("limit", "every"), [(0, 1), (20_001, 1), (1, 0), (1, 101)])
def test_flow_bounds(limit: int, every: int) -> None:
    with pytest.raises(OutOfRange, match="outside 1"):
        flow_query(SPX, None, limit=limit, every=every)


def test_maps_have_a_lower_bound_of_their_own() -> None:
    assert map_query(SPX, None, limit=3000, every=1, summary=True)["limit"] == "3000"
    with pytest.raises(OutOfRange, match=r"1\.\.3000"):
        map_query(SPX, None, limit=3001, every=1, summary=True)


def test_a_range_of_six_days_is_refused() -> None:
    with pytest.raises(OutOfRange, match="more than five days"):
        map_query(
            SPX, DateRange(MONDAY, date(2026, 5, 16)), limit=1, every=1, summary=True
        )


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(BadDate, match="before it starts"):
        map_query(SPX, DateRange(FRIDAY, MONDAY), limit=1, every=1, summary=True)
