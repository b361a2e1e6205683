"""Stored values as text: nothing lost, nothing made up."""

import csv
from collections.abc import Iterable
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.export.rows import (
    STORED_FIELDS,
    columns,
    flow_line,
    map_lines,
    unlisted_fields,
)
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


SPY = parse_ticker("SPY")
DAY = date(2026, 7, 6)
AT = datetime(2026, 7, 6, 13, 30, tzinfo=NEW_YORK)


def gamma(*bars: Bar, spot: float | None = 100.5, net: float | None = 7.0) -> StrikeMap:
    return StrikeMap(SPY, "gex", AT, DAY, spot, net, 100.0, bars)


def read(series: Series, lines: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader([",".join(columns(series)), *lines]))


def test_an_unavailable_value_is_an_empty_cell_and_zero_is_zero() -> None:
    (row,) = read("ndf", [flow_line(Tick(AT, ndf=0.0), DAY, "gexfocus")])
    assert row["ndf"] == "0.0"
    assert {row[name] for name in STORED_FIELDS if name != "ndf"} == {""}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value: float) -> None:
    (row,) = read("ndf", [flow_line(Tick(AT, ndf=value), DAY, "gexfocus")])
    assert float(row["ndf"]) == value


def test_every_documented_field_of_a_stored_tick_has_a_column() -> None:
    assert len(STORED_FIELDS) == 11
    assert columns("ndf") == ("ts", "session", *STORED_FIELDS, "source")


def test_an_instant_is_new_york_time_whatever_the_zone_it_came_in() -> None:
    summer = Tick(datetime.fromisoformat("2026-07-06T17:30:00.25+00:00"))
    winter = Tick(datetime.fromisoformat("2026-01-06T17:30:00+00:00"))
    rows = read("ndf", [flow_line(tick, DAY, "gexfocus") for tick in (summer, winter)])
    assert [row["ts"] for row in rows] == [
        "2026-07-06T13:30:00.250000-04:00",
        "2026-01-06T12:30:00.000000-05:00",
    ]


def test_a_map_is_a_row_a_strike_with_what_belongs_to_the_snapshot_in_each() -> None:
    stored = gamma(Bar(95.0, 1.0, -6.0), Bar(100.0, 4.25, -2.0))
    assert list(map_lines(stored, "simulated")) == [
        "2026-07-06T13:30:00.000000-04:00,2026-07-06,100.5,7.0,100.0,95.0,1.0,-6.0,simulated\n",
        "2026-07-06T13:30:00.000000-04:00,2026-07-06,100.5,7.0,100.0,100.0,4.25,-2.0,simulated\n",
    ]


def test_a_net_that_is_not_stored_is_not_made_up_from_the_bars() -> None:
    stored = gamma(Bar(95.0, 1.0, -6.0), spot=None, net=None)
    (row,) = read("gex", map_lines(stored, "gexfocus"))
    assert (row["spot"], row["net"], row["calls"]) == ("", "", "1.0")


def test_a_snapshot_without_bars_keeps_a_row() -> None:
    (row,) = read("gex", map_lines(gamma(), "gexfocus"))
    assert (row["net"], row["strike"], row["calls"], row["puts"]) == ("7.0", "", "", "")


@pytest.mark.parametrize(
    ("tick", "extra"),
    [
        (Tick(AT, ndf=1.0), ()),
        (Tick(AT, gex_total=1.0, buy_premium=0.0), ("buy_premium", "gex_total")),
    ],
)
def test_what_has_no_column_is_named(tick: Tick, extra: tuple[str, ...]) -> None:
    assert unlisted_fields([Tick(AT), tick]) == extra
