"""Signs of life while the upstream takes its time, and no other trace of them."""

import threading
from typing import Any

import anyio
import pytest
from mcp_types import (
    ReadResourceRequest,
    ReadResourceRequestParams,
    ReadResourceResult,
)

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


async def test_a_caller_who_is_gone_ends_the_signs_and_not_the_call() -> None:
    heard = anyio.Event()

    async def broken(
        progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        heard.set()
        raise anyio.ClosedResourceError

    async def call(report: patience.Report) -> str:
        await heard.wait()
        await report(1, 2, "one of two")
        return "done"

    with anyio.fail_after(5):
        assert await patience.telling(broken, call) == "done"


async def test_what_is_raised_stays_what_it_is(live: Connect) -> None:
    async with live() as it:
        heard = await it.ask("latest_greeks", ticker="SPYY")

    assert heard.code == "unknown_ticker"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("scan_tickers", {"tickers": ["SPY"]}), ("greeks_history", {"ticker": "SPY"})],
)
async def test_a_tool_that_tells_its_steps_is_not_silent_before_the_first(
    live: Connect, upstream: PlainUpstream, tool: str, arguments: dict[str, Any]
) -> None:
    told = list[tuple[float, str | None]]()
    enough = threading.Event()
    upstream.before_reply = lambda: enough.wait(20)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))
        if len(told) == 3:
            enough.set()

    async with live() as it:
        await it.client.call_tool(tool, arguments, progress_callback=hear)

    assert len(told) >= 3
    assert [at for at, _ in told] == sorted({at for at, _ in told})
    assert all(at < 1 for at, _ in told[:3])
    assert all("waiting for GEXfocus" in (said or "") for _, said in told[:3])


async def test_between_two_steps_the_last_is_told_again_and_nothing_is_told_backwards() -> (
    None
):
    told = list[tuple[float, float | None, str | None]]()
    heard = anyio.Event()

    async def hear(
        progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        told.append((progress, total, message))
        heard.set()

    async def hear_more() -> None:
        nonlocal heard
        heard = anyio.Event()
        await heard.wait()

    async def call(report: patience.Report) -> str:
        await report(1, 3, "SPY: 1 of 3 names")
        await hear_more()
        await report(3, 3, "QQQ: 3 of 3 names")
        await report(2, 3, "late")
        await hear_more()
        return "done"

    with anyio.fail_after(5):
        assert await patience.telling(hear, call) == "done"

    first, again, last, beyond, *_ = told
    assert first == (1, 3, "SPY: 1 of 3 names")
    assert 1 < again[0] < 2
    assert again[1] == 3
    assert str(again[2]).startswith("SPY: 1 of 3 names; waiting for GEXfocus")
    assert last == (3, 3, "QQQ: 3 of 3 names")
    assert beyond[0] > 3
    assert beyond[1] is None


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_whoever_reads_an_address_is_told_that_it_goes_on(
    live: Connect, upstream: PlainUpstream, era: str
) -> None:
    told = list[float]()
    enough = threading.Event()
    upstream.say("/greeks/last/SPY", strike_maps())
    upstream.before_reply = lambda: enough.wait(20)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(progress)
        if len(told) == 2:
            enough.set()

    async with live(era) as it:
        asked = ReadResourceRequest(
            params=ReadResourceRequestParams(uri="gexfocus://SPY/map/gex")
        )
        read = await it.client.session.send_request(
            asked, ReadResourceResult, progress_callback=hear
        )

    assert len(told) >= 2
    assert told == sorted(set(told))
    assert read.contents
