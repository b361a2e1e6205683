"""
One request out, one body back; statuses and broken connections become our own failures.

Failures are returned by the functions that catch them and raised outside: an httpx2 error
carries the request, so even a suppressed context would hold the key and the URL.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import anyio
import httpx2
from pydantic import SecretStr

from gexfocus_mcp.errors import (
    GexFocusError,
    Unauthorized,
)
from gexfocus_mcp.sources.gexfocus import breakage, statuses
from gexfocus_mcp.sources.gexfocus.bodies import Take, hand_on, read_start
from gexfocus_mcp.sources.gexfocus.credentials import reveal
from gexfocus_mcp.sources.gexfocus.endpoints import Bucket, Endpoint
from gexfocus_mcp.sources.gexfocus.queries import Query
from gexfocus_mcp.sources.gexfocus.throttling import (
    REFUSED_KEY,
    UNAUTHORIZED,
    WHOLE_KEY,
    Throttle,
    read_throttle,
    to_failure,
    why_unclaimed,
)
from gexfocus_mcp.sources.gexfocus.upstream_clock import find_date
from gexfocus_mcp.traffic.pace import Pace


PATIENCE: Final = 2.0
"""Seconds a call sleeps for its slot; a longer wait is refused."""

DEADLINE: Final = 20.0
"""Seconds for everything: httpx2's own limits are per read, and a slow drip never meets them."""

CONNECT_S: Final = 4.0
READ_S: Final = 8.0

_ATTEMPTS: Final = 2
_CLOSING: Final = 1.0
_LONGEST_DETAIL: Final = 4096
_DETAIL_S: Final = 2.0

_BEFORE_STATUS: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.RemoteProtocolError,
    httpx2.ReadError,
    httpx2.WriteError,
)


Settle = Callable[[], Awaitable[None]]


