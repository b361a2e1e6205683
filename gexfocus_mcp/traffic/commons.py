"""
What all processes of one key share, whether there is a store for it or not.

With a store, budgets, blocks, answers and flights are everybody's. Without one, or while it fails,
they are this process's own: a failing store costs a note and part of the budget, never an answer.
What was granted meanwhile is told to the store when it works again.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Final, TypeVar

import anyio
from anyio.abc import TaskGroup

from gexfocus_mcp.traffic.elapsed import elapsed
from gexfocus_mcp.traffic.pace import Grant, LocalPace, Pace, Usage
from gexfocus_mcp.traffic.quota import RollingQuota, Slot
from gexfocus_mcp.traffic.store import Flight, Keepsake, Kept, Store, StoreTrouble


T = TypeVar("T")

_ALONE_SHARE: Final = 3
"""Others may be alone too: each then takes a third of the budget, which three can do at once."""

_LOOK_AGAIN_S: Final = 30.0
_RENEW_S: Final = 1.0
_WATCH_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Slots:
    """One request's slot in every count that holds it; None where one does not."""

    own: object
    stored: object = None
    untold: Slot | None = None


class Turn:
    """
    One process's turn to ask the upstream, or what another's turn has brought.

    Attributes:
        kept: What came of another's; None where it is ours to ask.
    """

    def __init__(self, kept: Kept | None) -> None:
        self.kept = kept
        self.left: Keepsake | None = None

    def leave(self, keepsake: Keepsake) -> None:
        """Leave the outcome for the others."""
        self.left = keepsake


