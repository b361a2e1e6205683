"""A Redis or Valkey server as a `Store`. Failing must be quick: a call waits at most half a second for it."""

from collections.abc import Awaitable, Sequence
from itertools import chain
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gexfocus_mcp.traffic.pace import Grant, Usage
from gexfocus_mcp.traffic.packing import pack, unpack
from gexfocus_mcp.traffic.quota import OVERDUE
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
        claimed, wait, why = await self._eval(
            scripts.CLAIM,
            [self._key("slots", bucket), self._key("block", bucket)],
            [limit, window, patience, OVERDUE, number],
        )
        return Grant(
            float(wait), bool(claimed), _text(why), number if claimed else None
        )

    async def settle(self, bucket: str, slot: object) -> None:
        await self._eval(scripts.SETTLE, [self._key("slots", bucket)], [str(slot)])

    async def hold(self, bucket: str, ages: Sequence[float]) -> None:
        numbered = chain.from_iterable((token_hex(8), age) for age in ages)
        await self._eval(scripts.HOLD, [self._key("slots", bucket)], [*numbered])

    async def block(self, buckets: Sequence[str], seconds: float, why: str) -> None:
        keys = [self._key("block", bucket) for bucket in buckets]
        await self._eval(scripts.BLOCK, keys, [seconds, why])

    async def usage(self, bucket: str, limit: int, window: float) -> Usage:
        used, blocked, why = await self._eval(
            scripts.USAGE,
            [self._key("slots", bucket), self._key("block", bucket)],
            [window, OVERDUE],
        )
        return Usage(limit, int(used), float(blocked), _text(why))

    async def begin(self, question: str, owner: str) -> Kept | Flight:
        state, *rest = await self._eval(
            scripts.BEGIN,
            [self._key(kind, question) for kind in ("answer", "failure", "flight")],
            [owner, _FLIGHT_MS],
        )
        if _text(state) == "failure":
            return Kept(b"", "", _text(rest[0]), float(rest[2]))
        if _text(state) == "answer":
            return _unpack(*rest)
        return Flight(_text(state))

    async def renew(self, question: str, owner: str) -> None:
        keys = [self._key("flight", question)]
        await self._eval(scripts.RENEW, keys, [owner, _FLIGHT_MS])

    async def finish(self, question: str, owner: str, kept: Keepsake | None) -> None:
        if kept is not None and len(kept.body) <= LARGEST_ANSWER:
            await self._keep(question, kept)
        await self._eval(scripts.LAND, [self._key("flight", question)], [owner])

    async def find(self, question: str) -> Kept | None:
        row = await self._eval(scripts.FIND, [self._key("answer", question)], [])
        return _unpack(*row) if row else None

    async def clear(self) -> None:
        async def sweep(client: "Redis") -> None:
            async for key in client.scan_iter(match=_OURS, count=500):
                await client.delete(key)

        await self._guard(sweep(self._connect()))

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await self._guard(client.aclose())

    async def _keep(self, question: str, kept: Keepsake) -> None:
        is_final = kept.fresh_for == float("inf")
        if kept.failure:
            keys, stays = [self._key("failure", question)], kept.fresh_for
            fields: list[Any] = ["word", kept.failure]
        else:
            keys = [self._key("answer", question), self._key("failure", question)]
            stays = KEEP_FINAL_S if is_final else KEEP_S
            fields = ["body", pack(kept.body), "label", kept.label]
        fresh_for = "inf" if is_final else kept.fresh_for
        await self._eval(scripts.KEEP, keys, [fresh_for, stays, *fields])

    def _key(self, kind: str, name: str) -> str:
        # The braces keep one key's share on one node of a cluster, as its scripts need it.
        return f"gexfocus:{{{self._budget}}}:{kind}:{name}"

    async def _eval(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        client = self._connect()
        return await self._guard(client.eval(script, len(keys), *keys, *arguments))

    async def _guard(self, call: Awaitable[Any]) -> Any:
        from redis.exceptions import AuthenticationError, RedisError

        try:
            return await call
        except AuthenticationError:
            trouble = StoreTrouble("the server does not accept the login")
        # OSError and ValueError: what its sockets and parsers let through.
        except (RedisError, OSError, ValueError, TimeoutError):
            trouble = StoreTrouble("the server does not answer")
        # Raised out here: the library's error, whose text may hold the address, goes no further.
        raise trouble

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


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _unpack(body: bytes, label: bytes, age: bytes) -> Kept:
    return Kept(unpack(body), _text(label), "", max(0.0, float(age)))
