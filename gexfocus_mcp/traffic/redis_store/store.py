"""A Redis or Valkey server as a `Store`. Failing must be quick: a call waits at most half a second for it."""

from collections.abc import Awaitable, Callable
from itertools import chain
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from anyio import to_thread

from gexfocus_mcp.traffic.pace import Grant, Usage
from gexfocus_mcp.traffic.packing import as_word, pack, unpack
from gexfocus_mcp.traffic.quota import OVERDUE, Held
from gexfocus_mcp.traffic.redis_store import scripts
from gexfocus_mcp.traffic.store import (
    FLIGHT_S,
    KEEP_FINAL_S,
    KEEP_S,
    LARGEST_ANSWER,
    Flight,
    Keepsake,
    Kept,
    StoreTrouble,
)


if TYPE_CHECKING:
    from redis.asyncio import Redis


T = TypeVar("T")

_SECONDS: Final = 0.5
_FLIGHT_MS: Final = int(FLIGHT_S * 1000)
_OURS: Final = "gexfocus:*"


class RedisStore:
    """One key's share of the server at *url*; connected by the first call."""

    def __init__(self, url: str, budget: str) -> None:
        """
        Args:
            url: `redis://…` or `rediss://…`, checked. It may hold a password, so it is shown to nobody.
            budget: Names whose share it is; no key.
        """
        self._url = url
        self._budget = budget
        self._client: Redis | None = None

    @property
    def place(self) -> str:
        parts = urlsplit(self._url)
        return f"redis at {parts.hostname}:{parts.port or 6379}"

    async def claim(
        self, bucket: str, limit: int, window: float, patience: float
    ) -> Grant:
        number = token_hex(8)
        keys = [self._key(kind, bucket) for kind in ("slots", "block", "life")]
        arguments = [limit, window, patience, OVERDUE, number]

        def read(said: list[Any]) -> Grant:
            claimed, wait, why, used, life = said
            return Grant(
                float(wait),
                claimed=bool(claimed),
                why=_why(why),
                slot=number if claimed else None,
                used=int(used),
                life=_text(life),
            )

        return await self._eval(scripts.CLAIM, keys, arguments, read)

    async def settle(self, bucket: str, slot: object) -> None:
        keys = [self._key("slots", bucket)]
        await self._eval(scripts.SETTLE, keys, [str(slot)], _nothing)

    async def hold(self, bucket: str, held: Held) -> None:
        members = [("s", age) for age in held.settled]
        members += [("o", age) for age in held.open]
        numbered = [(f"{kind}:{token_hex(8)}", age) for kind, age in members]
        keys = [self._key("slots", bucket)]
        await self._eval(scripts.HOLD, keys, [*chain(*numbered)], _nothing)

    async def block(self, bucket: str, seconds: float, why: str) -> None:
        keys = [self._key("block", bucket)]
        await self._eval(scripts.BLOCK, keys, [seconds, why], _nothing)

    async def usage(self, bucket: str, limit: int, window: float) -> Usage:
        keys = [self._key("slots", bucket), self._key("block", bucket)]

        def read(said: list[Any]) -> Usage:
            used, blocked, why = said
            return Usage(limit, int(used), float(blocked), _why(why))

        return await self._eval(scripts.USAGE, keys, [window, OVERDUE], read)

    async def begin(self, question: str, owner: str) -> Kept | Flight:
        keys = [self._key(kind, question) for kind in ("answer", "failure", "flight")]
        found = await self._eval(scripts.BEGIN, keys, [owner, _FLIGHT_MS], _state)
        if found is not None:
            return found
        # What was kept is damaged: it is no answer, so it is taken away and asked for.
        await self._guard(lambda client: client.delete(keys[0]))
        found = await self._eval(scripts.BEGIN, keys, [owner, _FLIGHT_MS], _state)
        return Flight.OURS if found is None else found

    async def renew(self, question: str, owner: str) -> None:
        keys = [self._key("flight", question)]
        await self._eval(scripts.RENEW, keys, [owner, _FLIGHT_MS], _nothing)

    async def finish(self, question: str, owner: str, kept: Keepsake | None) -> None:
        if kept is not None and len(kept.body) <= LARGEST_ANSWER:
            await self._keep(question, kept)
        keys = [self._key("flight", question)]
        await self._eval(scripts.LAND, keys, [owner], _nothing)

    async def find(self, question: str) -> Kept | None:
        keys = [self._key("answer", question)]
        return await self._eval(
            scripts.FIND, keys, [], lambda row: _kept(*row) if row else None
        )

    async def clear(self) -> None:
        async def sweep(client: "Redis") -> None:
            async for key in client.scan_iter(match=_OURS, count=500):
                await client.delete(key)

        await self._guard(sweep)

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await self._guard(lambda _: client.aclose(), client)

    async def _keep(self, question: str, kept: Keepsake) -> None:
        is_final = kept.fresh_for == float("inf")
        if kept.failure:
            keys, stays = [self._key("failure", question)], kept.fresh_for
            fields: list[Any] = ["word", kept.failure]
        else:
            keys = [self._key("answer", question), self._key("failure", question)]
            stays = KEEP_FINAL_S if is_final else KEEP_S
            # In a thread: the largest answers take the time of many calls.
            packed = await to_thread.run_sync(pack, kept.body)
            fields = ["body", packed, "label", kept.label]
        fresh_for = "inf" if is_final else kept.fresh_for
        arguments = [fresh_for, stays, *fields]
        await self._eval(scripts.KEEP, keys, arguments, _nothing)

    def _key(self, kind: str, name: str) -> str:
        # The braces keep one key's share on one node of a cluster, as its scripts need it.
        return f"gexfocus:{{{self._budget}}}:{kind}:{name}"

    async def _eval(
        self,
        script: str,
        keys: list[str],
        arguments: list[Any],
        read: Callable[[Any], T],
    ) -> T:
        async def call(client: "Redis") -> T:
            return read(await client.eval(script, len(keys), *keys, *arguments))

        return await self._guard(call)

    async def _guard(
        self,
        call: Callable[["Redis"], Awaitable[T]],
        client: "Redis | None" = None,
    ) -> T:
        try:
            return await call(client or self._connect())
        # Whatever a library, a server or a proxy in between comes up with is the store's trouble, not a caller's.
        except Exception as error:  # noqa: BLE001
            kind = type(error).__name__
        # Raised out here: the error, whose text may hold the address, goes no further.
        if kind == "AuthenticationError":
            raise StoreTrouble("the server does not accept the login")
        raise StoreTrouble("the server does not answer as a store", passing=True)

    def _connect(self) -> "Redis":
        if self._client is None:
            # Imported at the first call: a third of a second that only replicas have to pay.
            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            self._client = Redis.from_url(
                self._url,
                socket_timeout=_SECONDS,
                socket_connect_timeout=_SECONDS,
                # Its own retries would hold a call for seconds; the next call is the retry.
                retry=Retry(NoBackoff(), 0),
            )
        return self._client


def _nothing(_said: object) -> None:
    """A step has no answer that matters."""


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _why(said: object) -> str:
    return as_word(said) if said else ""


def _state(said: list[Any]) -> Kept | Flight | None:
    """What a question is at; None where what was kept of it is damaged."""
    state, *rest = said
    if _text(state) == "failure":
        return Kept(b"", "", as_word(rest[0]), float(rest[2]))
    return _kept(*rest) if _text(state) == "answer" else Flight(_text(state))


def _kept(body: object, label: object, age: bytes) -> Kept | None:
    unpacked = unpack(body)
    if unpacked is None:
        return None
    return Kept(unpacked, _text(label), "", max(0.0, float(age)))
