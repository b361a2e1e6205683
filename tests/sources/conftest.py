"""What every source test is given: recorded bodies, one event loop, and time that moves when told to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint


RECORDED = Path(__file__).parent / "recorded"

Recorded = Callable[[str], dict[str, Any]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def recorded() -> Recorded:
    """A body exactly as the API's document prints it, by name."""

    def read(name: str) -> dict[str, Any]:
        payload = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
        assert isinstance(payload, dict)
        return payload

    return read


class Time:
    """A clock and a sleep that agree: sleepers wake when `advance` reaches their moment."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._sleepers: list[tuple[float, anyio.Event]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        woken = anyio.Event()
        self._sleepers.append((self.now + seconds, woken))
        await woken.wait()

    async def settle(self) -> None:
        """Let every task that can run come to a stop; anyio's own way of it polls ten times a second."""
        for _ in range(25):
            await checkpoint()

    async def advance(self, seconds: float) -> None:
        await self.settle()
        until = self.now + seconds
        while due := [s for s in self._sleepers if s[0] <= until]:
            first = min(due, key=lambda s: s[0])
            self._sleepers.remove(first)
            self.now = max(self.now, first[0])
            first[1].set()
            await self.settle()
        self.now = until


@pytest.fixture
def time() -> Time:
    return Time()
