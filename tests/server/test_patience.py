"""Signs of life while the upstream takes its time, and no other trace of them."""

import threading

import pytest

from gexfocus_mcp.server import patience
from tests.failures.bench import strike_maps
from tests.journeys.asking import Connect, PlainUpstream
from tests.journeys.conftest import live, upstream


__all__ = ["live", "upstream"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "EVERY_S", 0.02)


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("status", "refused"), [(200, False), (503, True)], ids=["answer", "refusal"]
)
async def test_a_caller_who_waits_is_told_that_it_goes_on(
    live: Connect, upstream: PlainUpstream, era: str, status: int, *, refused: bool
) -> None:
    told = list[tuple[float, str | None]]()
    enough = threading.Event()
    upstream.say("/greeks/last/SPY", strike_maps(), status=status)
    upstream.before_reply = lambda: enough.wait(20)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))
        if len(told) == 3:
            enough.set()

    async with live(era) as it:
        answer = await it.client.call_tool(
            "latest_greeks", {"ticker": "SPY"}, progress_callback=hear
        )

    assert bool(answer.is_error) == refused
    assert len(told) >= 3
    assert [at for at, _ in told] == sorted({at for at, _ in told})
    assert all("waiting for GEXfocus" in (said or "") for _, said in told)


async def test_what_is_raised_stays_what_it_is(live: Connect) -> None:
    async with live() as it:
        heard = await it.ask("latest_greeks", ticker="SPYY")

    assert heard.code == "unknown_ticker"
