"""
The desk behind the server, opened by the first question.

Listing tools needs no desk, and importing everything that answers takes as long again as half of
the SDK: so a client that only starts the server does not pay for it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from gexfocus_mcp.errors import Closing


if TYPE_CHECKING:
    from gexfocus_mcp.desk.desk import Desk


OpenDesk = Callable[[], AbstractAsyncContextManager["Desk"]]


class FrontDoor:
    """
    Where tools get their desk.

    The desk holds task groups, which have to be left by the task that entered them, so one task of the
    server's own opens it and holds it open; callers only wait until it has.
    """

    def __init__(self, open_desk: OpenDesk) -> None:
        self._open_desk = open_desk
        self._wanted = anyio.Event()
        self._settled = anyio.Event()
        self._leaving = anyio.Event()
        self._left = anyio.Event()
        self._desk: Desk | None = None
        self._failure: Exception | None = None

    async def desk(self) -> "Desk":
        """The desk, opened now if it is not open. Raises what opening it raised."""
        if self._leaving.is_set():
            raise Closing
        self._wanted.set()
        await self._settled.wait()
        if self._desk is None:
            raise self._failure or Closing()
        return self._desk

    async def close(self, grace: float) -> None:
        """
        Close the desk: waits end at once, other questions have *grace* seconds, and what is left is refused.
        """
        if not self._wanted.is_set():
            self._leaving.set()
            return
        if self._desk is not None:
            self._desk.waits.end()
            await anyio.sleep(grace)
        self._leaving.set()
        await self._left.wait()

    async def attend(self) -> None:
        """Open the desk when it is wanted and hold it open; one that breaks is opened anew for the next question."""
        try:
            while not self._leaving.is_set():
                await self._wanted.wait()
                await self._hold()
        finally:
            self._left.set()

    async def _hold(self) -> None:
        try:
            async with self._open_desk() as desk:
                self._desk = desk
                self._settled.set()
                await self._leaving.wait()
        except Exception as failure:  # noqa: BLE001 - it belongs to whoever asked, not to the server
            self._failure = failure
        finally:
            self._desk = None
            self._settled.set()
        if self._leaving.is_set():
            self._failure = None
        else:
            self._wanted, self._settled = anyio.Event(), anyio.Event()


@asynccontextmanager
async def attended(open_desk: OpenDesk) -> AsyncIterator[FrontDoor]:
    """A front door for as long as the server runs; leaving closes the desk."""
    door = FrontDoor(open_desk)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(door.attend)
        yield door
        tasks.cancel_scope.cancel()
