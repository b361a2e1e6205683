"""
Questions of a program that nobody waits for: where the budget is used up, it sleeps until there is a slot, and it
leaves about a fifth of the budget to whoever sits in front of an assistant meanwhile.

A refusal of the upstream's own (429, a cooldown, an outage) is waited for once; the second one in a row ends it,
because whoever goes on asking is what the limits are against.
"""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Final, TypeVar

from gexfocus_mcp.errors import GexFocusError, RateLimited, Throttled
from gexfocus_mcp.sources.protocol import Fetched, Source
from gexfocus_mcp.traffic.pace import Usage


T = TypeVar("T")

Say = Callable[[str], object]
Sleep = Callable[[float], Awaitable[object]]

_BUDGET: Final = "history"
_WINDOW_S: Final = 61


class Patience:
    """Asks one source, and says what it waits for."""

    def __init__(self, source: Source, say: Say, sleep: Sleep) -> None:
        self._source = source
        self._say = say
        self._sleep = sleep

    async def ask(self, question: Callable[[], Awaitable[Fetched[T]]]) -> T:
        """
        The answer of now: an older one that stands in for it is no answer to whoever keeps it.

        Raises:
            GexFocusError: Waiting did not help, or could not.
        """
        refused = False
        while True:
            await self._leave_room()
            try:
                fetched = await question()
            except GexFocusError as caught:
                failure = caught.with_traceback(None)
            else:
                if fetched.failure is None:
                    return fetched.value
                failure = fetched.failure
            if failure.retry_after is None:
                raise failure
            if await self._is_own_budget(failure):
                what = "for the request budget"
            elif refused:
                raise failure
            else:
                refused, what = True, _reason(failure)
            seconds = max(1, ceil(failure.retry_after))
            self._say(f"waiting {seconds} s {what}")
            await self._sleep(seconds)

    async def _leave_room(self) -> None:
        # Who still has it full after a window would have it full for ever.
        for second in range(_WINDOW_S):
            if await self._has_room():
                return
            if second == 0:
                self._say(
                    "waiting for the request budget, a fifth of which is left to others"
                )
            await self._sleep(1)

    async def _has_room(self) -> bool:
        usage = await self._usage()
        # Of fewer than five there is no fifth.
        if usage is None or usage.limit < 5:
            return True
        return usage.limit - usage.used > usage.limit // 5

    async def _usage(self) -> Usage | None:
        return (await self._source.status()).buckets.get(_BUDGET)

    async def _is_own_budget(self, failure: GexFocusError) -> bool:
        """Whether nothing was sent: the programs that share the key have used its budget up for the moment."""
        if not isinstance(failure, RateLimited):
            return False
        usage = await self._usage()
        # After a 429 the budget is blocked; without one it is only full.
        return usage is not None and usage.blocked_s <= 0


def _reason(failure: GexFocusError) -> str:
    if isinstance(failure, Throttled):
        return f"because the upstream asks for it ({failure.code})"
    return f"and then asking once more: {failure.problem}"
