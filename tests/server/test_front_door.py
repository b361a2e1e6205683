from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import pytest

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.desk.waits import Waits
from gexfocus_mcp.errors import BadSettings, Closing
from gexfocus_mcp.server.front_door import attended


pytestmark = pytest.mark.anyio


class Opening:
    """Opens a stand-in desk and remembers when."""

    def __init__(self) -> None:
        self.opened = self.closed = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Desk]:
        self.opened += 1
        try:
            yield cast("Desk", object())
        finally:
            self.closed += 1


async def test_nothing_is_opened_until_somebody_asks() -> None:
    opening = Opening()
    async with attended(opening):
        await anyio.lowlevel.checkpoint()
    assert opening.opened == 0


async def test_many_who_ask_at_once_get_one_desk_and_it_is_closed_at_the_end() -> None:
    opening, desks = Opening(), list[Any]()
    async with attended(opening) as door:

        async def ask() -> None:
            desks.append(await door.desk())

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(ask)
        assert opening.closed == 0
    assert len(set(map(id, desks))) == 1
    assert (opening.opened, opening.closed) == (1, 1)


class Waiting:
    """A stand-in desk whose waits can be ended."""

    def __init__(self) -> None:
        self.waits = Waits()


async def test_closing_ends_waits_at_once_and_the_desk_after_its_grace() -> None:
    desk, closed = Waiting(), anyio.Event()

    @asynccontextmanager
    async def opening() -> AsyncIterator[Desk]:
        yield cast("Desk", desk)
        closed.set()

    async with attended(opening) as door:
        await door.desk()
        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(door.close, 0.05)
                with desk.waits.at_most(60):
                    await anyio.sleep_forever()
                assert not closed.is_set()
        assert closed.is_set()
        with pytest.raises(Closing):
            await door.desk()


async def test_closing_a_door_nobody_came_through_is_nothing() -> None:
    async with attended(Opening()) as door:
        with anyio.fail_after(1):
            await door.close(60)


async def test_a_desk_that_cannot_be_opened_is_everybody_s_answer() -> None:
    @asynccontextmanager
    async def failing() -> AsyncIterator[Desk]:
        raise BadSettings("nothing to open", "Set it up.")
        yield

    async with attended(failing) as door:
        for _ in range(2):
            with anyio.fail_after(5), pytest.raises(BadSettings):
                await door.desk()
