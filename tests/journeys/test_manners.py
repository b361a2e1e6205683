"""What a question costs the upstream, and that the key travels in no URL of REST."""

import threading

import pytest

from tests.journeys.asking import Connect, PlainUpstream, Recorded


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("greeks", [None, ["gex"], ["delta", "charm"]])
async def test_the_strike_maps_cost_one_request_whatever_the_greeks(
    live: Connect, upstream: PlainUpstream, recorded: Recorded, greeks: list[str] | None
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live() as assistant:
        await assistant.ask("latest_greeks", ticker="QQQ", greeks=greeks)
        await assistant.ask("latest_greeks", ticker="QQQ")
    assert upstream.asked == ["/greeks/last/QQQ"]


async def test_the_everyday_read_costs_two_requests_side_by_side(
    live: Connect, upstream: PlainUpstream, recorded: Recorded
) -> None:
    together = threading.Barrier(2, timeout=5)
    upstream.before_reply = together.wait
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    upstream.say("/mapa_gamma/last/QQQ", {**recorded("mapa_gamma"), "ticker": "QQQ"})
    async with live() as assistant:
        heard = await assistant.ask("dealer_positioning", ticker="QQQ")
    assert not together.broken
    assert sorted(upstream.requests) == ["/greeks/last/QQQ", "/mapa_gamma/last/QQQ"]
    assert "net" in heard.json["expiry"]


async def test_the_same_question_within_its_refresh_time_is_answered_from_memory(
    live: Connect, upstream: PlainUpstream, recorded: Recorded
) -> None:
    upstream.say("/greeks/last/QQQ", recorded("greeks_last"))
    async with live() as assistant:
        first = await assistant.ask("latest_greeks", ticker="QQQ")
        second = await assistant.ask(
            "latest_greeks", ticker="$qqq", greeks=["gex", "delta", "vanna", "charm"]
        )
    assert "cached" not in first.json
    assert second.json["cached"] is True
    assert second.json["maps"] == first.json["maps"]
    assert len(upstream.asked) == 1


async def test_the_key_is_in_no_request_line_but_the_streams_which_takes_it_nowhere_else(
    live: Connect, upstream: PlainUpstream, canary: str
) -> None:
    async with live() as assistant:
        for tool in ("dealer_positioning", "ndf_history", "list_sessions"):
            await assistant.ask(tool, ticker="SPY")
    assert upstream.requests
    assert not [line for line in upstream.requests if canary in line]
