"""The one place where the simulator is met over a real socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio
import httpx2
import pytest
import websockets

from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.serve import serve


if TYPE_CHECKING:
    from starlette.applications import Starlette

    from gexfocus_mcp.simulator.clock import FixedClock

pytestmark = pytest.mark.anyio


async def started(group: anyio.abc.TaskGroup, app: Starlette) -> int:
    """Start serving and return the port."""
    ready = anyio.Event()
    ports: list[int] = []

    def on_ready(port: int) -> None:
        ports.append(port)
        ready.set()

    group.start_soon(serve, app, "127.0.0.1", 0, on_ready)
    with anyio.fail_after(5):
        await ready.wait()
    return ports[0]


async def test_both_interfaces_work_on_a_chosen_port(clock: FixedClock) -> None:
    async with anyio.create_task_group() as group:
        port = await started(group, create_app(clock))
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}/trading"
        ) as client:
            reply = await client.get("/gex/last/nvda", headers={"x-api-key": "key"})
        assert reply.json()["ticker"] == "NVDA"
        assert reply.headers.get_list("date") == ["Fri, 10 Jul 2026 15:30:00 GMT"]
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/trading/ws/ndf?key=k&ticker=nvda"
        ) as socket:
            with anyio.fail_after(5):
                assert json.loads(await socket.recv())["ticker"] == "NVDA"
        group.cancel_scope.cancel()


async def test_a_refused_stream_closes_with_1008(clock: FixedClock) -> None:
    async with anyio.create_task_group() as group:
        port = await started(group, create_app(clock))
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/trading/ws/ndf?key=k&ticker=gme"
        ) as socket:
            with (
                anyio.fail_after(5),
                pytest.raises(websockets.ConnectionClosed) as closed,
            ):
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        group.cancel_scope.cancel()


async def test_a_cut_stream_ends_without_a_closing_handshake(
    clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with anyio.create_task_group() as group:
        port = await started(group, create_app(clock, fault="stream_cut"))
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/trading/ws/ndf?key=k&ticker=nvda"
        ) as socket:
            with anyio.fail_after(5):
                for _ in range(3):
                    await socket.recv()
                    clock.advance(2)
                with pytest.raises(websockets.ConnectionClosedError) as closed:
                    await socket.recv()
        assert closed.value.rcvd is None
        group.cancel_scope.cancel()
    assert capsys.readouterr() == ("", "")


async def test_a_taken_port_is_an_os_error(clock: FixedClock) -> None:
    async with anyio.create_task_group() as group:
        port = await started(group, create_app(clock))
        with pytest.raises(OSError, match="in use"):
            await serve(create_app(clock), "127.0.0.1", port, print)
        group.cancel_scope.cancel()
