"""Who is let in, what is refused, and with which status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gexfocus_mcp.simulator.app import create_app


if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from gexfocus_mcp.simulator.clock import FixedClock

    Connect = Callable[..., httpx2.AsyncClient]

pytestmark = pytest.mark.anyio

ENDPOINTS = [
    "/history/ndf",
    "/history/ndf/sessions",
    "/gex/last/spx",
    "/delta/last/spx",
    "/vanna/last/spx",
    "/charm/last/spx",
    "/mapa_gamma/last/spx",
    "/history/greeks/gex",
    "/history/greeks/gex/sessions",
    "/greeks/last/spx",
]


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_missing_key_gets_401_everywhere(connect: Connect, path: str) -> None:
    async with connect(key=None) as client:
        reply = await client.get(path)
    assert reply.status_code == 401
    assert set(reply.json()) == {"detail"}


async def test_only_listed_keys_are_let_in(connect: Connect) -> None:
    async with connect(key="other", keys=frozenset({"right"})) as client:
        assert (await client.get("/gex/last/nvda")).status_code == 401
    async with connect(key="right", keys=frozenset({"right"})) as client:
        assert (await client.get("/gex/last/nvda")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gex/last/gme",
        "/greeks/last/spx?greeks=vega",
        "/history/greeks/vega?ticker=spx",
        "/history/greeks/vega/sessions",
        "/history/ndf?ticker=gme",
        "/history/ndf?date=19-05-2026",
        "/history/ndf?date=20260519",
        "/history/ndf?date=2026-02-30",
        "/history/ndf?limit=0",
        "/history/ndf?limit=20001",
        "/history/ndf?limit=many",
        "/history/ndf?every=101",
        "/history/greeks/gex?limit=3001",
        "/history/greeks/gex?every=0",
        "/history/greeks/gex?summary=perhaps",
        "/history/greeks/gex?date=2026-07-09&start=2026-07-08&end=2026-07-09",
        "/history/greeks/gex?start=2026-07-08",
        "/history/greeks/gex?end=2026-07-08",
        "/history/greeks/gex?start=2026-07-05&end=2026-07-10",
        "/history/greeks/gex?start=2026-07-09&end=2026-07-08",
    ],
)
async def test_a_bad_parameter_gets_400_with_a_detail(
    connect: Connect, path: str
) -> None:
    async with connect() as client:
        reply = await client.get(path)
    assert reply.status_code == 400
    assert reply.json()["detail"]


async def test_five_days_are_the_longest_range(connect: Connect) -> None:
    async with connect() as client:
        path = "/history/greeks/gex?ticker=nvda&start=2026-07-06&end=2026-07-10&every=100&summary=true"
        assert (await client.get(path)).status_code == 200


async def test_the_ticker_defaults_to_qqq_and_ignores_case(connect: Connect) -> None:
    async with connect() as client:
        assert (await client.get("/history/ndf/sessions")).json()["ticker"] == "QQQ"
        assert (await client.get("/history/ndf/sessions?ticker=mSfT")).json()[
            "ticker"
        ] == "MSFT"


@pytest.mark.parametrize(
    ("path", "budget"), [("/gex/last/gme", 120), ("/history/greeks/gex/sessions", 60)]
)
async def test_each_bucket_has_its_budget_in_any_minute(
    connect: Connect, path: str, budget: int
) -> None:
    seconds = [0.0]
    async with connect(monotonic=lambda: seconds[0]) as client:
        for _ in range(budget):
            assert (await client.get(path)).status_code != 429
        seconds[0] = 59.9
        refused = await client.get(path)
        assert refused.status_code == 429
        assert refused.json() == {"detail": "rate limit exceeded"}
        other = "/history/ndf/sessions" if "last" in path else "/gex/last/nvda"
        assert (await client.get(other)).status_code == 200
        seconds[0] = 60.0
        assert (await client.get(path)).status_code != 429


async def test_all_greeks_together_count_once(connect: Connect) -> None:
    async with connect(monotonic=lambda: 0.0) as client:
        for _ in range(119):
            await client.get("/gex/last/gme")
        assert (await client.get("/greeks/last/nvda")).status_code == 200
        assert (await client.get("/greeks/last/nvda")).status_code == 429


async def test_keys_have_budgets_of_their_own_and_limits_can_be_off(
    connect: Connect,
) -> None:
    async with connect(monotonic=lambda: 0.0) as client:
        for _ in range(121):
            last = await client.get("/gex/last/gme")
        assert last.status_code == 429
        assert (
            await client.get("/gex/last/gme", headers={"x-api-key": "second"})
        ).status_code == 400
    async with connect(limits=False) as client:
        for _ in range(125):
            last = await client.get("/gex/last/gme")
        assert last.status_code == 400


async def test_replies_carry_the_simulated_time_and_say_they_are_simulated(
    connect: Connect,
) -> None:
    async with connect() as client:
        for path in ("/gex/last/nvda", "/gex/last/gme"):
            reply = await client.get(path)
            assert reply.headers["date"] == "Fri, 10 Jul 2026 15:30:00 GMT"
            assert reply.headers["x-gexfocus-simulated"] == "1"


def test_an_unknown_fault_is_refused_with_the_known_ones(clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="null_greek"):
        create_app(clock, fault="gremlins")
