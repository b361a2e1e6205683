"""
The budget of one bucket as a request sees it: ask for a slot, or learn why there is none.

The interface awaits, although the local implementation has nothing to wait for, because a
budget shared between processes lives behind the same few methods.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from gexfocus_mcp.traffic.quota import RollingQuota, Slot


@dataclass(frozen=True, slots=True)
class Grant:
    """
    The answer to a request for a slot.

    Attributes:
        wait: Seconds until the slot; to be slept before sending if it was claimed.
        claimed: False when the wait exceeds the caller's patience; nothing was taken then.
        why: Name of the block that causes the wait; empty when the window itself is full.
        slot: What was claimed, to be settled; None where nothing was.
        used: Slots that counted before this one, as far as the budget knows.
        life: Which life of a store granted it: a new word means that it has forgotten the one before.
    """

    wait: float
    claimed: bool
    why: str = ""
    slot: object = field(default=None, compare=False)
    used: int = field(default=0, compare=False)
    life: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """
    How much of a budget is in use.

    Attributes:
        used: Requests in the window that ends now.
        blocked_s: Seconds of a remembered block still to run; 0 without one.
        why: Name of that block; empty without one.
    """

    limit: int
    used: int
    blocked_s: float = 0.0
    why: str = ""


class Pace(Protocol):
    """One bucket's budget."""

    async def claim(self, patience: float) -> Grant:
        """Claim the next slot if it is at most *patience* seconds away."""
        ...

    async def settle(self, slot: object) -> None:
        """Tell that the request of a claimed *slot* is over: answered, failed or given up."""
        ...

    async def block(self, seconds: float, why: str) -> None:
        """Let nobody through for *seconds*."""
        ...

    async def usage(self) -> Usage: ...


class LocalPace:
    """A budget of this process alone."""

    def __init__(self, quota: RollingQuota, clock: Callable[[], float]) -> None:
        """
        Args:
            clock: Monotonic seconds.
        """
        self._quota = quota
        self._clock = clock

    async def claim(self, patience: float) -> Grant:
        now = self._clock()
        wait = self._quota.wait(now)
        if wait > patience:
            return Grant(wait, claimed=False, why=self._why(now))
        slot = self._quota.take(now)
        return Grant(slot.at - now, claimed=True, why=self._why(now), slot=slot)

    async def settle(self, slot: object) -> None:
        if isinstance(slot, Slot):
            self._quota.settle(slot, self._clock())

    async def block(self, seconds: float, why: str) -> None:
        self._quota.block(self._clock() + seconds, why)

    async def usage(self) -> Usage:
        now = self._clock()
        return Usage(
            limit=self._quota.limit,
            used=self._quota.used(now),
            blocked_s=max(0.0, self._quota.blocked_until - now),
            why=self._why(now),
        )

    def _why(self, now: float) -> str:
        return self._quota.blocked_why if self._quota.blocked_until > now else ""
