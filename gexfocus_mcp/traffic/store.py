"""
What processes that use one key share, as a store keeps it: budgets, blocks, answers and flights.

A *question* is whatever asks the upstream for the same thing; a *flight* is one process asking it
while the others wait. Ages and waits are told as seconds, because the machines that share a store
need not share a clock.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from gexfocus_mcp.traffic.pace import Grant, Usage
from gexfocus_mcp.traffic.quota import Held


FLIGHT_S: Final = 4.0
"""Seconds after its last sign of life for which a flight is believed in: a killed process gives none."""

KEEP_S: Final = 3600.0
"""Seconds for which an answer that is no longer fresh may stand in for a new one."""

KEEP_FINAL_S: Final = 30 * 86_400.0
"""The same for one that is good for ever, so that the store does not grow for ever."""

LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""Bytes above which an answer is not worth sharing."""


class StoreTrouble(Exception):
    """
    The store cannot be used.

    Attributes:
        reason: Why, in a few words of ours: nothing of a path, an address or a library's text is in it.
        passing: It may be over in a moment, as when another program holds the store.
        removable: It lies in the place where the store should be, and nobody can be using that as a store.
    """

    def __init__(
        self, reason: str, *, passing: bool = False, removable: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        self.removable = removable


@dataclass(frozen=True, slots=True)
class Keepsake:
    """
    The end of a flight, to be kept for the other processes: an answer, or a failure.

    Attributes:
        body: The answer as it came; empty for a failure.
        label: What else was said with it, as short text.
        failure: A word for what went wrong; empty for an answer.
        fresh_for: Seconds; infinite for what can never change.
    """

    body: bytes = b""
    label: str = ""
    failure: str = ""
    fresh_for: float = 0.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A keepsake found again, *age* seconds after it was kept."""

    body: bytes
    label: str
    failure: str
    age: float


class Flight(Enum):
    """Who asks the upstream now."""

    OURS = "ours"
    THEIRS = "theirs"


class Store(Protocol):
    """One key's share of a store. Everything raises `StoreTrouble` and nothing else."""

    @property
    def place(self) -> str:
        """Where it is, for people: no secret, no path."""
        ...

    async def claim(
        self, bucket: str, limit: int, window: float, patience: float
    ) -> Grant:
        """Claim the next slot of *bucket* if it is at most *patience* seconds away."""
        ...

    async def settle(self, bucket: str, slot: object) -> None:
        """The request of a claimed slot is over."""
        ...

    async def hold(self, bucket: str, held: Held) -> None:
        """Count requests that were made without the store."""
        ...

    async def block(self, bucket: str, seconds: float, why: str) -> None:
        """Let nobody through; a shorter block never ends a longer one."""
        ...

    async def usage(self, bucket: str, limit: int, window: float) -> Usage: ...

    async def begin(self, question: str, owner: str) -> Kept | Flight:
        """What is fresh; else whether *owner* is to ask now, for as long as it keeps renewing."""
        ...

    async def renew(self, question: str, owner: str) -> None:
        """Show that *owner* still asks."""
        ...

    async def finish(self, question: str, owner: str, kept: Keepsake | None) -> None:
        """End the flight of *owner*, leaving what came of it."""
        ...

    async def find(self, question: str) -> Kept | None:
        """The last answer kept, fresh or not, if it is young enough to stand in; never a failure."""
        ...

    async def clear(self) -> None:
        """Forget everything of every key."""
        ...

    async def aclose(self) -> None: ...
