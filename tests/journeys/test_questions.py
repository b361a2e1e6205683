"""The questions a trader asks, put to the simulated market in both protocol eras."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.clock import FixedClock
from tests.journeys.asking import Connect, Heard


pytestmark = pytest.mark.anyio

COMMON = {"freshness", "session", "source"}
TICKERLESS = {"api_status", "scan_tickers"}
BANNED = (
    "support",
    "resistance",
    "will ",
    "must",
    "forced",
    "target",
    "signal",
    "bullish",
    "bearish",
    "confirmed",
    "smart money",
    "real-time",
    "dealers are",
)
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("dealer_positioning", {"ticker": "SPY"}),
    ("dealer_positioning", {"ticker": "SPX", "moves": [0.5, 1, 2]}),
    ("latest_greeks", {"ticker": "NDX"}),
    ("latest_greeks", {"ticker": "TSLA", "greeks": ["gex"]}),
    ("mapa_gamma", {"ticker": "QQQ"}),
    ("mapa_gamma", {"ticker": "AAPL", "greek": "vanna"}),
    ("ndf_history", {"ticker": "SPY"}),
    ("ndf_history", {"ticker": "NVDA", "date": "2026-11-18"}),
    ("dealer_positioning", {"ticker": "NDX", "at": "10:00"}),
    ("greeks_history", {"ticker": "NVDA"}),
    ("greeks_history", {"ticker": "AAPL", "at": "10:15", "greek": "vanna"}),
    ("compare_positioning", {"ticker": "SPX"}),
    ("list_sessions", {"ticker": "META", "series": "charm"}),
    ("live_snapshot", {"ticker": "SPX", "seconds": 1.5}),
    ("watch_levels", {"ticker": "SPX", "conditions": ["price>1"]}),
    ("scan_tickers", {}),
    ("scan_tickers", {"tickers": ["SPX", "SPY", "TSLA"], "weights": [1, 2, 0]}),
    ("api_status", {}),
]


async def test_where_is_the_flip_and_which_side_are_dealers_on(
    market: Connect, era: str
) -> None:
    async with market(era) as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="SPY")
    read = heard.json
    assert not heard.refused
    assert heard.text.startswith(f"SIMULATED SPY {read['spot']:g}: dealers modelled ")
    assert read["source"] == "simulated"
    assert read["freshness"] == "live"
    assert read["regime"] in {"long_gamma", "short_gamma", "neutral"}
    flip = read["levels"]["flip"]
    assert flip["side_agrees_with_net"] is (
        (read["spot"] > flip["value"]) == (read["net"] > 0)
    )
    assert f"{flip['value']:.4g}" in heard.text
    assert f"{read['levels']['call_wall']['strike']:g}" in heard.text


async def test_what_must_they_do_if_it_drops_one_percent(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="SPY")
    hedge = heard.json["hedge"]
    down = hedge["down_1pct"]
    assert set(hedge) == {"up_1pct", "down_1pct"}
    assert down["linear"] == pytest.approx(heard.json["net"], rel=1e-3)
    assert f"(-1 %): {'buy' if down['convex'] > 0 else 'sell'}" in heard.text


async def test_other_moves_are_reckoned_up_and_down(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask(
            "dealer_positioning", ticker="SPX", moves=[0.5, 1, 2]
        )
    moves = [m["move_pct"] for m in heard.json["hedge"]["moves"]]
    assert moves == [0.5, -0.5, 2, -2]
    assert "up_1pct" in heard.json["hedge"]
    for words in ("(+0.5 %)", "(-2 %)", "(+1 %)"):
        assert words in heard.text


async def test_what_rolls_off_tonight(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("mapa_gamma", ticker="SPY")
    read = heard.json
    assert read["expirations"][0]["date"] == "2026-11-19"
    assert read["zero_dte"] == read["expirations"][0]["share"] == read["front_share"]
    front = read["expirations"][0]["net"]
    assert read["net"] - front == pytest.approx(read["roll_off_net"], rel=1e-2)
    assert "ends at today's close" in heard.text


async def test_does_the_flow_agree_with_the_move(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("ndf_history", ticker="QQQ")
    assert heard.json["divergence"]["state"] in {"agree", "diverge", "inconclusive"}
    assert (
        heard.json["ndf"]["min"]
        <= heard.json["ndf"]["last"]
        <= heard.json["ndf"]["max"]
    )
    assert heard.json["fep"]["last"] <= heard.json["price"]["max"]
    assert "over 30 min: price" in heard.text


async def test_where_is_the_gamma_by_strike(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("latest_greeks", ticker="SPX", greeks=["gamma"])
    gamma = heard.json["maps"]["gex"]
    assert list(heard.json["maps"]) == ["gex"]
    assert gamma["gross_share_shown"] >= 0.7
    shown = len(gamma["bars"]["strike"])
    assert shown == gamma["bars_shown"]
    assert (
        shown + gamma["rest_below"]["n"] + gamma["rest_above"]["n"]
        == gamma["bars_total"]
    )
    calls = (
        sum(gamma["bars"]["calls"])
        + gamma["rest_below"]["calls"]
        + gamma["rest_above"]["calls"]
    )
    puts = (
        sum(gamma["bars"]["puts"])
        + gamma["rest_below"]["puts"]
        + gamma["rest_above"]["puts"]
    )
    assert calls + puts == pytest.approx(gamma["net"], abs=1e-3 * gamma["gross"])
    assert calls - puts == pytest.approx(gamma["gross"], rel=1e-3)


async def test_which_days_are_stored(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("list_sessions", ticker="SPY", limit=3)
    days = [s["date"] for s in heard.json["sessions"]]
    assert days == ["2026-11-19", "2026-11-18", "2026-11-17"]
    assert heard.json["total"] == 21
    assert all(day in heard.text for day in days)


async def test_what_does_the_stream_say_now(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("live_snapshot", ticker="SPY", seconds=1.5)
    assert heard.json["stream"] == "live"
    assert heard.json["latest"]["price"] > 0
    assert "stream live" in heard.text


async def test_the_stream_stands_beside_the_map_in_the_everyday_read(
    market: Connect,
) -> None:
    async with market() as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="SPY")
    assert "ndf" in heard.json["flow"]
    assert "stream" in heard.json["levels"]["flip"]["alternatives"]
    assert "trade sides are estimates" in heard.text


async def test_another_session_is_historical_and_has_no_age(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("ndf_history", ticker="SPY", date="yesterday")
    assert heard.json["map_session"] == "2026-11-18 Wed"
    assert heard.json["freshness"] == "historical"
    assert "age_s" not in heard.json


async def test_on_a_sunday_friday_s_values_are_called_closed(
    market: Connect, clock: FixedClock
) -> None:
    clock.instant = clock.instant.replace(day=22, hour=12)
    async with market() as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="SPY")
    assert heard.json["freshness"] == "closed"
    assert heard.json["session"] == {
        "date": "2026-11-22",
        "weekday": "Sun",
        "phase": "closed",
    }
    assert heard.json["map_session"] == "2026-11-20 Fri"
    assert heard.json["flow"] == {
        "not_read": "the market is closed; ndf_history has the last session"
    }
    assert "market closed" in heard.text.splitlines()[0]


async def test_stale_maps_are_called_stale_before_anything_else(
    market: Connect,
) -> None:
    async with market(fault="stale") as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="SPY")
    assert heard.text.startswith("SIMULATED STALE SPY")
    assert heard.json["freshness"] == "stale"
    assert heard.json["confidence"] == "low"
    assert heard.json["spot_live"] > 0


async def test_raw_open_interest_is_told_apart_and_read_for_the_dealer(
    market: Connect,
) -> None:
    async with market(convention="raw") as assistant:
        bars = await assistant.ask("latest_greeks", ticker="SPY")
        raw = await assistant.ask("dealer_positioning", ticker="SPY")
    async with market() as assistant:
        dealer = await assistant.ask("dealer_positioning", ticker="SPY")
    conventions = {greek: m["convention"] for greek, m in bars.json["maps"].items()}
    assert conventions == {
        "gex": "dealer_signed",
        "delta": "raw_oi",
        "vanna": "raw_oi",
        "charm": "raw_oi",
    }
    assert "RAW open interest" in bars.text
    assert raw.json["vanna"]["convention"] == "raw_oi"
    assert raw.json["vanna"]["net"] == dealer.json["vanna"]["net"]
    assert raw.json["charm"]["hedge"] == dealer.json["charm"]["hedge"]


@pytest.mark.parametrize(
    "fault", ["map_unavailable", "stream_refused", "stream_silent"]
)
async def test_the_everyday_read_stands_without_its_side_dishes(
    market: Connect, fault: str
) -> None:
    async with market(fault=fault) as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="SPY")
    assert not heard.refused
    part = "expiry" if fault == "map_unavailable" else "flow"
    assert heard.json[part]["not_read"]
    assert heard.json[part]["not_read"] in heard.text
    assert heard.json["regime"]


async def test_a_null_greek_is_missing_and_never_zero(market: Connect) -> None:
    async with market(fault="null_greek") as assistant:
        bars = await assistant.ask("latest_greeks", ticker="SPY")
        read = await assistant.ask("dealer_positioning", ticker="SPY")
    assert bars.json["missing"] == ["vanna"]
    assert "vanna" not in bars.json["maps"]
    assert "unavailable now (null upstream, not zero): vanna" in bars.text
    assert "vanna" not in read.json
    assert "vanna unavailable" in read.text


async def test_a_null_stream_names_what_is_unavailable(market: Connect) -> None:
    async with market(fault="null_stream") as assistant:
        heard = await assistant.ask("live_snapshot", ticker="SPY", seconds=1.5)
    assert "gex_total" in heard.json["unavailable"]
    assert "gex_total" not in heard.json["latest"]
    assert "gex_total" in heard.text


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_both_channels_keep_the_contract(
    market: Connect, tool: str, arguments: dict[str, Any]
) -> None:
    async with market() as assistant:
        listed = {t.name: t for t in (await assistant.client.list_tools()).tools}
        heard = await assistant.ask(tool, **arguments)
    assert not heard.refused, heard.text
    assert set(heard.json) >= COMMON
    assert ("ticker" in heard.json) is (tool not in TICKERLESS)
    assert len(heard.text) <= 10_000
    assert len(json.dumps(heard.json, separators=(",", ":"))) <= 10_000
    assert not [word for word in BANNED if word in heard.text.lower()]
    assert "null" not in json.dumps(
        {k: v for k, v in heard.json.items() if k != "series"}
    )
    schema = listed[tool].output_schema
    assert schema is not None
    assert set(heard.json) <= set(schema["properties"])


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_answers_are_the_same_in_both_eras(
    market: Connect, clock: FixedClock, tool: str, arguments: dict[str, Any]
) -> None:
    heard = []
    for era in ("auto", "legacy"):
        async with market(era) as assistant:
            heard.append(without_waiting(await assistant.ask(tool, **arguments)))
    assert heard[0] == heard[1]


def without_waiting(heard: Heard) -> Heard:
    """The same without how long it took: that is this machine's."""
    return replace(
        heard,
        text=re.sub(r"after [\d.]+ s", "after a while", heard.text),
        json={k: v for k, v in heard.json.items() if k != "waited_s"},
    )