def silence_loggers() -> None:
    """httpx2 and websockets print URLs, and the MCP SDK turns INFO on for everybody."""
    for name in ("httpx2", "httpcore2", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Transport:
    """The REST side of the API. The key is held here and joins a request when it is sent."""

    def __init__(
        self,
        base_url: str,
        key: SecretStr | None,
        paces: Mapping[Bucket, Pace],
        *,
        http: httpx2.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
        deadline: float | None = None,
        hear: Callable[[Mapping[str, str]], object] = lambda _headers: None,
        proxy: str = "",
    ) -> None:
        """
        Args:
            base_url: Checked, without a trailing slash.
            key: None where none is set: every request is refused with the way out.
            http: Stands in for the network.
            now: Wall clock, aware, for a Retry-After that is a date.
            deadline: Seconds for one `fetch` altogether; `DEADLINE` where left out.
            hear: Told the headers of every answer.
            proxy: The variable that names a proxy, to be looked at where there is no connection.
        """
        self._base_url = base_url
        self._key = key
        self._paces = paces
        self._http = http
        self._now = now
        self._sleep = sleep
        self._deadline = DEADLINE if deadline is None else deadline
        self._hear = hear
        self._proxy = proxy
        self._client: httpx2.AsyncClient | None = None

    async def fetch(
        self, endpoint: Endpoint, path: str, query: Query, cap: int | None = None
    ) -> bytes:
        """
        The body of a 200 reply.

        Args:
            cap: Most bytes of it, decompressed; the endpoint's own where left out.

        Raises:
            NoKey: There is no key to ask with.
            SourceFailure: Any of them; see `statuses`, `throttling` and below.
        """
        body = bytearray()
        await self.pour(endpoint, path, query, cap or endpoint.cap, body.extend)
        return bytes(body)

    async def pour(
        self,
        endpoint: Endpoint,
        path: str,
        query: Query,
        cap: int,
        take: Take,
        deadline: float | None = None,
    ) -> None:
        """
        The same for a body that need not be held as a whole: *take* gets its pieces as they come.

        What was taken counts only once this returns: it may still be refused.

        Args:
            deadline: Seconds altogether, those that *take* needs among them; as for `fetch` where left out.

        Raises:
            NoKey, SourceFailure: As `fetch`.
        """
        # Asked before anything else: without a key no slot is taken.
        reveal(self._key)
        with anyio.move_on_after(self._deadline if deadline is None else deadline):
            return await self._pour(endpoint, path, query, cap, take)
        raise breakage.timed_out()

    async def aclose(self) -> None:
        """Close the connections; a later `fetch` opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _pour(
        self, endpoint: Endpoint, path: str, query: Query, cap: int, take: Take
    ) -> None:
        for _ in range(_ATTEMPTS):
            async with self._slot(endpoint.bucket) as settle:
                response = await self._send(path, query)
                if isinstance(response, GexFocusError):
                    raise response
                if response is None:
                    continue
                try:
                    # The status is here, so the request has been counted: settled before a long body is read.
                    await settle()
                    failure = await self._read(endpoint.bucket, cap, response, take)
                finally:
                    # Cancelled in the middle of a body, the connection must still leave the pool.
                    with anyio.move_on_after(_CLOSING, shield=True):
                        await response.aclose()
            if failure is not None:
                raise failure
            return
        raise breakage.no_connection(self._proxy)

    @asynccontextmanager
    async def _slot(self, bucket: Bucket) -> AsyncIterator[Settle]:
        """A slot of the budget, waited for; what is yielded tells that the upstream has counted the request."""
        pace = self._paces[bucket]
        grant = await pace.claim(PATIENCE)
        if not grant.claimed:
            raise why_unclaimed(bucket, grant)
        settled = False

        async def settle() -> None:
            nonlocal settled
            if not settled:
                settled = True
                await pace.settle(grant.slot)

        try:
            if grant.wait > 0:
                await self._sleep(grant.wait)
                # Another request may have met a 429 meanwhile.
                usage = await pace.usage()
                if usage.blocked_s > 0:
                    raise to_failure(Throttle(usage.why, usage.blocked_s))
            yield settle
        finally:
            # Given up or cancelled, it may have been sent: it is never given back.
            with anyio.move_on_after(_CLOSING, shield=True):
                await settle()

    async def _send(
        self, path: str, query: Query
    ) -> httpx2.Response | GexFocusError | None:
        """The reply with its body still to be read, or why there is none; None without any status line."""
        try:
            client = self._open_client()
            request = client.build_request(
                "GET",
                self._base_url + path,
                params=query,
                headers={"x-api-key": reveal(self._key)},
            )
            return await client.send(request, stream=True)
        except _BEFORE_STATUS as error:
            return (
                breakage.certificate_failure() if breakage.is_untrusted(error) else None
            )
        except (
            httpx2.RequestError,
            httpx2.InvalidURL,
            ImportError,
            OSError,
            ValueError,
        ) as error:
            return breakage.to_failure(error)

    def _open_client(self) -> httpx2.AsyncClient:
        # Built at the first request: its TLS context costs 40 ms that a start-up need not pay.
        if self._client is None:
            silence_loggers()
            self._client = httpx2.AsyncClient(
                transport=self._http,
                headers={"accept-encoding": "gzip", "user-agent": "gexfocus-mcp"},
                timeout=httpx2.Timeout(READ_S, connect=CONNECT_S, pool=5),
                # All eleven names are asked at once, beside whatever else is under way.
                limits=httpx2.Limits(max_connections=24),
                follow_redirects=False,
            )
        return self._client

    async def _read(
        self, bucket: Bucket, cap: int, response: httpx2.Response, take: Take
    ) -> GexFocusError | None:
        """Hand the body on; returns why it cannot be used."""
        try:
            if response.status_code != httpx2.codes.OK:
                return await self._refused(bucket, response)
            # Only an answer says whose market it is of; a gateway's error does not.
            self._hear(response.headers)
            return await hand_on(response, cap, take)
        except (httpx2.RequestError, httpx2.StreamError) as error:
            return breakage.to_failure(error)

    async def _refused(
        self, bucket: Bucket, response: httpx2.Response
    ) -> GexFocusError:
        if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            return await self._throttled(bucket, response)
        if response.status_code == UNAUTHORIZED:
            # A key that is refused here is refused everywhere, whichever process asks.
            for pace in self._paces.values():
                await pace.block(REFUSED_KEY, Unauthorized.code)
        return statuses.to_failure(response.status_code)

    async def _throttled(
        self, bucket: Bucket, response: httpx2.Response
    ) -> GexFocusError:
        header = response.headers.get("retry-after")
        # By the upstream's own clock: the date it names is held against the date it gives itself.
        now = find_date(response.headers) or self._now()
        # Before its words are waited for, which may never come: that it is a 429 is known.
        await self._block(bucket, read_throttle("", header, now))
        with anyio.move_on_after(_DETAIL_S):
            detail = await read_start(response, _LONGEST_DETAIL)
            throttle = read_throttle(detail.decode("utf-8", "replace"), header, now)
            await self._block(bucket, throttle)
            return to_failure(throttle)
        return to_failure(read_throttle("", header, now))

    async def _block(self, bucket: Bucket, throttle: Throttle) -> None:
        closed = tuple(self._paces) if throttle.why in WHOLE_KEY else (bucket,)
        for each in closed:
            await self._paces[each].block(throttle.seconds, throttle.why)
