"""Waits that end early, and say so."""

import anyio
import pytest

from gexfocus_mcp.desk.waits import Waits


pytestmark = pytest.mark.anyio


async def test_a_wait_ends_with_its_time() -> None:
    waits = Waits()
    with anyio.fail_after(5), waits.at_most(0.01):
        await anyio.sleep_forever()

    assert waits.note == ()


async def test_every_wait_under_way_ends_at_once() -> None:
    waits, begun, ended = Waits(), [anyio.Event(), anyio.Event()], list[int]()

    async def wait(number: int) -> None:
        with waits.at_most(60):
            begun[number].set()
            await anyio.sleep_forever()
        ended.append(number)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for number in range(2):
                tasks.start_soon(wait, number)
            for event in begun:
                await event.wait()
            waits.end()

    assert sorted(ended) == [0, 1]
    assert waits.note == ("the server is closing: not waited to the end",)


async def test_a_wait_that_begins_after_the_end_is_over_at_its_first_pause() -> None:
    waits = Waits()
    waits.end()
    with anyio.fail_after(5), waits.at_most(60):
        await anyio.sleep_forever()
