"""
One process's own count of a bucket: all there is without a store, and what goes on while the store fails.

While the store works it mirrors what was granted, and remembers what the others have used and what
blocks the bucket: a process that is suddenly alone must not take itself for the only one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gexfocus_mcp.traffic.pace import Grant, Usage
from gexfocus_mcp.traffic.quota import RollingQuota, Slot
from gexfocus_mcp.traffic.store import Store


_ALONE_SHARE: Final = 3
"""Others may be alone too: each then takes a third of the budget, which three can do at once."""


@dataclass(frozen=True, slots=True)
class SoloSlot:
    """One request's slot in this process's count, and among what the store has still to be told."""

    own: Slot
    untold: Slot | None = None


class Solo:
    """Never waits and never fails."""

    def __init__(self, limit: int, window: float, clock: Callable[[], float]) -> None:
        """
        Args:
            clock: Elapsed seconds.
        """
        self._limit = limit
        self._window = window
        self._clock = clock
        self._quota = RollingQuota(limit, window)
        self._untold = RollingQuota(limit, window)
        # How many slots of others counted when the store was last heard, and when that was.
        self._others = 0
        self._others_at = float("-inf")
        self._life = ""

    def claim(self, patience: float, *, is_alone: bool) -> Grant:
        """Claim a slot without a store. *is_alone*: there is one, and it fails."""
        now = self._clock()
        self._adjust(now, is_alone=is_alone)
        wait = self._quota.wait(now)
        why = self._why(now)
        if wait > patience:
            return Grant(wait, claimed=False, why=why)
        untold = self._untold.hold(now + wait, now) if is_alone else None
        return Grant(wait, True, why, SoloSlot(self._quota.take(now), untold))

    def refuse(self, patience: float) -> Grant | None:
        """
        What this process knows without asking the store; None where that does not keep it from asking.

        A store that works knows all of it and more, but one that was emptied does not.
        """
        now = self._clock()
        self._quota.limit = self._limit
        wait = self._quota.wait(now)
        return (
            Grant(wait, claimed=False, why=self._why(now)) if wait > patience else None
        )

    def is_forgotten(self, life: str) -> bool:
        """Whether a store that is in this *life* (empty: it did not say) was in another when it was asked last."""
        before, self._life = self._life, life or self._life
        return before not in {"", self._life}

    async def remind(self, store: Store, bucket: str) -> None:
        """
        Tell the store everything this process knows of *bucket*, the others' slots as late as they may have been.

        Each of the others tells its own when it comes, and until this window has passed they count twice:
        too little is granted then, where too much would have been granted before they come.
        """
        now = self._clock()
        held = self._quota.held(now)
        others = (now - self._others_at,) * self._counted_others(now)
        await store.hold(bucket, replace(held, settled=held.settled + others))
        await self._tell_block(store, bucket, now)

    def mirror(self, wait: float) -> SoloSlot:
        """Count a slot that the store granted, *wait* seconds from now."""
        now = self._clock()
        return SoloSlot(self._quota.hold(now + wait, now))

    def learn(self, grant: Grant) -> None:
        """Remember what the store said of the others and of a block."""
        now = self._clock()
        self._others = max(0, grant.used - self._quota.used(now))
        self._others_at = now
        if grant.why and not grant.claimed:
            self.block(grant.wait, grant.why)

    def settle(self, slot: SoloSlot) -> None:
        now = self._clock()
        self._quota.settle(slot.own, now)
        if slot.untold is not None:
            self._untold.settle(slot.untold, now)

    def block(self, seconds: float, why: str) -> None:
        if seconds > 0:
            self._quota.block(self._clock() + seconds, why)

    def usage(self, *, is_alone: bool) -> Usage:
        now = self._clock()
        self._adjust(now, is_alone=is_alone)
        return Usage(
            limit=self._quota.limit,
            used=self._quota.used(now),
            blocked_s=max(0.0, self._quota.blocked_until - now),
            why=self._why(now),
        )

    @property
    def has_news(self) -> bool:
        """Whether something was done that the store has not been told."""
        return bool(self._untold.held(self._clock()))

    async def tell(self, store: Store, bucket: str) -> None:
        """
        Bring the store up to date with what was done without it.

        Raises:
            StoreTrouble: It still fails; nothing is forgotten then.
        """
        now = self._clock()
        told, self._untold = self._untold, RollingQuota(self._limit, self._window)
        held = told.held(now)
        try:
            if held:
                await store.hold(bucket, held)
            await self._tell_block(store, bucket, now)
        except BaseException:
            self._untold.merge(told)
            raise

    async def _tell_block(self, store: Store, bucket: str, now: float) -> None:
        seconds = self._quota.blocked_until - now
        if seconds > 0:
            await store.block(bucket, seconds, self._quota.blocked_why)

    def _adjust(self, now: float, *, is_alone: bool) -> None:
        """Set the limit that this process keeps alone: a third, and no more than the others have left."""
        if not is_alone:
            self._quota.limit = self._limit
            return
        left = min(self._limit // _ALONE_SHARE, self._limit - self._counted_others(now))
        self._quota.limit = max(1, left)

    def _counted_others(self, now: float) -> int:
        return self._others if now < self._others_at + self._window else 0

    def _why(self, now: float) -> str:
        return self._quota.blocked_why if self._quota.blocked_until > now else ""
