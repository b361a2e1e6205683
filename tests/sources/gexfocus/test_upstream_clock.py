from datetime import UTC, datetime

import pytest

from gexfocus_mcp.sources.gexfocus.upstream_clock import UpstreamClock


HERE = datetime(2026, 7, 10, 15, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> UpstreamClock:
    return UpstreamClock(lambda: HERE)


def test_a_date_within_two_minutes_changes_nothing(clock: UpstreamClock) -> None:
    clock.hear({"date": "Fri, 10 Jul 2026 15:01:59 GMT"})
    assert clock() == HERE
    assert clock.remark is None


def test_a_clock_that_is_behind_is_corrected_and_said(clock: UpstreamClock) -> None:
    clock.hear({"date": "Fri, 10 Jul 2026 15:09:00 GMT"})
    assert clock() == datetime(2026, 7, 10, 15, 9, tzinfo=UTC)
    assert clock.remark is not None
    assert "9 min behind" in clock.remark


def test_a_clock_that_is_ahead_is_corrected_and_said(clock: UpstreamClock) -> None:
    clock.hear({"date": "Fri, 10 Jul 2026 12:00:00 GMT"})
    assert clock.remark is not None
    assert "3 h ahead" in clock.remark


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "Fri, 99 Jul 2026 15:00:00 GMT"]
)
def test_an_unreadable_date_changes_nothing(
    clock: UpstreamClock, date: str | None
) -> None:
    clock.hear({} if date is None else {"date": date})
    assert clock() == HERE


def test_a_simulated_market_has_a_clock_of_its_own(clock: UpstreamClock) -> None:
    clock.hear({"date": "Thu, 09 Jul 2026 15:00:00 GMT", "x-gexfocus-simulated": "1"})
    assert clock.simulated
    assert clock() == datetime(2026, 7, 9, 15, 0, tzinfo=UTC)
    assert clock.remark is None


def test_clocks_that_agree_again_are_not_corrected_any_more(
    clock: UpstreamClock,
) -> None:
    clock.hear({"date": "Fri, 10 Jul 2026 15:09:00 GMT"})
    clock.hear({"date": "Fri, 10 Jul 2026 15:00:30 GMT"})
    assert clock() == HERE
