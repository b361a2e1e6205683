"""What changed? Asked over MCP, checked by arithmetic of its own on the upstream's raw payloads."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time
from itertools import pairwise
from math import fsum
from typing import Any

import httpx2
import pytest

from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from tests.journeys.asking import Connect, Heard


pytestmark = pytest.mark.anyio

Raw = dict[str, Any]
Upstream = Callable[..., Awaitable[list[Raw]]]

TODAY, BEFORE = "2026-11-19", "2026-11-18"


@pytest.fixture
def stored(clock: FixedClock) -> Upstream:
    """Return a function that downloads every stored gamma map of a session, and the newest one as the last."""

    async def fetch(ticker: str, day: str, *, newest: bool = False) -> list[Raw]:
        transport = httpx2.ASGITransport(app=create_app(clock))
        async with httpx2.AsyncClient(
            transport=transport,
            base_url="http://upstream/trading",
            headers={"x-api-key": "any"},
        ) as http:
            kept = await http.get(
                "/history/greeks/gex",
                params={"ticker": ticker, "date": day, "limit": 3000},
            )
            rows: list[Raw] = kept.json()["data"]
            if newest:
                rows.append((await http.get(f"/gex/last/{ticker}")).json())
            return rows

    return fetch


def at(row: Raw) -> datetime:
    return datetime.fromisoformat(row["ts_iso"])


def last_until(rows: list[Raw], wanted: time) -> Raw:
    return [r for r in rows if at(r).time() <= wanted][-1]


def totals(row: Raw) -> dict[float, float]:
    return {b["strike"]: b["calls"] + b["puts"] for b in row["bars"]}


def near(value: float) -> Any:
    """Four significant digits."""
    return pytest.approx(value, rel=6e-4)


def check_against(heard: Heard, then: Raw, now: Raw) -> None:
    """Every number of the answer that raw payloads alone can tell."""
    read = heard.json
    assert not heard.refused, heard.text
    for side, row in (("from", then), ("to", now)):
        told, bars = read[side], row["bars"]
        assert datetime.fromisoformat(told["as_of"]) == at(row)
        assert f"{at(row):%H:%M:%S} ET" in heard.text.splitlines()[0]
        assert told["spot"] == pytest.approx(row["spot"], abs=0.006)
        assert told["net"] == near(row["net_exposure"])
        gross = fsum(abs(b["calls"]) + abs(b["puts"]) for b in bars)
        assert told["gross"] == near(gross)
        tilt = row["net_exposure"] / gross
        named = (
            "neutral"
            if abs(tilt) < 0.02
            else "long_gamma"
            if tilt > 0
            else "short_gamma"
        )
        assert told["regime"] == named
        assert (
            told["call_wall"]["strike"] == max(bars, key=lambda b: b["calls"])["strike"]
        )
        assert (
            told["put_wall"]["strike"] == min(bars, key=lambda b: b["puts"])["strike"]
        )
    check_strikes(heard, then, now)
    for wall, leg, pick in (("call_wall", "calls", max), ("put_wall", "puts", min)):
        moved = read["migration"][wall]
        old, new = (
            pick(r["bars"], key=lambda b: b[leg])["strike"] for r in (then, now)
        )
        assert (moved["from"], moved["to"]) == (old, new)
        assert moved["shift_pct"] == pytest.approx(
            (new - old) / now["spot"] * 100, abs=0.006
        )
        if old != new:
            left = {b["strike"]: b[leg] for b in now["bars"]}
            assert moved["old_strike_now"] == near(left[old])
            assert moved.get("marginal", False) is (
                abs(left[new]) < 1.05 * abs(left[old])
            )
    crossed = then["net_exposure"] * now["net_exposure"] < 0
    assert read["net_crossed_zero"] is crossed
    assert ("net crossed zero" in heard.text) is crossed


def check_strikes(heard: Heard, then: Raw, now: Raw) -> None:
    read, columns = heard.json, heard.json["by_strike"]
    one, other = totals(then), totals(now)
    change = {k: other.get(k, 0.0) - one.get(k, 0.0) for k in one.keys() | other.keys()}
    everything = fsum(abs(v) for v in change.values())
    assert read["strikes_total"] == len(change)
    assert read["change_total"] == near(everything)
    for i, strike in enumerate(columns["strike"]):
        assert columns["change"][i] == near(change[strike])
        assert columns["share"][i] == pytest.approx(
            abs(change[strike]) / everything, abs=6e-4
        )
        assert columns["from"][i] == (near(one[strike]) if strike in one else None)
    shown = [abs(change[k]) for k in columns["strike"]]
    hidden = [abs(v) for k, v in change.items() if k not in columns["strike"]]
    assert all(a >= b for a, b in pairwise(shown))
    assert min(shown) >= max(hidden)
    assert read["change_share_shown"] == pytest.approx(
        fsum(shown) / everything, abs=6e-4
    )
    for side in ("below", "above"):
        left = [
            v
            for k, v in change.items()
            if k not in columns["strike"] and (k < now["spot"]) is (side == "below")
        ]
        rest = read[f"rest_{side}"]
        assert rest["n"] == len(left)
        assert rest["change"] == pytest.approx(fsum(left), abs=5e-4 * everything)
    rests = [read[f"rest_{side}"]["change"] for side in ("below", "above")]
    told = [*columns["change"], *rests, read.get("not_by_strike", 0.0)]
    assert abs(fsum(told) - read["net_change"]) <= 1e-9 * everything
    wanted = now["net_exposure"] - then["net_exposure"]
    assert read["net_change"] == near(wanted)


@pytest.mark.parametrize("ticker", ["SPY", "SPX"])
async def test_what_changed_since_the_open(
    market: Connect, stored: Upstream, era: str, ticker: str
) -> None:
    async with market(era) as assistant:
        heard = await assistant.ask("compare_positioning", ticker=ticker)
    rows = await stored(ticker, TODAY, newest=True)
    then = next(r for r in rows if at(r).time() >= time(9, 30))

    check_against(heard, then, rows[-1])
    assert heard.json["since"] == "open"
    assert heard.json["until"] == "now"
    assert heard.json["freshness"] == "live"
    assert heard.json["as_of"] == heard.json["to"]["as_of"]
    assert heard.text.startswith(f"SIMULATED {ticker} since the open (")
    assert heard.json["turns_over"]
    assert all(turn["if"] in heard.text for turn in heard.json["turns_over"])


async def test_did_the_walls_roll_since_yesterday(
    market: Connect, stored: Upstream
) -> None:
    async with market() as assistant:
        heard = await assistant.ask(
            "compare_positioning", ticker="SPY", since="yesterday"
        )
    then = (await stored("SPY", BEFORE))[-1]
    now = (await stored("SPY", TODAY, newest=True))[-1]

    check_against(heard, then, now)
    assert "(15:59:00 ET Wed 18 Nov)" in heard.text.splitlines()[0]
    holds = heard.json["spot_alone"].get("rest_holds", [])
    assert "not_told" in heard.json["spot_alone"] or holds[-1].startswith(
        "new open interest"
    )


async def test_what_changed_between_two_past_moments(
    market: Connect, stored: Upstream
) -> None:
    async with market() as assistant:
        heard = await assistant.ask(
            "compare_positioning", ticker="TSLA", since="10:00", until="10:30"
        )
    rows = await stored("TSLA", TODAY)

    check_against(heard, last_until(rows, time(10)), last_until(rows, time(10, 30)))
    assert heard.json["freshness"] == "historical"
    assert "age_s" not in heard.json
    assert "historical" in heard.text.splitlines()[0]


async def test_later_snapshots_change_nothing_about_past_moments(
    market: Connect, clock: FixedClock
) -> None:
    asked = {"ticker": "SPY", "since": f"{TODAY}T09:45", "until": f"{TODAY}T10:15"}
    heard = []
    for hour in (11, 15):
        clock.instant = clock.instant.replace(hour=hour)
        async with market() as assistant:
            heard.append(await assistant.ask("compare_positioning", **asked))

    assert heard[0].text == heard[1].text
    assert heard[0].json == heard[1].json


async def test_spot_s_part_and_the_rest_are_told_in_both_channels(
    market: Connect,
) -> None:
    async with market() as assistant:
        heard = await assistant.ask(
            "compare_positioning", ticker="TSLA", since="10:00", until="10:30"
        )
    part = heard.json["spot_alone"]
    (line,) = [w for w in heard.text.splitlines() if w.startswith("spot alone")]
    assert part["rest_holds"] == ["positions", "time", "volatility"]
    assert part["method"] in line
    assert "positions, time and volatility not separable further" in line
    rests = [heard.json[f"rest_{side}"]["spot_alone"] for side in ("below", "above")]
    shown = heard.json["by_strike"]["spot_alone"]
    size = fsum(abs(v) for v in (*shown, *rests))
    assert fsum((*shown, *rests)) == pytest.approx(part["change"], abs=1e-3 * size)


async def test_one_snapshot_is_no_change(market: Connect) -> None:
    async with market() as assistant:
        heard = await assistant.ask("compare_positioning", ticker="SPY", since="11:00")

    assert heard.json["same_snapshot"] is True
    assert heard.json["net_change"] == 0
    assert "ONE snapshot" in heard.text.splitlines()[0]


@pytest.mark.parametrize(
    ("since", "until", "fix"),
    [
        ("10:30", "10:00", f"since={TODAY}T10:00, until={TODAY}T10:30"),
        ("now", "yesterday", "since=yesterday, until=now"),
    ],
)
async def test_swapped_moments_are_refused_with_the_call_that_works(
    market: Connect, since: str, until: str, fix: str
) -> None:
    async with market() as assistant:
        refused = await assistant.ask(
            "compare_positioning", ticker="SPY", since=since, until=until
        )
        swapped = dict(part.split("=") for part in fix.split(", "))
        heard = await assistant.ask("compare_positioning", ticker="SPY", **swapped)

    assert refused.refused
    assert refused.code == "bad_date"
    assert fix in refused.text
    assert not heard.refused


async def test_a_moment_before_the_first_snapshot_is_no_data_and_named(
    market: Connect,
) -> None:
    async with market() as assistant:
        heard = await assistant.ask("compare_positioning", ticker="SPY", since="09:10")

    assert heard.code == "no_data"
    assert "since (09:10)" in heard.text


async def test_stale_maps_are_called_stale_in_a_comparison_too(market: Connect) -> None:
    async with market(fault="stale") as assistant:
        heard = await assistant.ask("compare_positioning", ticker="SPY")

    assert heard.text.startswith("SIMULATED STALE SPY since the open")
    assert heard.json["to"]["confidence"] == "low"
    assert "the map is stale" in heard.json["to"]["reasons"]