class Commons:
    """
    One key's budgets and answers, shared as far as the store allows.

    Attributes:
        trouble: Why the store is not used at the moment; None while it is, or where there is none.
    """

    def __init__(
        self,
        limits: Mapping[str, tuple[int, float]],
        store: Store | None = None,
        *,
        clock: Callable[[], float] = elapsed,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
    ) -> None:
        """
        Args:
            limits: Slots and seconds of each bucket.
            clock: Elapsed seconds.
        """
        self._limits = limits
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._quotas = {
            name: RollingQuota(limit, window)
            for name, (limit, window) in limits.items()
        }
        self._own = {name: LocalPace(q, clock) for name, q in self._quotas.items()}
        self._untold = self._none_untold()
        self._look_again_at = 0.0
        self.trouble: str | None = None

    @property
    def place(self) -> str | None:
        """Where the store is; None where there is none."""
        return None if self._store is None else self._store.place

    def pace(self, bucket: str) -> Pace:
        return _CommonPace(self, bucket)

    async def claim(self, bucket: str, patience: float) -> Grant:
        limit, window = self._limits[bucket]
        grant = await self._ask(lambda s: s.claim(bucket, limit, window, patience))
        now = self._clock()
        if grant is not None:
            if not grant.claimed:
                return grant
            own = self._quotas[bucket].hold(now + grant.wait, now)
            return replace(grant, slot=_Slots(own, stored=grant.slot))
        grant = await self._own[bucket].claim(patience)
        if not grant.claimed:
            return grant
        untold = self._untold[bucket].hold(now + grant.wait, now)
        return replace(grant, slot=_Slots(grant.slot, untold=untold))

    async def settle(self, bucket: str, slot: object) -> None:
        if not isinstance(slot, _Slots):
            return
        await self._own[bucket].settle(slot.own)
        if slot.untold is not None:
            self._untold[bucket].settle(slot.untold, self._clock())
        if slot.stored is not None:
            await self._ask(lambda s: _done(s.settle(bucket, slot.stored)))

    async def block(self, buckets: Sequence[str], seconds: float, why: str) -> None:
        for bucket in buckets:
            await self._own[bucket].block(seconds, why)
        await self._ask(lambda s: _done(s.block(buckets, seconds, why)))

    async def usage(self, bucket: str) -> Usage:
        limit, window = self._limits[bucket]
        shared = await self._ask(lambda s: s.usage(bucket, limit, window))
        return await self._own[bucket].usage() if shared is None else shared

    @asynccontextmanager
    async def turn(self, question: str, tasks: TaskGroup) -> AsyncIterator[Turn]:
        """
        Wait until *question* is answered or ours to ask; what is left in the turn goes to the others.

        Args:
            tasks: Where signs of life are given while it is ours.
        """
        owner = token_hex(8)
        found = await self._take_off(question, owner)
        turn = Turn(found if isinstance(found, Kept) else None)
        if found is not Flight.OURS:
            yield turn
            # What was kept could not be used, and now there is something better.
            if turn.left is not None:
                await self._ask(lambda s: _done(s.finish(question, owner, turn.left)))
            return
        beating = anyio.CancelScope()
        tasks.start_soon(self._beat, question, owner, beating)
        try:
            yield turn
        finally:
            beating.cancel()
            # Cancelled or not: the others wait for it.
            with anyio.CancelScope(shield=True):
                await self._ask(lambda s: _done(s.finish(question, owner, turn.left)))

    async def find(self, question: str) -> Kept | None:
        """The last answer that any process kept, if it is young enough to stand in."""
        return await self._ask(lambda s: s.find(question))

    async def aclose(self) -> None:
        if self._store is not None:
            try:
                await self._store.aclose()
            except StoreTrouble as trouble:
                self._note(trouble)

    async def _take_off(self, question: str, owner: str) -> Kept | Flight | None:
        """What another brought, or our own flight; None where there is no store to tell."""
        while True:
            found = await self._ask(lambda s: s.begin(question, owner))
            if found is not Flight.THEIRS:
                return found
            # Jittered, so that all who wait do not look at once.
            await self._sleep(_WATCH_S * (0.5 + random.random()))

    async def _beat(self, question: str, owner: str, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                await self._sleep(_RENEW_S)
                await self._ask(lambda s: _done(s.renew(question, owner)))

    async def _ask(self, ask: Callable[[Store], Awaitable[T]]) -> T | None:
        """The store's answer; None where there is no store, or it fails."""
        store = self._store
        if store is None or (
            self.trouble is not None and self._clock() < self._look_again_at
        ):
            return None
        try:
            if self.trouble is not None:
                await self._tell(store)
                self._recover()
            return await ask(store)
        except StoreTrouble as trouble:
            self._note(trouble)
            return None

    def _note(self, trouble: StoreTrouble) -> None:
        self.trouble = trouble.reason
        self._look_again_at = self._clock() + _LOOK_AGAIN_S
        for name, (limit, _) in self._limits.items():
            self._quotas[name].limit = max(1, limit // _ALONE_SHARE)

    def _recover(self) -> None:
        self.trouble = None
        for name, (limit, _) in self._limits.items():
            self._quotas[name].limit = limit

    async def _tell(self, store: Store) -> None:
        """Bring the store up to date with what this process did without it."""
        for name, quota in self._quotas.items():
            now = self._clock()
            await store.hold(name, self._untold[name].ages(now))
            if quota.blocked_until > now:
                seconds = quota.blocked_until - now
                await store.block([name], seconds, quota.blocked_why)
        self._untold = self._none_untold()

    def _none_untold(self) -> dict[str, RollingQuota]:
        """Slots that were granted while the store failed."""
        return {
            name: RollingQuota(limit, window)
            for name, (limit, window) in self._limits.items()
        }


@dataclass(frozen=True, slots=True)
class _CommonPace:
    """One bucket of the commons as a `Pace`."""

    commons: Commons
    bucket: str

    async def claim(self, patience: float) -> Grant:
        return await self.commons.claim(self.bucket, patience)

    async def settle(self, slot: object) -> None:
        await self.commons.settle(self.bucket, slot)

    async def block(self, seconds: float, why: str) -> None:
        await self.commons.block([self.bucket], seconds, why)

    async def usage(self) -> Usage:
        return await self.commons.usage(self.bucket)


async def _done(step: Awaitable[None]) -> bool:
    """Something to tell a step that was done from one that could not be."""
    await step
    return True
