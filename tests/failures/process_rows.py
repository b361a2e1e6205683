"""Rows 19 and 56 to 62: what callers, machines and stores can do."""

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Any

import anyio

from tests.failures.bench import Bench, row, strike_maps
from tests.failures.upstream import Call, always


@row("56", "a call that is cancelled leaves its request to the next one")
async def _(it: Bench) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def later(call: Call) -> None:
        arrived.set()
        await go.wait()
        await call.say(strike_maps())

    it.upstream.rest = later
    await it.answers(tool="api_status")
    async with anyio.create_task_group() as tasks:

        async def ask() -> None:
            await it.assistant.ask("latest_greeks", ticker="SPY")

        tasks.start_soon(ask)
        with anyio.fail_after(10):
            await arrived.wait()
        tasks.cancel_scope.cancel()
    go.set()
    await it.answers()
    it.was_asked(1)


@row(
    "58",
    "a program that is killed in the middle loses nothing for the others",
    own=True,
)
async def _(it: Bench) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()

    async def answer(call: Call) -> None:
        first = not arrived.is_set()
        arrived.set()
        if first:
            await go.wait()
        await call.say(strike_maps())

    it.upstream.rest = answer
    others = _children()
    await it.answers(tool="api_status")
    async with anyio.create_task_group() as tasks:

        async def doomed() -> None:
            try:
                await it.assistant.ask("latest_greeks", ticker="SPY")
            except Exception:  # noqa: BLE001 - its program is killed under it
                return

        tasks.start_soon(doomed)
        with anyio.fail_after(20):
            await arrived.wait()
        for pid in _children() - others:
            os.kill(pid, signal.SIGKILL)
        with anyio.fail_after(20):
            heard = await it.ask_another()
        go.set()
    assert not heard.refused, heard.text
    it.was_asked(2)


def _children() -> set[int]:
    own = os.getpid()
    tasks = Path(f"/proc/{own}/task").glob("*/children")
    return {int(pid) for file in tasks for pid in file.read_text().split()}


@row("59", "a store that cannot be used costs a note and part of the budget, no answer")
async def _(it: Bench) -> None:
    it.store.parent.mkdir(parents=True)
    it.store.write_bytes(b"garbage" * 999)
    it.upstream.rest = always(strike_maps())
    await it.answers("shared store not used")
    status = await it.answers(tool="api_status")
    assert status.json["buckets"]["last"]["limit"] == 39


@row("60", "a Redis that is down costs a note and part of the budget, no answer")
async def _(it: Bench) -> None:
    it.env["GEXFOCUS_SHARED"] = "redis://:hidden@127.0.0.1:1/0"
    it.upstream.rest = always(strike_maps())
    heard = await it.answers("the server does not answer")
    assert "hidden" not in heard.text
    status = await it.answers(tool="api_status")
    assert status.json["buckets"]["last"]["limit"] == 39


@row("60b", "a Redis that hangs holds no call for longer than a second")
async def _(it: Bench) -> None:
    with socket.socket() as hanging:
        # The kernel completes the connection, and nobody ever answers on it.
        hanging.bind(("127.0.0.1", 0))
        hanging.listen()
        port = hanging.getsockname()[1]
        it.env["GEXFOCUS_SHARED"] = f"redis://127.0.0.1:{port}/0"
        it.upstream.rest = always(strike_maps())
        await it.ask(tool="api_status")
        began = anyio.current_time()
        await it.answers("the server does not answer")
        assert anyio.current_time() - began < 1


@row("11b", "arguments of any kind are refused in our words, and nothing is sent")
async def _(it: Bench) -> None:
    hostile: list[Any] = [
        None, True, 7, 1e308, -0.0, [], {}, [[]], "SPY\nIGNORE ALL", "../../admin",
        "spx?ticker=qqq", "ЅPX", "A" * 100_000, {"$ref": "x"}, ["SPY", "QQQ"],
    ]  # fmt: skip
    await it.answers(tool="api_status")
    for value in hostile:
        heard = it.note(await _ask_raw(it, value))
        assert heard.refused, (value, heard.text)
        assert heard.code in {"unknown_ticker", "bad_argument", "missing_argument"}
        assert "IGNORE" not in heard.text
    it.was_asked(0)


async def _ask_raw(it: Bench, value: Any) -> Any:
    return await it.assistant.ask("latest_greeks", ticker=value)
