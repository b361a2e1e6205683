"""Many names in one question: what it costs, what it says with names missing, and that its sums are right."""

import threading
from datetime import UTC, datetime, timedelta
from math import fsum
from random import Random
from typing import Any

import pytest

from tests.journeys.asking import Connect, PlainUpstream


pytestmark = pytest.mark.anyio

ALL = (
    "SPX",
    "NDX",
    "SPY",
    "QQQ",
    "AAPL",
    "MSFT",
    "AMZN",
    "GOOGL",
    "META",
    "NVDA",
    "TSLA",
)
WEIGHTS = (31.5, 0.25, 7.0, 3.0, 12.0, 1.0, 4.5, 9.75, 2.0, 0.0, 6.125)


def document(ticker: str, *, age_s: float = 5, **changes: Any) -> dict[str, Any]:
    """Return a gamma map with awkward numbers, as the feed would send it."""
    draw = Random(ticker)
    spot = draw.uniform(100, 7000)
    taken = datetime.now(UTC) - timedelta(seconds=age_s)
    bars = [
        {
            "strike": round(spot * (0.8 + 0.4 * i / 60), 2),
            "calls": draw.lognormvariate(16, 2),
            "puts": -draw.lognormvariate(16 + draw.gauss(0, 0.2), 2),
        }
        for i in range(60)
    ]
    return {
        "ticker": ticker,
        "ts": taken.timestamp(),
        "ts_iso": taken.isoformat(),
        "session_date": taken.date().isoformat(),
        "spot": spot,
        "net_exposure": fsum(b["calls"] + b["puts"] for b in bars),
        "max_strike": None,
        "bars": bars,
        **changes,
    }


@pytest.fixture
def documents(upstream: PlainUpstream) -> dict[str, dict[str, Any]]:
    """Return the map of every name, which the upstream serves."""
    served = {ticker: document(ticker) for ticker in ALL}
    for ticker, body in served.items():
        upstream.say(f"/gex/last/{ticker}", body)
    return served


Documents = dict[str, dict[str, Any]]


