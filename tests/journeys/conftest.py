"""A question over MCP, answered from the simulated market, from recorded bodies or from a plain server on loopback."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from pydantic import SecretStr

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.settings import Settings
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_desk, open_simulated_desk
from tests.journeys.asking import (
    CANARY,
    ERAS,
    Assistant,
    Connect,
    PlainUpstream,
    Recorded,
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def canary() -> str:
    """A key that may appear nowhere."""
    return CANARY


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def upstream() -> Iterator[PlainUpstream]:
    plain = PlainUpstream()
    yield plain
    plain.close()


@pytest.fixture
def recorded() -> Recorded:
    """A body exactly as the API's document prints it, by name."""
    folder = Path(__file__).parents[1] / "sources" / "recorded"

    def read(name: str) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(
            (folder / f"{name}.json").read_text("utf-8")
        )
        return payload

    return read


@pytest.fixture
def clock() -> FixedClock:
    """Late morning of an ordinary Thursday session."""
    return FixedClock(datetime(2026, 11, 19, 11, 0, tzinfo=NEW_YORK))


@pytest.fixture
def market(clock: FixedClock) -> Connect:
    """Connects to a server over the simulated market, with a fault where one is named."""

    @asynccontextmanager
    async def connect(era: str = "auto", **options: Any) -> AsyncIterator[Assistant]:
        app = create_app(clock, **options)
        server = build_server(lambda: open_simulated_desk(app, clock))
        async with Client(server, mode=era) as client:
            yield Assistant(client)

    return connect


@pytest.fixture
def live(upstream: PlainUpstream) -> Connect:
    """Connects to a server over the plain upstream, with the canary as its key."""

    @asynccontextmanager
    async def connect(
        era: str = "auto",
        *,
        base_url: str | None = None,
        key: str | None = CANARY,
        shared: Path | None = None,
    ) -> AsyncIterator[Assistant]:
        settings = Settings(
            api_key=SecretStr(key) if key else None,
            base_url=base_url or upstream.base_url,
            shared=shared,
        )
        async with Client(
            build_server(lambda: open_desk(settings)), mode=era
        ) as client:
            yield Assistant(client)

    return connect