async def test_asked_strikes_are_always_shown(market: Connect) -> None:
    async with market() as assistant:
        bars = await assistant.ask(
            "latest_greeks",
            ticker="SPY",
            greeks="gex",
            max_bars=5,
            strikes=[600, 605, 812.25],
        )
        matrix = await assistant.ask(
            "mapa_gamma", ticker="SPY", max_strikes=5, strikes=[650]
        )
    assert {600, 605} <= set(bars.json["maps"]["gex"]["bars"]["strike"])
    assert "no bar at 812.25" in bars.text
    assert 650 in matrix.json["bars"]["strike"]


async def test_columns_shown_and_later_add_up_to_the_row(market: Connect) -> None:
    async with market() as assistant:
        few = await assistant.ask("mapa_gamma", ticker="SPY", max_expirations=2)
        all_of_them = await assistant.ask(
            "mapa_gamma", ticker="SPY", max_expirations=12
        )
    assert set(few.json["bars"]) == {"strike", "2026-11-19", "2026-11-20", "later"}
    assert "later" not in all_of_them.json["bars"]
    for i, strike in enumerate(few.json["bars"]["strike"]):
        j = all_of_them.json["bars"]["strike"].index(strike)
        short = sum(v[i] for k, v in few.json["bars"].items() if k != "strike")
        full = sum(v[j] for k, v in all_of_them.json["bars"].items() if k != "strike")
        size = sum(
            abs(v[j]) for k, v in all_of_them.json["bars"].items() if k != "strike"
        )
        assert short == pytest.approx(full, abs=2e-3 * size)


