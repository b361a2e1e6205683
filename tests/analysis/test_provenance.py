"""When a snapshot may be called current: its age held against the exchange's calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexfocus_mcp.analysis.provenance import (
    MAP_CADENCE_S,
    SLOW_MATRIX_CADENCE_S,
    STREAM_CADENCE_S,
    Provenance,
    judge_freshness,
    matrix_cadence,
    trace,
)
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.session import market_clock
from gexfocus_mcp.market.ticker import TICKERS, parse_ticker


def eastern(
    month: int, day: int, hour: int, minute: int = 0, second: int = 0
) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=NEW_YORK)


NOW = eastern(7, 10, 11, 30)


def judged(
    as_of: datetime,
    now: datetime,
    session: date | None = None,
    cadence: float = MAP_CADENCE_S,
) -> str:
    return judge_freshness(as_of, session, market_clock(now), cadence)[0]


@pytest.mark.parametrize(
    ("cadence", "age", "freshness"),
    [
        (STREAM_CADENCE_S, 60, "live"),
        (STREAM_CADENCE_S, 61, "delayed"),
        (MAP_CADENCE_S, 0, "live"),
        (MAP_CADENCE_S, 150, "live"),
        (MAP_CADENCE_S, 151, "delayed"),
        (MAP_CADENCE_S, 600, "delayed"),
        (MAP_CADENCE_S, 601, "stale"),
        (SLOW_MATRIX_CADENCE_S, 360, "live"),
        (SLOW_MATRIX_CADENCE_S, 361, "delayed"),
        (MAP_CADENCE_S, -119, "live"),
    ],
)
def test_in_an_open_market_age_decides(
    cadence: float, age: float, freshness: str
) -> None:
    assert judged(NOW - timedelta(seconds=age), NOW, cadence=cadence) == freshness


@pytest.mark.parametrize(
    ("as_of", "session", "now", "freshness"),
    [
        # After the close, overnight, and over the weekend.
        (eastern(7, 10, 15, 59), None, eastern(7, 10, 16, 30), "closed"),
        (eastern(7, 10, 15, 59), None, eastern(7, 10, 23), "closed"),
        (eastern(7, 10, 15, 59), None, eastern(7, 12, 12), "closed"),
        (eastern(7, 10, 15, 59), None, eastern(7, 13, 9, 29), "closed"),
        # A day behind is stale whatever the hour.
        (eastern(7, 9, 15, 59), None, eastern(7, 10, 16, 30), "stale"),
        (eastern(7, 9, 15, 59), None, eastern(7, 12, 12), "stale"),
        (eastern(7, 9, 15, 59), date(2026, 7, 9), NOW, "stale"),
        # Right after the open the map of the day before is no longer the last session's.
        (
            eastern(7, 9, 15, 59, 50),
            date(2026, 7, 9),
            eastern(7, 10, 9, 30, 10),
            "stale",
        ),
        (eastern(7, 9, 15, 59, 50), None, eastern(7, 10, 9, 30), "stale"),
        # The first map of the day comes a minute before the open.
        (
            eastern(7, 10, 9, 29, 30),
            date(2026, 7, 10),
            eastern(7, 10, 9, 30, 10),
            "live",
        ),
        # Maps are computed on Sundays too.
        (eastern(7, 12, 7, 15), None, eastern(7, 12, 7, 20), "closed"),
        (eastern(7, 12, 7, 15), date(2026, 7, 12), eastern(7, 12, 7, 20), "closed"),
        (eastern(7, 12, 7, 15), None, eastern(7, 13, 9, 31), "stale"),
        # Half day.
        (eastern(11, 27, 12, 59), None, eastern(11, 27, 12, 59, 30), "live"),
        (eastern(11, 27, 12, 59), None, eastern(11, 27, 13, 30), "closed"),
        (eastern(11, 25, 15, 59), None, eastern(11, 26, 12), "closed"),
        (eastern(11, 25, 15, 59), None, eastern(11, 27, 9, 30), "stale"),
        # Good Friday.
        (eastern(4, 2, 15, 59), None, eastern(4, 3, 12), "closed"),
        (eastern(4, 1, 15, 59), None, eastern(4, 3, 12), "stale"),
        # A clock that is behind, or a snapshot from nowhere.
        (NOW + timedelta(seconds=121), None, NOW, "unknown"),
        (NOW + timedelta(days=1), None, NOW, "unknown"),
    ],
)
def test_the_calendar_decides_where_age_cannot(
    as_of: datetime, session: date | None, now: datetime, freshness: str
) -> None:
    assert judged(as_of, now, session) == freshness


def test_a_matrix_of_a_minute_ago_is_not_stale_because_the_market_has_just_opened() -> (
    None
):
    # A matrix carries no session date, only its instant.
    freshness, notes = judge_freshness(
        eastern(7, 10, 9, 29, 50),
        None,
        market_clock(eastern(7, 10, 9, 30, 5)),
        MAP_CADENCE_S,
    )

    assert freshness != "stale"
    assert not any("Thu 9 Jul" in note for note in notes)


def test_a_stale_snapshot_says_of_which_day_it_is() -> None:
    _, notes = judge_freshness(
        eastern(7, 9, 15, 59), None, market_clock(NOW), MAP_CADENCE_S
    )

    assert notes == (
        "snapshot of Thu 9 Jul 2026, but the market has traded on Fri 10 Jul 2026",
    )


def test_an_old_snapshot_in_an_open_market_says_how_old() -> None:
    _, notes = judge_freshness(
        NOW - timedelta(minutes=20), None, market_clock(NOW), MAP_CADENCE_S
    )

    assert notes == (
        "the market is open, but this is 20 min old: do not call it current",
    )


def test_a_sunday_map_says_whose_prices_it_has() -> None:
    _, notes = judge_freshness(
        eastern(7, 12, 7, 15), None, market_clock(eastern(7, 12, 7, 20)), MAP_CADENCE_S
    )

    assert notes == (
        "computed Sun 12 Jul 07:15, outside market hours: its prices are of Fri 10 Jul",
    )


@pytest.mark.parametrize(
    ("now", "freshness"), [(NOW, "live"), (eastern(7, 10, 20, 30), "closed")]
)
def test_live_and_closed_need_no_note(now: datetime, freshness: str) -> None:
    as_of = min(now - timedelta(seconds=5), eastern(7, 10, 15, 59))

    assert judge_freshness(as_of, None, market_clock(now), MAP_CADENCE_S) == (
        freshness,
        (),
    )


@settings(deadline=None)
@given(st.integers(0, 14 * 24 * 60), st.integers(-10, 14 * 24 * 60))
def test_fresh_words_are_earned_and_the_zone_of_the_stamp_does_not_matter(
    into: int, age_min: int
) -> None:
    now = eastern(6, 29, 0) + timedelta(minutes=into)
    as_of = (now.astimezone(UTC) - timedelta(minutes=age_min)).astimezone(NEW_YORK)
    clock = market_clock(now)

    freshness, _ = judge_freshness(as_of, None, clock, MAP_CADENCE_S)

    if freshness in {"live", "delayed"}:
        assert clock.is_open
        assert age_min <= 10
    if freshness == "closed":
        assert not clock.is_open
    if age_min < -2:
        assert freshness == "unknown"
    assert (
        freshness
        == judge_freshness(as_of.astimezone(UTC), None, clock, MAP_CADENCE_S)[0]
    )


@pytest.mark.parametrize(
    ("name", "as_of", "now", "freshness", "note"),
    [
        # A map made while index options still trade is as new as one can be.
        ("SPX", (16, 9), (16, 10), "live", "these options trade until 16:15 ET"),
        ("SPX", (15, 59), (16, 0), "closed", "these options trade until 16:15 ET"),
        ("SPX", (16, 0), (16, 14), "closed", "these options trade until 16:15 ET"),
        ("SPX", (16, 14), (16, 15), "closed", None),
        ("NVDA", (16, 9), (16, 10), "closed", None),
    ],
)
def test_index_options_are_not_called_closed_at_four(
    name: str,
    as_of: tuple[int, int],
    now: tuple[int, int],
    freshness: str,
    note: str | None,
) -> None:
    said, notes = judge_freshness(
        eastern(7, 10, *as_of),
        None,
        market_clock(eastern(7, 10, *now)),
        MAP_CADENCE_S,
        parse_ticker(name),
    )

    assert said == freshness
    assert bool(notes) == (note is not None)
    assert all(note is not None and note in told for told in notes)


def test_late_options_hide_no_other_note() -> None:
    clock = market_clock(eastern(7, 10, 16, 5))
    _, notes = judge_freshness(
        eastern(7, 10, 13, 2), None, clock, MAP_CADENCE_S, parse_ticker("SPX")
    )

    assert len(notes) == 2
    assert "the end of the day is missing" in notes[1]


def test_in_the_first_minutes_yesterday_is_told_as_no_snapshot_yet() -> None:
    def told(minute: int) -> tuple[str, ...]:
        clock = market_clock(eastern(7, 10, 9, minute))
        return judge_freshness(eastern(7, 9, 15, 59), None, clock, MAP_CADENCE_S)[1]

    assert told(30) == told(34)
    assert told(34) == (
        "no snapshot of today's session yet: this is of Thu 9 Jul 2026",
    )
    assert told(35) != told(34)


def test_a_last_snapshot_long_before_the_close_says_that_the_end_is_missing() -> None:
    clock = market_clock(eastern(7, 11, 12))
    _, notes = judge_freshness(eastern(7, 10, 13, 2), None, clock, MAP_CADENCE_S)

    assert notes == (
        "the last snapshot is of 13:02, the session ran to 16:00: the end of the day is missing",
    )
    early = market_clock(eastern(11, 28, 12))
    assert judge_freshness(eastern(11, 27, 12, 59), None, early, 150)[1] == ()


@pytest.mark.parametrize(
    ("as_of", "now", "hours"),
    [
        # Daylight saving ends on 1 November and begins on 8 March 2026.
        (eastern(10, 30, 16), eastern(11, 1, 12), 45),
        (eastern(3, 6, 16), eastern(3, 8, 12), 43),
    ],
)
def test_an_age_over_a_change_of_clocks_counts_the_hour(
    as_of: datetime, now: datetime, hours: int
) -> None:
    found = trace(as_of, None, market_clock(now), source="gexfocus")

    assert found.freshness == "closed"
    assert found.age_s == hours * 3600


def traced(
    as_of: datetime = NOW, *, failure: str | None = None, historical: bool = False
) -> Provenance:
    return trace(
        as_of,
        None,
        market_clock(NOW),
        source="gexfocus",
        failure=failure,
        historical=historical,
    )


def test_a_past_moment_that_was_asked_for_has_no_age() -> None:
    past = traced(eastern(6, 1, 12), historical=True)

    assert (past.freshness, past.age_s, past.notes) == ("historical", None, ())


def test_an_older_answer_in_place_of_a_new_one_is_stale_and_says_why() -> None:
    served = traced(failure="the upstream is down")

    assert served.is_stale
    assert (
        served.notes[0]
        == "older answer served, the upstream failed: the upstream is down"
    )


def test_an_age_is_counted_from_the_snapshot() -> None:
    assert traced(NOW - timedelta(seconds=22)).age_s == 22
    assert traced(NOW - timedelta(seconds=22)).map_session == date(2026, 7, 10)


def test_an_unknown_age_is_not_zero_seconds() -> None:
    ahead = traced(NOW + timedelta(hours=2))

    assert ahead.freshness == "unknown"
    assert ahead.age_s is None


def test_notes_are_told_once() -> None:
    assert traced().noting("one", "two", "one").noting("two").notes == ("one", "two")


def test_only_the_seven_stocks_have_a_slow_matrix() -> None:
    slow = {name for name in TICKERS if matrix_cadence(name) == SLOW_MATRIX_CADENCE_S}

    assert len(slow) == 7
    assert parse_ticker("SPX") not in slow
    assert parse_ticker("NVDA") in slow
