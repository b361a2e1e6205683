from datetime import UTC, datetime, timedelta

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
    "date",
    [
        None,
        "",
        "yesterday",
        "Fri, 99 Jul 2026 15:00:00 GMT",
        "Fri, 01 Jan 2150 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_an_unreadable_date_changes_nothing(
    clock: UpstreamClock, date: str | None
) -> None:
    clock.hear({} if date is None else {"date": date})
    assert clock() == HERE


def test_what_is_over_must_be_over_by_both_clocks(clock: UpstreamClock) -> None:
    clock.hear({"date": "Sat, 11 Jul 2026 23:00:00 GMT"})

    assert clock.earlier() == HERE
    clock.hear({"date": "Fri, 10 Jul 2026 06:00:00 GMT"})
    assert clock.earlier() == datetime(2026, 7, 10, 6, tzinfo=UTC)


def test_what_another_process_heard_stands_where_nothing_was_heard_here(
    clock: UpstreamClock,
) -> None:
    later = (HERE + timedelta(minutes=9)).timestamp()
    clock.recall(f"{later} simulated", 20)

    assert clock() == HERE + timedelta(minutes=9, seconds=20)
    assert clock.simulated


@pytest.mark.parametrize(
    "label", ["", "soon", "1e999", "nan", "-1e18 x", "1e11 x", "1 x"]
)
def test_a_label_that_nobody_wrote_changes_nothing(
    clock: UpstreamClock, label: str
) -> None:
    clock.recall(label, 1)

    assert clock() == HERE


def test_an_old_word_of_another_process_does_not_set_the_clock(
    clock: UpstreamClock,
) -> None:
    """Found in review: an answer kept while the clock was wrong brought the error back."""
    wrong = (HERE + timedelta(minutes=9)).timestamp()
    clock.recall(f"{wrong}", 3600)
    assert clock() == HERE
    clock.hear({"date": "Fri, 10 Jul 2026 15:00:00 GMT"})
    clock.recall(f"{wrong}", 1)
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