async def test_what_remains_after_a_listed_expiration(market: Connect) -> None:
    async with market() as assistant:
        plain = await assistant.ask("mapa_gamma", ticker="SPY", max_expirations=12)
        days = [column["date"] for column in plain.json["expirations"]]
        told = await assistant.ask("mapa_gamma", ticker="SPY", drop_through=days[1])
        today = await assistant.ask("mapa_gamma", ticker="SPY", drop_through="today")
        unlisted = await assistant.ask(
            "mapa_gamma", ticker="SPY", drop_through="2031-01-03"
        )
    after = told.json["after"]
    nets = [column["net"] for column in plain.json["expirations"]]
    size = sum(map(abs, nets))
    assert after["net"] == pytest.approx(sum(nets[2:]), abs=1e-3 * size)
    shares = [column["share"] for column in plain.json["expirations"]]
    assert after["share_left"] == pytest.approx(sum(shares[2:]), abs=0.01)
    assert f"{after['expirations']} expirations" in told.text
    assert today.json["after"]["net"] == plain.json["roll_off_net"]
    assert unlisted.refused
    assert unlisted.text.startswith("[bad_argument]")
    assert all(day in unlisted.text for day in days)


async def test_the_matrix_says_where_its_read_turns_over(market: Connect) -> None:
    async with market() as assistant:
        matrix = await assistant.ask("mapa_gamma", ticker="SPX")
        read = await assistant.ask("dealer_positioning", ticker="SPX")
    assert "turns over" in matrix.text
    for turn in matrix.json["turns_over"]:
        assert turn["if"] in matrix.text
    assert read.json["levels"]["flip"]["method"] == "matrix"
    assert "kernel" in read.json["levels"]["flip"]["alternatives"]


