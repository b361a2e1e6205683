"""
What all processes of one key share, whether there is a store for it or not.

With a store, budgets, blocks, answers and flights are everybody's. Without one, or while it fails,
they are this process's own: a failing store costs a note and part of the budget, never an answer.
What was granted meanwhile is told to the store when it works again.
"""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Final, TypeVar

import anyio
from anyio.abc import TaskGroup

from gexfocus_mcp.traffic.elapsed import elapsed
from gexfocus_mcp.traffic.pace import Grant, Pace, Usage
from gexfocus_mcp.traffic.solo import Solo, SoloSlot
from gexfocus_mcp.traffic.store import Flight, Keepsake, Kept, Store, StoreTrouble


T = TypeVar("T")

_LOOK_AGAIN_S: Final = 30.0
_LOOK_AGAIN_SOON_S: Final = 5.0
_RENEW_S: Final = 1.0
_WATCH_S: Final = (0.04, 0.5)
_LANDING_S: Final = 2.0
_PARTING_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Slots:
    """One request's slot in this process's own count, and in the store's; None where that does not hold it."""

    own: SoloSlot
    stored: object = None


class Turn:
    """
    One process's turn to ask the upstream, or what another's turn has brought.

    Attributes:
        kept: What came of another's; None where this process is to ask.
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
        self._own = {
            name: Solo(limit, window, clock) for name, (limit, window) in limits.items()
        }
        self._look_again_at = 0.0
        self._recovering = anyio.Lock()
        self.trouble: str | None = None

    @property
    def place(self) -> str | None:
        """Where the store is; None where there is none."""
        return None if self._store is None else self._store.place

    def pace(self, bucket: str) -> Pace:
        return _CommonPace(self, bucket)

    async def claim(self, bucket: str, patience: float) -> Grant:
        limit, window = self._limits[bucket]
        own = self._own[bucket]
        known = own.refuse(patience) if self.trouble is None else None
        if known is not None:
            return known
        grant = await self._ask(lambda s: s.claim(bucket, limit, window, patience))
        if grant is None:
            grant = own.claim(patience, is_alone=self.trouble is not None)
            return replace(grant, slot=_Slots(grant.slot)) if grant.claimed else grant  # type: ignore[arg-type]  # a claimed grant of one's own has its slot
        if own.is_forgotten(grant.life):
            # It was emptied, or another was put in its place: there is nothing to learn from it.
            await self._ask(lambda s: own.remind(s, bucket))
        else:
            own.learn(grant)
        if not grant.claimed:
            return grant
        return replace(grant, slot=_Slots(own.mirror(grant.wait), grant.slot))

    async def settle(self, bucket: str, slot: object) -> None:
        if not isinstance(slot, _Slots):
            return
        self._own[bucket].settle(slot.own)
        if slot.stored is not None:
            await self._ask(lambda s: s.settle(bucket, slot.stored))

    async def block(self, bucket: str, seconds: float, why: str) -> None:
        self._own[bucket].block(seconds, why)
        await self._ask(lambda s: s.block(bucket, seconds, why))

    async def usage(self, bucket: str) -> Usage:
        limit, window = self._limits[bucket]
        shared = await self._ask(lambda s: s.usage(bucket, limit, window))
        own = self._own[bucket]
        if shared is None:
            return own.usage(is_alone=self.trouble is not None)
        own.block(shared.blocked_s, shared.why)
        return shared

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
        beating = anyio.CancelScope()
        if found is Flight.OURS:
            tasks.start_soon(self._beat, question, owner, beating)
        try:
            yield turn
        finally:
            beating.cancel()
            # Without a flight of its own, only what is better than what was kept is told.
            if found is Flight.OURS or turn.left is not None:
                # Cancelled or not: the others wait for it.
                is_leaving = anyio.current_effective_deadline() < 0
                seconds = _PARTING_S if is_leaving else _LANDING_S
                with anyio.move_on_after(seconds, shield=True):
                    await self._ask(lambda s: s.finish(question, owner, turn.left))

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
        pause, longest = _WATCH_S
        while True:
            found = await self._ask(lambda s: s.begin(question, owner))
            if found is not Flight.THEIRS:
                return found
            # Jittered, so that all who wait do not look at once.
            await self._sleep(pause * (0.5 + random.random()))
            pause = min(longest, pause * 1.3)

    async def _beat(self, question: str, owner: str, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                await self._sleep(_RENEW_S)
                await self._ask(lambda s: s.renew(question, owner))

    async def _ask(self, ask: Callable[[Store], Awaitable[T]]) -> T | None:
        """The store's answer; None where there is no store, or it fails."""
        store = self._store
        if store is None:
            return None
        if self.trouble is not None and not await self._recover(store):
            return None
        try:
            return await ask(store)
        except StoreTrouble as trouble:
            self._note(trouble)
            return None

    def _note(self, trouble: StoreTrouble) -> None:
        self.trouble = trouble.reason
        pause = _LOOK_AGAIN_SOON_S if trouble.passing else _LOOK_AGAIN_S
        self._look_again_at = self._clock() + pause

    async def _recover(self, store: Store) -> bool:
        """Whether the store works again and knows what this process did without it; one at a time finds out."""
        if self._recovering.locked() or self._clock() < self._look_again_at:
            return False
        async with self._recovering:
            try:
                told = False
                # Whoever asks meanwhile goes on alone, so there may be news again.
                while not told or any(own.has_news for own in self._own.values()):
                    for name, own in self._own.items():
                        await own.tell(store, name)
                    told = True
            except StoreTrouble as trouble:
                self._note(trouble)
                return False
            self.trouble = None
            return True


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
        await self.commons.block(self.bucket, seconds, why)

    async def usage(self) -> Usage:
        return await self.commons.usage(self.bucket)
