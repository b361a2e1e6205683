"""A message of the stream and the rows of a session."""

from dataclasses import astuple, fields
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gexfocus_mcp.errors import NoData, UnreadableReply, WrongTicker
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.wire_flow import parse_flow_history, parse_tick


QQQ = Ticker("QQQ")
DAY = date(2026, 5, 19)


def row(time: str, **changed: object) -> dict[str, Any]:
    return {"ts": f"2026-05-19T{time}-04:00", "ticker": "QQQ", "ndf": 1.0, **changed}


def read(
    *rows: object, day: date | None = DAY, limit: int = 2000, **head: object
) -> FlowHistory:
    payload = {"ticker": "QQQ", "session_date": "2026-05-19", "data": list(rows)}
    return parse_flow_history({**payload, **head}, QQQ, day, limit=limit, every=5)


def test_null_absent_and_not_finite_are_unavailable() -> None:
    tick = parse_tick(row("10:00:00", ndf=None, fep=float("inf"), price=0), QQQ)

    assert tick == Tick(
        ts=datetime(2026, 5, 19, 10, tzinfo=ZoneInfo("America/New_York"))
    )
    assert set(astuple(tick)[1:]) == {None}


def test_every_field_of_a_tick_is_read() -> None:
    names = [f.name for f in fields(Tick) if f.name != "ts"]
    said = {name: float(i + 1) for i, name in enumerate(names)}

    assert astuple(parse_tick(row("10:00:00", **said), QQQ))[1:] == tuple(said.values())


def test_a_tick_without_time_is_refused() -> None:
    with pytest.raises(UnreadableReply):
        parse_tick({"ticker": "QQQ", "ndf": 1}, QQQ)


def test_rows_are_sorted_and_noted() -> None:
    got = read(row("10:00:01"), row("10:00:00"))

    assert [t.ts.second for t in got.ticks] == [0, 1]
    assert got.notes == ("rows came unsorted: sorted by time",)
    assert got.every == 5


def test_rows_without_time_are_dropped_and_counted() -> None:
    got = read(row("10:00:00"), {"ndf": 1}, None)

    assert len(got.ticks) == 1
    assert got.notes == ("2 rows without a usable time dropped",)


def test_a_row_of_another_ticker_refuses_the_whole_reply() -> None:
    with pytest.raises(WrongTicker):
        read(row("10:00:00"), row("10:00:01", ticker="SPY"))


@pytest.mark.parametrize(
    ("count", "limit", "truncated"),
    [(1, 2000, False), (2, 2000, True), (1, 1, True), (None, 2000, False)],
)
def test_truncated(count: int | None, limit: int, truncated: bool) -> None:
    got = read(row("10:00:00"), count=count, limit=limit)

    assert (got.truncated, got.count) == (truncated, count)


def test_another_session_than_asked_for_is_refused() -> None:
    with pytest.raises(UnreadableReply, match="2026-05-18"):
        read(row("10:00:00"), day=date(2026, 5, 18))


def test_a_reply_that_does_not_say_its_session_is_judged_by_its_rows() -> None:
    assert read(row("10:00:00"), day=None, session_date=None).session == DAY
    with pytest.raises(UnreadableReply):
        read(row("10:00:00"), day=date(2026, 5, 18), session_date=None)


def test_an_empty_session_is_an_answer_and_nothing_at_all_is_no_data() -> None:
    assert read().ticks == ()
    assert read(session_date=None).session == DAY
    with pytest.raises(NoData):
        read(day=None, session_date=None)
