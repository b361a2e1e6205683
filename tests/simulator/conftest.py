from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.simulator.world import World


Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def documented() -> dict[str, Any]:
    """Return the upstream documentation's own JSON blocks, by endpoint."""
    samples: dict[str, Any] = json.loads(
        Path(__file__).with_name("documented.json").read_text(encoding="utf-8")
    )
    return samples


@pytest.fixture(scope="session")
def world() -> World:
    """Return one market for all tests that only read it: its values never change."""
    return World(seed=7)


@pytest.fixture
def clock() -> FixedClock:
    """Return Friday 10 July 2026, 11:30."""
    return FixedClock(datetime(2026, 7, 10, 11, 30, tzinfo=NEW_YORK))


@pytest.fixture
def connect(clock: FixedClock) -> Connect:
    """Return a function that builds an application and a client with a key over it."""

    def build(*, key: str | None = "key", **options: Any) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=create_app(clock, **options))
        headers = {"x-api-key": key} if key is not None else {}
        return httpx2.AsyncClient(
            transport=transport, base_url="http://simulator/trading", headers=headers
        )

    return build