def exactly(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def net(body: dict[str, Any]) -> float:
    stored: float = body["net_exposure"]
    return stored


def tilt(body: dict[str, Any]) -> float:
    gross = fsum(abs(b["calls"]) + abs(b["puts"]) for b in body["bars"])
    return fsum(b["calls"] + b["puts"] for b in body["bars"]) / gross


async def test_eleven_names_cost_eleven_requests_all_under_way_at_once(
    live: Connect, upstream: PlainUpstream, documents: Documents
) -> None:
    together = threading.Barrier(11, timeout=20)
    upstream.before_reply = together.wait
    async with live() as assistant:
        heard = await assistant.ask("scan_tickers")
        assert not together.broken
        upstream.before_reply = lambda: None
        again = await assistant.ask("scan_tickers", sort="ticker")
    assert sorted(upstream.asked) == sorted(f"/gex/last/{t}" for t in ALL)
    assert heard.json["tickers"] == list(ALL)
    assert heard.json["missing"] == []
    assert again.json["rows"]["ticker"] == sorted(ALL)
    assert again.json["cached"] is True


async def test_with_two_names_missing_the_book_is_that_of_the_other_nine(
    live: Connect, upstream: PlainUpstream, documents: Documents
) -> None:
    upstream.say("/gex/last/AAPL", {}, status=503)
    upstream.say(
        "/gex/last/SPY", {**documents["SPY"], "bars": None, "net_exposure": None}
    )
    async with live() as assistant:
        heard = await assistant.ask(
            "scan_tickers", tickers=list(ALL), weights=list(WEIGHTS)
        )
    read, total = heard.json, heard.json["aggregate"]
    assert [(m["ticker"], m["code"]) for m in read["missing"]] == [
        ("SPY", "no_data"),
        ("AAPL", "upstream_down"),
    ]
    left = {t: w for t, w in zip(ALL, WEIGHTS, strict=True) if t not in {"SPY", "AAPL"}}
    held = {t: w / sum(left.values()) * net(documents[t]) for t, w in left.items()}
    size = fsum(map(abs, held.values()))
    assert read["weight_coverage"] == exactly(sum(left.values()) / sum(WEIGHTS))
    assert total["book_net"] == exactly(fsum(held.values()))
    assert total["sum_net"] == exactly(fsum(net(documents[t]) for t in left))
    assert total["weighted_tilt"] == exactly(
        fsum(w * tilt(documents[t]) for t, w in left.items()) / sum(left.values())
    )
    assert total["contribution"] == exactly(
        {t: abs(part) / size * 100 for t, part in held.items()}
    )
    assert total["signed_contribution"] == exactly(
        {t: part / size * 100 for t, part in held.items()}
    )
    assert sum(total["contribution"].values()) == pytest.approx(100, abs=1e-9)
    assert read["breadth"]["negative_weight"] == exactly(
        sum(w for t, w in left.items() if net(documents[t]) < 0) / sum(left.values())
    )
    for words in (
        "scan, 9 of 11 read",
        "missing AAPL [upstream_down]",
        "missing SPY [no_data]",
    ):
        assert words in heard.text
    assert "only 75" in heard.text
    assert "of the original weight" in heard.text


async def test_rows_stay_with_their_names_however_they_are_sorted(
    live: Connect, documents: Documents
) -> None:
    async with live() as assistant:
        for sort in ("tilt", "distance", "ticker"):
            heard = await assistant.ask("scan_tickers", sort=sort)
            rows = heard.json["rows"]
            for i, ticker in enumerate(rows["ticker"]):
                assert rows["tilt"][i] == pytest.approx(
                    tilt(documents[ticker]), abs=6e-4
                )
                assert rows["net"][i] == pytest.approx(net(documents[ticker]), rel=1e-3)
                assert rows["spot"][i] == pytest.approx(
                    documents[ticker]["spot"], abs=0.006
                )
            if sort == "tilt":
                assert rows["tilt"] == sorted(rows["tilt"])
            if sort == "distance":
                away = [abs(d) for d in rows["flip_distance_pct"] if d is not None]
                assert [round(d) for d in away] == sorted(round(d) for d in away)
                assert None not in rows["flip_distance_pct"][: len(away)]


@pytest.mark.parametrize(
    ("body", "reply", "code"),
    [
        ({}, {"status": 404}, "no_data"),
        ({}, {"status": 429, "headers": {"Retry-After": "33"}}, "rate_limited"),
        ("null", {}, "bad_data"),
        ("{", {}, "bad_data"),
        (document("QQQ"), {}, "wrong_ticker"),
        (document("NVDA", bars=[]), {}, "no_data"),
        (
            document("NVDA", bars=[{"strike": 100, "calls": 0.0, "puts": 0.0}]),
            {},
            "no_data",
        ),
    ],
)
async def test_a_name_that_fails_is_listed_with_its_reason_and_sinks_no_other(
    live: Connect,
    upstream: PlainUpstream,
    documents: Documents,
    body: Any,
    reply: dict[str, Any],
    code: str,
) -> None:
    upstream.say("/gex/last/NVDA", body, **reply)
    async with live() as assistant:
        # Last, so that a 429 meets the others already under way.
        heard = await assistant.ask("scan_tickers", tickers=["SPX", "TSLA", "NVDA"])
    assert not heard.refused
    assert heard.json["tickers"] == ["SPX", "TSLA", "NVDA"]
    (missing,) = heard.json["missing"]
    assert (missing["ticker"], missing["code"]) == ("NVDA", code)
    assert f"missing NVDA [{code}] {missing['problem']}" in heard.text
    assert set(heard.json["rows"]["ticker"]) == {"SPX", "TSLA"}
    if code == "rate_limited":
        assert missing["retry_after_s"] == 33


async def test_with_no_name_read_the_most_frequent_failure_is_the_answer(
    live: Connect, upstream: PlainUpstream
) -> None:
    upstream.otherwise = upstream.reply("{}", status=503)
    upstream.say("/gex/last/SPX", {}, status=404)
    async with live() as assistant:
        heard = await assistant.ask("scan_tickers")
    assert heard.refused
    assert heard.code == "upstream_down"


async def test_a_slow_name_is_given_up_alone(
    live: Connect,
    upstream: PlainUpstream,
    documents: Documents,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gexfocus_mcp.desk.scanning.PATIENCE_S", 0.5)
    answered = threading.Event()

    def hold() -> None:
        if upstream.asked[-1].endswith("META"):
            answered.wait(20)

    upstream.before_reply = hold
    async with live() as assistant:
        await assistant.ask("scan_tickers", tickers=["SPX", "SPY"])
        heard = await assistant.ask("scan_tickers", tickers=["SPX", "SPY", "META"])
        answered.set()
    assert [m["code"] for m in heard.json["missing"]] == ["timeout"]
    assert set(heard.json["rows"]["ticker"]) == {"SPX", "SPY"}


async def test_progress_is_told_as_names_arrive(
    live: Connect, documents: Documents
) -> None:
    told: list[tuple[float, float | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total))

    async with live() as assistant:
        await assistant.client.call_tool(
            "scan_tickers", {"tickers": ["SPX", "QQQ", "TSLA"]}, progress_callback=hear
        )
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    "spelling",
    [
        {"tickers": ["SPX", "spy"]},
        {"tickers": "SPX,SPY"},
        {"symbols": '["$SPX", "SPY"]'},
        {"ticker": ["^SPX", "SPY"]},
        {"symbol": "SPXW, SPY"},
    ],
)
async def test_names_may_be_spelt_as_models_spell_them(
    live: Connect, documents: Documents, spelling: dict[str, Any]
) -> None:
    async with live() as assistant:
        heard = await assistant.ask("scan_tickers", **spelling)
    assert heard.json["tickers"] == ["SPX", "SPY"]


async def test_flow_stands_beside_names_whose_stream_is_open_and_opens_none(
    market: Connect,
) -> None:
    async with market() as assistant:
        before = await assistant.ask("scan_tickers")
        await assistant.ask("live_snapshot", ticker="TSLA", seconds=1.5)
        after = await assistant.ask("scan_tickers")
        streams = (await assistant.ask("api_status")).json["streams"]
    assert "ndf_state" not in before.json["rows"]
    rows = after.json["rows"]
    at = rows["ticker"].index("TSLA")
    assert [i for i, state in enumerate(rows["ndf_state"]) if state] == [at]
    assert f"{rows['ndf_threshold_used'][at]:.0%}".replace("%", " %") in after.text
    assert [s["ticker"] for s in streams] == ["TSLA"]


async def test_an_old_map_is_named_and_dates_the_answer(
    live: Connect, upstream: PlainUpstream, documents: Documents
) -> None:
    old = document("MSFT", age_s=6 * 86_400)
    upstream.say("/gex/last/MSFT", old)
    async with live() as assistant:
        heard = await assistant.ask("scan_tickers", tickers=["SPX", "MSFT"])
    assert heard.text.startswith("STALE scan")
    assert heard.json["freshness"] == "stale"
    assert heard.json["as_of"][:10] in {
        datetime.fromisoformat(old["ts_iso"]).date().isoformat(),
        (datetime.fromisoformat(old["ts_iso"]).date() - timedelta(days=1)).isoformat(),
    }
    assert heard.json["spread_s"] == pytest.approx(6 * 86_400, rel=0.01)
    at = heard.json["rows"]["ticker"].index("MSFT")
    assert heard.json["rows"]["freshness"][at] == "stale"
    notes = "; ".join(heard.json["notes"])
    for words in ("stale: MSFT", "not of one instant", "of an earlier session"):
        assert words in notes
        assert words in heard.text
