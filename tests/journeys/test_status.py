"""What the server says of itself, which costs the upstream nothing."""

import json

import pytest

from tests.journeys.asking import Connect, PlainUpstream, Recorded


pytestmark = pytest.mark.anyio


async def test_the_status_counts_what_was_asked_and_asks_nothing(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, era: str, canary: str
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    upstream.say("/history/ndf/sessions", recorded("history_ndf_sessions"))
    async with live(era) as assistant:
        fresh = await assistant.ask("api_status")
        assert upstream.asked == []
        await assistant.ask("latest_greeks", ticker="QQQ")
        await assistant.ask("latest_greeks", ticker="QQQ")
        await assistant.ask("list_sessions", ticker="QQQ")
        before = list(upstream.asked)
        heard = await assistant.ask("api_status")
    assert upstream.asked == before
    assert len(before) == 2
    assert fresh.json["buckets"]["last"]["used"] == 0
    for name in ("last", "history"):
        bucket = heard.json["buckets"][name]
        assert bucket["used"] == 1
        assert bucket["left"] == bucket["limit"] - 1
        assert f"{bucket['left']} left" in heard.text
    assert heard.json["cache"] == {"entries": 2, "hits": 1, "loads": 2}
    assert heard.json["key"] == "set"
    assert heard.json["host"] == "127.0.0.1"
    assert heard.json["streams"] == []
    assert canary not in heard.text + json.dumps(heard.json)


async def test_the_status_needs_no_key_and_no_upstream(live: Connect) -> None:
    async with live(key=None, base_url="http://127.0.0.1:9/trading") as assistant:
        heard = await assistant.ask("api_status")
    assert not heard.refused
    assert heard.json["key"] == "missing"
    assert "GEXFOCUS_API_KEY" in heard.text


async def test_a_cooldown_is_remembered_with_its_cause(
    live: Connect, upstream: PlainUpstream
) -> None:
    upstream.otherwise = upstream.reply(
        json.dumps({"detail": "API key in cooldown"}), status=429
    )
    async with live() as assistant:
        refused = await assistant.ask("latest_greeks", ticker="QQQ")
        heard = await assistant.ask("api_status")
    assert refused.code == "cooldown"
    assert 100 < heard.json["cooldown_s"] <= 120
    assert heard.json["buckets"]["history"]["blocked_by"] == "cooldown"
    assert "(cooldown)" in heard.text


async def test_an_open_stream_is_listed_with_what_it_heard(market: Connect) -> None:
    async with market() as assistant:
        before = await assistant.ask("api_status")
        await assistant.ask("live_snapshot", ticker="SPX", seconds=0.5)
        heard = await assistant.ask("api_status")
    assert before.json["streams"] == []
    (stream,) = heard.json["streams"]
    assert (stream["ticker"], stream["stream"]) == ("SPX", "live")
    assert stream["ticks"] >= 1
    assert heard.json["source"] == "simulated"
    assert heard.json["session"]["phase"] == "open"
    assert "stream SPX: live" in heard.text