async def test_the_clock_of_the_answer_is_new_york_s(
    market: Connect, clock: FixedClock
) -> None:
    async with market() as assistant:
        heard = await assistant.ask("latest_greeks", ticker="SPY", greeks=["gex"])
    assert heard.json["as_of"].endswith("-05:00")
    assert heard.json["session"] == {
        "date": "2026-11-19",
        "weekday": "Thu",
        "phase": "open",
    }
    assert clock.instant.tzinfo is NEW_YORK


async def test_when_did_net_gamma_change_its_sign_and_what_did_the_map_look_like(
    market: Connect,
) -> None:
    async with market() as assistant:
        day = await assistant.ask("greeks_history", ticker="TSLA", points=300)
        then = await assistant.ask(
            "greeks_history", ticker="TSLA", at="10:00", detail="levels", sessions=2
        )
    series = day.json["series"]
    rows = list(zip(series["t"], series["net"], strict=True))
    flips = [
        b[0] for a, b in pairwise([r for r in rows if r[1]]) if (a[1] > 0) != (b[1] > 0)
    ]
    assert len(rows) == day.json["rows"]
    assert [change["t"] for change in day.json["sign_changes"]] == flips
    assert then.json["as_of"] == max(
        f"2026-11-19T{t}-05:00" for t in series["t"] if t <= "10:00:00"
    )
    assert then.json["freshness"] == "historical"
    assert "age_s" not in then.json
    assert then.json["map"]["bars_shown"] <= 30
    assert all(t <= "10:00:00" for t in then.json["levels"]["path"]["t"])
    assert then.json["ranking"]["of"] == 3
    assert "turns over" in then.text


async def test_where_did_dealers_stand_at_ten(market: Connect) -> None:
    async with market() as assistant:
        read = await assistant.ask("dealer_positioning", ticker="SPY", at="10:00")
        bars = await assistant.ask("greeks_history", ticker="SPY", at="10:00")
    assert read.json["as_of"] == bars.json["as_of"] <= "2026-11-19T10:00:00-05:00"
    assert read.json["net"] == bars.json["map"]["net"]
    assert read.json["freshness"] == "historical"
    assert "age_s" not in read.json
    assert "Asked 10:00, as of " in read.text.partition("\n")[0]
    assert read.json["expiry"] == {"not_read": "the feed stores no matrices"}
    assert read.json["flow"]["as_of"] <= "2026-11-19T10:00:00-05:00"
    assert read.json["charm"]["hedge"]
