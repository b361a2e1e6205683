"""Stored maps and stored sessions, against what was asked for."""

from datetime import date
from typing import Any

import pytest

from gexfocus_mcp.errors import UnreadableReply, WrongTicker
from gexfocus_mcp.market.stored import MapHistory, StoredSession
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.wire_stored import parse_map_history, parse_sessions
from gexfocus_mcp.sources.protocol import DateRange


SPX = Ticker("SPX")
MONDAY = date(2026, 5, 11)
WEEK = DateRange(MONDAY, date(2026, 5, 15))


def row(day: int, time: str = "10:00:00", **changed: object) -> dict[str, Any]:
    return {
        "ticker": "SPX",
        "ts_iso": f"2026-05-{day}T{time}-04:00",
        "session_date": f"2026-05-{day}",
        "spot": 7400.0,
        "bars": [{"strike": 7400, "calls": 1, "puts": -1}],
        **changed,
    }


def read(
    *rows: object, when: date | DateRange | None = WEEK, **head: object
) -> MapHistory:
    return parse_map_history(
        {"ticker": "SPX", "greek": "gex", "data": list(rows), **head},
        SPX,
        "gex",
        when,
        limit=20,
        every=100,
        summary=False,
    )


def test_maps_are_sorted_and_noted() -> None:
    got = read(row(12), row(11), count=2, every=10)

    assert [m.session.day for m in got.maps] == [11, 12]
    assert got.notes == ("snapshots came unsorted: sorted by time",)
    assert (got.every, got.count, got.truncated, got.summary) == (10, 2, False, False)


def test_rows_without_time_are_dropped_and_repaired_ones_counted() -> None:
    got = read(row(11), {"spot": 1}, row(12, spot=None))

    assert len(got.maps) == 2
    assert got.notes == (
        "1 row without a usable time dropped",
        "1 snapshot had to be repaired to be read",
    )


def test_another_greek_is_refused() -> None:
    with pytest.raises(UnreadableReply, match="another greek"):
        read(row(11), greek="vanna")


def test_other_dates_than_asked_for_are_refused() -> None:
    with pytest.raises(UnreadableReply, match="other dates"):
        read(row(11), start="2026-05-04", end="2026-05-08")
    with pytest.raises(UnreadableReply, match="another date"):
        read(row(11), row(18))
    with pytest.raises(UnreadableReply):
        read(row(12), when=MONDAY)


def test_one_date_is_a_range_of_one() -> None:
    assert (
        len(read(row(11), when=MONDAY, start="2026-05-11", end="2026-05-11").maps) == 1
    )


def test_the_latest_session_may_be_any() -> None:
    assert len(read(row(18), when=None, start="2026-05-18", end="2026-05-18").maps) == 1


def test_a_map_of_another_ticker_refuses_the_whole_reply() -> None:
    with pytest.raises(WrongTicker):
        read(row(11), row(12, ticker="NDX"))


def test_sessions_are_sorted_newest_last() -> None:
    got = parse_sessions(
        {
            "sessions": [
                {"session_date": "2026-05-12", "snapshots": "362"},
                {"session_date": "2026-05-11", "snapshots": None, "from": "x"},
                {"session_date": "someday"},
                None,
            ],
            "ticker": "SPX",
        },
        SPX,
    )

    assert got.sessions == (
        StoredSession(date(2026, 5, 11), None, None, None),
        StoredSession(date(2026, 5, 12), 362, None, None),
    )
    assert got.notes == (
        "2 sessions without a usable date left out",
        "1 number came as text",
        "1 session with a count or time that cannot be read",
    )


def test_sessions_of_another_greek_or_ticker_are_refused() -> None:
    with pytest.raises(UnreadableReply):
        parse_sessions({"greek": "charm", "sessions": []}, SPX, "gex")
    with pytest.raises(WrongTicker):
        parse_sessions({"ticker": "NDX", "sessions": []}, SPX)
