"""The HTTP service: who may call it, and that it answers as stdio does."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.server.http import build_app, listen
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_simulated_desk


pytestmark = pytest.mark.anyio

TOKEN = "t" * 40
Serve = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 19, 11, 0, tzinfo=NEW_YORK))


@pytest.fixture
def serve(clock: FixedClock) -> Serve:
    """Serves the simulated market over HTTP without a socket; yields a caller with the token, if there is one."""

    @asynccontextmanager
    async def run(
        token: str | None = None, hosts: tuple[str, ...] = (), **headers: str
    ) -> AsyncIterator[httpx2.AsyncClient]:
        market = create_app(clock)
        server = build_server(lambda: open_simulated_desk(market, clock))
        app = build_app(
            server, 8765, token=SecretStr(token) if token else None, hosts=hosts
        )
        transport = httpx2.ASGITransport(app=app)
        async with (
            server.session_manager.run(),
            httpx2.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8765", headers=headers
            ) as caller,
        ):
            yield caller

    return run


def test_a_reply_does_not_wait_for_an_acknowledgement_of_its_head() -> None:
    with (
        listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def ask(caller: httpx2.AsyncClient, era: str, tool: str, **arguments: Any) -> Any:
    transport = streamable_http_client("http://127.0.0.1:8765/mcp", http_client=caller)
    async with Client(transport, mode=era) as client:
        return await client.call_tool(tool, arguments)


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_answers_are_those_of_a_server_without_http(
    serve: Serve, clock: FixedClock, era: str
) -> None:
    market = create_app(clock)
    async with Client(
        build_server(lambda: open_simulated_desk(market, clock))
    ) as direct:
        expected = await direct.call_tool("dealer_positioning", {"ticker": "SPY"})
    async with serve() as caller:
        heard = await ask(caller, era, "dealer_positioning", ticker="SPY")
    assert heard.content == expected.content
    assert heard.structured_content == expected.structured_content


async def test_health_tells_no_secret(serve: Serve) -> None:
    async with serve(TOKEN) as caller:
        reply = await caller.get("/health")
    assert reply.status_code == 200
    assert set(reply.json()) == {"status", "version"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"host": "evil.example"}, 421), ({"origin": "https://evil.example"}, 403)],
)
async def test_health_is_guarded_against_other_sites_too(
    serve: Serve, headers: dict[str, str], status: int
) -> None:
    async with serve() as caller:
        assert (await caller.get("/health", headers=headers)).status_code == status


@pytest.mark.parametrize("bearer", [None, "Bearer wrong", f"Bearer {TOKEN}x", TOKEN])
async def test_a_call_without_the_token_is_refused(
    serve: Serve, bearer: str | None
) -> None:
    headers = {} if bearer is None else {"authorization": bearer}
    async with serve(TOKEN) as caller:
        reply = await caller.post("/mcp", json={}, headers=headers)
    assert reply.status_code == 401
    assert TOKEN not in reply.text


async def test_a_call_with_the_token_is_answered(serve: Serve) -> None:
    async with serve(TOKEN, authorization=f"Bearer {TOKEN}") as caller:
        heard = await ask(caller, "auto", "list_sessions", ticker="SPY")
    assert not heard.is_error


async def test_a_foreign_host_name_is_refused(serve: Serve) -> None:
    async with serve() as caller:
        reply = await caller.post("/mcp", json={}, headers={"host": "evil.example"})
    assert reply.status_code == 421


async def test_a_foreign_origin_is_refused(serve: Serve) -> None:
    async with serve() as caller:
        reply = await caller.post(
            "/mcp", json={}, headers={"origin": "https://evil.example"}
        )
    assert reply.status_code == 403


@pytest.mark.parametrize("named", ["desk.example", "Desk.Example"])
async def test_an_allowed_host_name_is_let_in(serve: Serve, named: str) -> None:
    async with serve(TOKEN, hosts=(named,)) as caller:
        reply = await caller.post(
            "/mcp",
            json={},
            headers={"host": "desk.example", "authorization": f"Bearer {TOKEN}"},
        )
    assert reply.status_code not in {401, 403, 421}
