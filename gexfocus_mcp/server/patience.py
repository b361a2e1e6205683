"""Signs of life for a caller who waits: a client that hears nothing for long gives up."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol, TypeVar

import anyio


T = TypeVar("T")

EVERY_S: Final = 2.0


class Report(Protocol):
    """How a caller is told of progress; `progress` only ever grows."""

    async def __call__(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None: ...


async def telling(report: Report, call: Callable[[Report], Awaitable[T]]) -> T:
    """
    What *call* returns or raises; meanwhile the caller is told every two seconds that it goes on.

    *call* is given a report of its own, for steps it can name: whole ones, counted from 1. Between two steps the caller is
    told the last one again, a little further on. A caller who is gone ends the signs and not the call.
    """
    signs = _Signs(report)
    outcome: list[T] = []
    failure: Exception | None = None
    async with anyio.create_task_group() as beside:
        beside.start_soon(signs.go_on)
        try:
            outcome.append(await call(signs.step))
        # Raised again outside, where no group of exceptions is made of it.
        except Exception as raised:  # noqa: BLE001
            failure = raised
        beside.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return outcome[0]


class _Signs:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._done = 0.0
        self._total: float | None = None
        self._said = ""
        self._quiet = 0
        self._told = 0.0

    async def step(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        if progress > self._done:
            self._done, self._total, self._said = progress, total, message or ""
            self._quiet = 0
            await self._tell(progress, self._said)

    async def go_on(self) -> None:
        passed = 0.0
        while True:
            await anyio.sleep(EVERY_S)
            passed += EVERY_S
            self._quiet += 1
            # Never quite at the next step, however long it takes.
            further = self._quiet / (self._quiet + 1)
            words = f"waiting for GEXfocus, {passed:.0f} s"
            await self._tell(
                self._done + further, f"{self._said}; {words}" if self._said else words
            )

    async def _tell(self, progress: float, message: str) -> None:
        if progress > self._told:
            self._told = progress
            total = self._total
            # The last step is told before the end; what comes after it has no known length.
            known = total if total is None or progress <= total else None
            # Whatever a connection comes up with: the answer will find out by itself.
            with suppress(Exception):
                await self._report(progress, known, message)
