"""
The API document's own JSON, and its 24 known defects, one by one.

Rows that are about the meaning of a number rather than its shape are pinned as passed through.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gexfocus_mcp.errors import GexFocusError, OutOfRange
from gexfocus_mcp.market.strikes import Bar
from gexfocus_mcp.market.ticker import MAG7, Ticker
from gexfocus_mcp.sources.gexfocus import endpoints
from gexfocus_mcp.sources.gexfocus.feed import Feed
from gexfocus_mcp.sources.gexfocus.queries import flow_query, map_query
from gexfocus_mcp.sources.gexfocus.throttling import read_throttle
from gexfocus_mcp.sources.gexfocus.wire_flow import parse_flow_history, parse_tick
from gexfocus_mcp.sources.gexfocus.wire_maps import parse_greek_maps, parse_strike_map
from gexfocus_mcp.sources.gexfocus.wire_matrix import parse_expiry_map
from gexfocus_mcp.sources.gexfocus.wire_stored import parse_map_history, parse_sessions
from gexfocus_mcp.sources.protocol import DateRange


Recorded = Callable[[str], dict[str, Any]]

NEW_YORK = ZoneInfo("America/New_York")
QQQ = Ticker("QQQ")
SPX = Ticker("SPX")
NOW = datetime(2026, 5, 19, 12, tzinfo=NEW_YORK)


def test_row_1_parameter_names_are_spelt_by_hand() -> None:
    sent = {
        **flow_query(SPX, NOW.date(), limit=1, every=1),
        **map_query(SPX, NOW.date(), limit=1, every=1, summary=True),
        **map_query(
            SPX, DateRange(NOW.date(), NOW.date()), limit=1, every=1, summary=True
        ),
    }

    assert sent.keys() == {
        "ticker",
        "date",
        "start",
        "end",
        "limit",
        "every",
        "summary",
    }


def test_row_2_the_envelopes_clocks_differ_by_a_year(recorded: Recorded) -> None:
    got = parse_strike_map(recorded("strike_map"), QQQ, "gex")

    assert got.as_of == datetime(2026, 5, 8, 15, tzinfo=NEW_YORK)
    assert got.session == date(2026, 5, 8)
    assert got.notes == ("ts and ts_iso differ by 366.2 days; ts_iso used",)


def test_row_3_so_do_those_of_the_unified_reply(recorded: Recorded) -> None:
    got = parse_greek_maps(recorded("greeks_last"), QQQ)

    assert got.missing == ("vanna",)
    assert [m.as_of.isoformat() for m in got.maps.values()] == [
        "2026-06-11T10:30:00-04:00"
    ] * 3
    assert got.maps["gex"].notes == ("ts and ts_iso differ by 365.0 days; ts_iso used",)


def test_row_4_a_map_may_be_made_on_a_sunday(recorded: Recorded) -> None:
    got = parse_expiry_map(recorded("mapa_gamma"), SPX)

    assert got.as_of.strftime("%a %H:%M") == "Sun 07:15"
    assert got.spot == 7408.5


def test_row_5_ts_is_a_string_here_and_an_integer_there(recorded: Recorded) -> None:
    tick = parse_tick(recorded("stream"), QQQ)
    mapped = parse_expiry_map(recorded("mapa_gamma") | {"ts_iso": None}, SPX)

    assert tick.ts == datetime(2026, 5, 19, 10, 32, 15, 123456, NEW_YORK)
    assert mapped.as_of == datetime(2026, 5, 17, 7, 15, 21, tzinfo=NEW_YORK)


def test_row_6_one_row_for_three_strikes_is_the_first(recorded: Recorded) -> None:
    got = parse_expiry_map(recorded("mapa_gamma"), SPX)

    assert got.matrices["gex"] == (
        (-358481586.01, 47245758.83, 328826749.24),
        (None,) * 3,
        (None,) * 3,
    )
    assert set(got.matrices) == {"gex", "vanna", "charm"}
    assert [note.split(":")[0] for note in got.notes] == [
        f"{key} has 1 row for 3 strikes"
        for key in ("matrix", "vanna_matrix", "charm_matrix")
    ]


def test_row_7_gross_is_recomputed_with_absolute_values(recorded: Recorded) -> None:
    payload = recorded("strike_map")
    [bar] = parse_strike_map(payload, QQQ, "gex").bars

    assert bar == Bar(678, 845e6, -312e6)
    assert bar.gross == payload["bars"][0]["gross"]
    payload["bars"][0]["gross"] = None
    assert parse_strike_map(payload, QQQ, "gex").gross == 1157e6


def test_row_8_the_stored_net_is_kept_beside_that_of_the_bars(
    recorded: Recorded,
) -> None:
    got = parse_strike_map(recorded("strike_map"), QQQ, "gex")

    assert (got.stored_net, got.net, got.bars_net) == (1245e6, 1245e6, 533e6)


def test_row_9_max_strike_may_have_no_bar(recorded: Recorded) -> None:
    got = parse_strike_map(recorded("strike_map"), QQQ, "gex")

    assert got.stored_max_strike == 682
    assert 682 not in [bar.strike for bar in got.bars]


def test_row_10_count_is_the_servers_number(recorded: Recorded) -> None:
    full = parse_map_history(
        recorded("history_greeks"),
        SPX,
        "gex",
        date(2026, 5, 15),
        limit=2000,
        every=1,
        summary=False,
    )
    summary = parse_map_history(
        recorded("history_greeks_summary"),
        SPX,
        "gex",
        DateRange(date(2026, 5, 11), date(2026, 5, 15)),
        limit=20,
        every=100,
        summary=True,
    )

    assert (full.count, len(full.maps), full.truncated) == (3, 1, True)
    assert full.maps[0].bars == (Bar(7500, 133241.68, -2633.68),)
    assert full.maps[0].notes == full.notes == ()
    assert (summary.count, len(summary.maps), summary.every) == (19, 1, 100)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e9])
def test_row_11_no_scale_is_assumed(recorded: Recorded, scale: float) -> None:
    payload = recorded("strike_map")
    payload["bars"][0]["calls"] = scale

    assert parse_strike_map(payload, QQQ, "gex").bars[0].calls == scale


def test_rows_12_13_and_14_the_streams_levels_pass_as_said(recorded: Recorded) -> None:
    tick = parse_tick(recorded("stream"), QQQ)

    assert (tick.vanna_exposure, tick.charm_exposure) == (1234.56, -789.01)
    assert (tick.gamma_flip, tick.max_gamma_strike) == (450, 460)
    assert (tick.call_wall_gamma, tick.put_wall_gamma) == (470, 440)
    assert tick.gex_calls is not None
    assert tick.gex_puts is not None
    assert tick.gex_total == pytest.approx(tick.gex_calls + tick.gex_puts)


def test_rows_15_and_16_null_is_unavailable_and_formats_nothing(
    recorded: Recorded,
) -> None:
    tick = parse_tick(
        recorded("stream") | {"gex_total": None, "net_premium": None}, QQQ
    )

    assert (tick.gex_total, tick.net_premium) == (None, None)


def test_row_17_a_stored_row_has_fewer_fields(recorded: Recorded) -> None:
    got = parse_flow_history(
        recorded("history_ndf"), QQQ, date(2026, 5, 19), limit=2000, every=1
    )
    [tick] = got.ticks

    assert (got.count, got.truncated, got.notes) == (1200, True, ())
    assert (tick.ndf, tick.net_put_premium_0dte) == (1234567.89, 30000)
    assert (tick.net_premium_0dte, tick.gamma_flip) == (None, None)


def test_row_18_silence_is_not_judged() -> None:
    feed = Feed(QQQ, 0)
    feed.opened(1)

    assert feed.state(100_000).phase == "open"


@pytest.mark.parametrize(
    ("detail", "why", "seconds"),
    [
        ("rate limit exceeded", "rate_limited", 60),
        ("too many IPs used within 5 minutes", "too_many_ips", 60),
        ("api_key cooldown active", "cooldown", 120),
    ],
)
def test_row_19_one_status_has_three_causes(
    detail: str, why: str, seconds: float
) -> None:
    throttle = read_throttle(f'{{"detail": "{detail}"}}', None, NOW)

    assert (throttle.why, throttle.seconds) == (why, seconds)


def test_row_20_the_stocks_matrix_is_refreshed_every_three_minutes() -> None:
    assert {endpoints.EXPIRY_MAP.lifetime_of(t) for t in MAG7} == {180}
    assert endpoints.EXPIRY_MAP.lifetime_of(QQQ) == 30


def test_row_21_limits_are_checked_before_sending() -> None:
    monday = date(2026, 5, 11)
    map_query(
        SPX,
        DateRange(monday, monday + timedelta(4)),
        limit=3000,
        every=100,
        summary=True,
    )
    with pytest.raises(OutOfRange):
        map_query(
            SPX,
            DateRange(monday, monday + timedelta(5)),
            limit=1,
            every=1,
            summary=True,
        )
    with pytest.raises(OutOfRange):
        flow_query(SPX, monday, limit=20_001, every=1)


def test_row_22_no_query_carries_a_key() -> None:
    """Only the stream's URL does; the dialer's tests show that it stays there."""
    assert "key" not in flow_query(SPX, None, limit=1, every=1)


def test_row_23_delta_shares_the_envelope(recorded: Recorded) -> None:
    assert parse_strike_map(recorded("strike_map"), QQQ, "delta").greek == "delta"


def test_row_24_gaps_between_snapshots_are_not_filled(recorded: Recorded) -> None:
    [session] = parse_sessions(recorded("history_greeks_sessions"), SPX, "gex").sessions

    assert session.snapshots == 362
    assert session.first == datetime(2026, 5, 15, 9, 29, tzinfo=NEW_YORK)
    assert session.last == datetime(2026, 5, 15, 15, 59, tzinfo=NEW_YORK)


def test_sessions_of_the_flow(recorded: Recorded) -> None:
    [session] = parse_sessions(recorded("history_ndf_sessions"), QQQ).sessions

    assert (session.day, session.snapshots) == (date(2026, 5, 8), 1234)
    assert session.last is not None
    assert session.last.microsecond == 987654


def test_a_body_for_another_ticker_is_never_read(recorded: Recorded) -> None:
    """With a parameter's name damaged the API answers for its default, QQQ."""
    for read in (
        lambda: parse_tick(recorded("stream"), SPX),
        lambda: parse_strike_map(recorded("strike_map"), SPX, "gex"),
        lambda: parse_greek_maps(recorded("greeks_last"), SPX),
        lambda: parse_expiry_map(recorded("mapa_gamma"), QQQ),
        lambda: parse_sessions(recorded("history_ndf_sessions"), SPX),
    ):
        with pytest.raises(GexFocusError) as caught:
            read()
        assert caught.value.code == "wrong_ticker"
