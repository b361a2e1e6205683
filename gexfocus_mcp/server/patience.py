"""Signs of life for a caller who waits: a client that hears nothing for long gives up."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import anyio
from mcp.server.mcpserver import Context


T = TypeVar("T")

EVERY_S: Final = 2.0


async def telling(context: Context[Any, Any], call: Callable[[], Awaitable[T]]) -> T:
    """What *call* returns or raises; meanwhile the caller is told every two seconds that it goes on."""
    outcome: list[T] = []
    failure: Exception | None = None
    async with anyio.create_task_group() as beside:
        beside.start_soon(_tell, context)
        try:
            outcome.append(await call())
        # Raised again outside, where no group of exceptions is made of it.
        except Exception as raised:  # noqa: BLE001
            failure = raised
        beside.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return outcome[0]


async def _tell(context: Context[Any, Any]) -> None:
    passed = 0.0
    while True:
        await anyio.sleep(EVERY_S)
        passed += EVERY_S
        await context.report_progress(
            passed, None, f"waiting for GEXfocus, {passed:.0f} s"
        )
