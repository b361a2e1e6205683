"""
A question asked at most once: this process's memory first, then the other processes', then the upstream.

Only bodies that could be read, and were for what was asked, are shared; every process reads them
itself, with the same distrust as if they had come over the network.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from anyio import to_thread
from anyio.abc import TaskGroup

from gexfocus_mcp.errors import GexFocusError, Throttled, Unavailable, UnreadableReply
from gexfocus_mcp.sources.gexfocus.decoding import read_object
from gexfocus_mcp.sources.gexfocus.endpoints import Endpoint
from gexfocus_mcp.sources.gexfocus.queries import Query
from gexfocus_mcp.sources.gexfocus.shared_failures import (
    OWN,
    OWN_FOR,
    find_failure,
    remember_for,
    to_word,
)
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.sources.gexfocus.upstream_clock import UpstreamClock
from gexfocus_mcp.sources.gexfocus.weights import weigh
from gexfocus_mcp.sources.protocol import Fetched
from gexfocus_mcp.traffic.commons import Commons
from gexfocus_mcp.traffic.memo import Memo
from gexfocus_mcp.traffic.store import Keepsake, Kept


T = TypeVar("T")

MEMORY: Final = 96 * 1024 * 1024
"""Roughly how many bytes of answers a process remembers."""

# Above this, parsing would hold up every other request by more than some 10 ms.
_LARGE_BODY: Final = 1024 * 1024


def name_of(path: str, query: Query) -> str:
    """A question's name, the same for whoever asks the same."""
    return f"{path}?{urlencode(sorted(query.items()))}"


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """
    What is asked, and how its answer is read.

    Attributes:
        lifetime: Seconds for which an answer is fresh.
        final: Whether an answer can never change.
        cap: Most bytes of the answer.
    """

    endpoint: Endpoint
    path: str
    query: Query
    lifetime: float
    parse: Callable[[dict[str, Any]], T]
    final: Callable[[T], bool]
    cap: int

    @property
    def name(self) -> str:
        return name_of(self.path, self.query)

    def fresh_for(self, value: T) -> float:
        return inf if self.final(value) else self.lifetime

    async def read(self, body: bytes) -> T:
        """Raises `UnreadableReply`, or what else the parser raises."""

        def parse() -> T:
            return read_object(body, self.parse)

        large = len(body) > _LARGE_BODY
        return await to_thread.run_sync(parse) if large else parse()


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    """
    A value, and how old it was when this process got it from another; None where this one asked.
    """

    value: T
    shared_age: float | None = None


class Asker:
    """
    Asks the upstream's questions.

    Attributes:
        shared: Questions that another process had asked.
    """

    def __init__(
        self,
        transport: Transport,
        tasks: TaskGroup,
        commons: Commons,
        upstream: UpstreamClock,
        *,
        clock: Callable[[], float],
        memory: int = MEMORY,
    ) -> None:
        """
        Args:
            tasks: Where requests run, apart from the callers who wait for them.
            upstream: Told what other processes heard of the upstream's clock.
            clock: Elapsed seconds.
            memory: Roughly how many bytes of answers to remember.
        """
        self._transport = transport
        self._tasks = tasks
        self._commons = commons
        self._upstream = upstream
        self.memo: Memo[_Answer[Any]] = Memo(
            tasks,
            clock,
            capacity=memory,
            weigh=lambda answer: weigh(answer.value),
            remember_failure=remember_for,
        )
        self.shared = 0

    async def ask(self, question: Question[T]) -> Fetched[T]:
        """
        The answer, fresh from wherever it is; an older one where the upstream cannot be asked.

        Raises:
            GexFocusError: There is neither.
        """

        def fresh_for(answer: _Answer[T]) -> float:
            return question.fresh_for(answer.value) - (answer.shared_age or 0.0)

        try:
            got = await self.memo.get(
                question.name, fresh_for, lambda: self._load(question)
            )
        except (Unavailable, Throttled) as failure:
            older = await self._find_older(question)
            if older is None:
                raise
            return Fetched(older, cached=True, failure=failure)
        answer: _Answer[T] = got.value
        return Fetched(answer.value, cached=got.cached or answer.shared_age is not None)

    def at_hand(self, name: str) -> Any:
        """What this process was told to the question of that name, while it is fresh; None where it was not asked."""
        known = self.memo.fresh(name)
        return None if known is None else known.value.value

    async def _load(self, question: Question[T]) -> _Answer[T]:
        async with self._commons.turn(question.name, self._tasks) as turn:
            if turn.kept is not None:
                reused = await self._reuse(question, turn.kept)
                if reused is not None:
                    return reused
            try:
                body = await self._transport.fetch(
                    question.endpoint,
                    question.path,
                    question.query,
                    question.cap,
                )
                value = await question.read(body)
            except GexFocusError as failure:
                word = to_word(failure)
                seconds = OWN_FOR if word == OWN else remember_for(failure)
                turn.leave(Keepsake(failure=word, fresh_for=seconds))
                raise
            label = self._upstream.to_label()
            turn.leave(Keepsake(body, label=label, fresh_for=question.fresh_for(value)))
            return _Answer(value)

    async def _reuse(self, question: Question[T], kept: Kept) -> _Answer[T] | None:
        """What another process was told; None where it cannot be read after all."""
        if kept.failure:
            failure = find_failure(kept.failure)
            if failure is None:
                return None
            self.shared += 1
            raise failure
        try:
            value = await question.read(kept.body)
        except UnreadableReply:
            return None
        self._upstream.recall(kept.label, kept.age)
        self.shared += 1
        return _Answer(value, shared_age=kept.age)

    async def _find_older(self, question: Question[T]) -> T | None:
        """The youngest of what this process and the others still have."""
        own = self.memo.older(question.name)
        own_age = inf if own is None else own.age + (own.value.shared_age or 0.0)
        kept = await self._commons.find(question.name)
        if kept is not None and kept.age < own_age:
            try:
                reused = await self._reuse(question, kept)
            except GexFocusError:
                reused = None
            if reused is not None:
                return reused.value
        return None if own is None else own.value.value
