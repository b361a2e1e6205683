"""A message of the stream and the rows of a session."""

from datetime import date, datetime
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.errors import NoData, UnreadableReply, WrongTicker
from gexfocus_mcp.market.flow import FlowHistory, Tick
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.wire_flow import parse_flow_history, parse_tick


QQQ = Ticker("QQQ")
DAY = date(2026, 5, 19)
NAMES = [name for name in Tick._fields if name != "ts"]


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
    assert set(tick[1:]) == {None}


def test_every_field_of_a_tick_is_read() -> None:
    said = {name: float(i + 1) for i, name in enumerate(NAMES)}

    assert parse_tick(row("10:00:00", **said), QQQ)[1:] == tuple(said.values())


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


VALUES = st.one_of(
    st.floats(),
    st.integers(),
    st.none(),
    st.booleans(),
    st.sampled_from(["1.5", "-2", "", "nan", "1_0", "high", 1e18, -1e18, 0.0, 0.009]),
    st.lists(st.integers(), max_size=1),
)


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), min_size=1))
def test_a_session_is_read_as_its_rows_would_be_one_by_one(
    said: list[dict[str, object]],
) -> None:
    rows = [row(f"10:{i // 60:02}:{i % 60:02}", **each) for i, each in enumerate(said)]

    ticks = read(*rows).ticks

    assert ticks == tuple(parse_tick(each, QQQ) for each in rows)
    assert all(type(value) in {float, NoneType} for tick in ticks for value in tick[1:])
