"""
The real connection, over `websockets`.

The key travels in the URL (row 22 of the API's defects), so the URL is built at the last moment
and no exception of the library leaves this module: several of them print it.
"""

import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import anyio
import httpx2
from pydantic import SecretStr

from gexfocus_mcp.errors import NoKey, RateLimited, UntrustedCertificate
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus import statuses
from gexfocus_mcp.sources.gexfocus.connection import (
    Connection,
    Dial,
    StreamLost,
    StreamRefused,
)
from gexfocus_mcp.sources.gexfocus.credentials import reveal
from gexfocus_mcp.sources.gexfocus.endpoints import STREAM_PATH
from gexfocus_mcp.sources.gexfocus.throttling import read_throttle


if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection, connect


# A dead connection is told from a silent one within three quarters of a minute.
PING_EVERY: Final = 20.0
PONG_WITHIN: Final = 20.0

# A message is some 1.2 KB.
_LARGEST_FRAME: Final = 256 * 1024
# A server that is asked to end has two seconds altogether.
_CLOSE_TIMEOUT: Final = 0.5
_POLICY_VIOLATION: Final = 1008
# What this side says when it closes for what it was sent: protocol error, wrong kind, no text, too large.
_BROKEN_PROTOCOL: Final = frozenset({1002, 1003, 1007, 1009})
_REFUSING: Final = frozenset({400, 401, 403, 404})
_THROTTLED_FOR: Final = 120.0


def dialer(
    base_url: str,
    key: SecretStr | None,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    hear: Callable[[Mapping[str, str]], object] = lambda _headers: None,
) -> Dial:
    """
    Args:
        base_url: The REST base URL, checked, without a trailing slash; the stream's follows from it.
        key: None where none is set: every stream is refused with the way out.
        now: Wall clock, aware, for a Retry-After that is a date.
        hear: Told the headers of every handshake.
    """

    @asynccontextmanager
    async def dial(ticker: Ticker) -> AsyncIterator[Connection]:
        opened = await _open(base_url, key, ticker, now)
        if isinstance(opened, StreamLost | StreamRefused):
            raise opened
        if opened.response is not None:
            hear(opened.response.headers)
        try:
            yield _Socket(opened)
        finally:
            # Cancelled or not, the closing handshake gets its second.
            with anyio.CancelScope(shield=True):
                await opened.close()

    return dial


class _Socket:
    def __init__(self, connection: "ClientConnection") -> None:
        self._connection = connection

    async def receive(self) -> str | bytes:
        from websockets.exceptions import ConnectionClosed

        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
            complaint = None if closed.sent is None else closed.sent.code
        # Outside the handler, so that the library's error is not kept as the context.
        if code == _POLICY_VIOLATION:
            raise StreamRefused
        raise StreamLost(garbled=complaint in _BROKEN_PROTOCOL)


def _url(base_url: str, key: str, ticker: Ticker) -> str:
    query = urlencode({"key": key, "ticker": ticker})
    # http becomes ws, and https wss.
    return f"ws{base_url.removeprefix('http')}{STREAM_PATH}?{query}"


async def _open(
    base_url: str,
    key: SecretStr | None,
    ticker: Ticker,
    now: Callable[[], datetime],
) -> "ClientConnection | StreamLost | StreamRefused":
    from websockets.exceptions import WebSocketException

    try:
        url = _url(base_url, reveal(key), ticker)
        return await _connect()(
            url,
            ssl=_tls() if url.startswith("wss:") else None,
            max_size=_LARGEST_FRAME,
            close_timeout=_CLOSE_TIMEOUT,
            ping_interval=PING_EVERY,
            ping_timeout=PONG_WITHIN,
            user_agent_header="gexfocus-mcp",
            logger=_silent(),
        )
    except NoKey as problem:
        return StreamRefused(problem)
    # ImportError: a SOCKS proxy is set and its package is not installed.
    except (OSError, EOFError, ValueError, ImportError, WebSocketException) as error:
        return _to_failure(error, now)


def _to_failure(
    error: Exception, now: Callable[[], datetime]
) -> StreamLost | StreamRefused:
    from websockets.exceptions import InvalidStatus

    if isinstance(error, ssl.SSLCertVerificationError):
        return StreamRefused(
            UntrustedCertificate(
                "the stream's certificate cannot be verified",
                "Tell the user: a proxy may intercept TLS, or the computer's clock is wrong.",
            )
        )
    if not isinstance(error, InvalidStatus):
        return StreamLost()
    if error.response.status_code in _REFUSING:
        return StreamRefused(statuses.to_failure(error.response.status_code))
    if error.response.status_code != 429:
        return StreamLost()
    detail = bytes(error.response.body or b"").decode("utf-8", "replace")
    header = error.response.headers.get("Retry-After")
    throttle = read_throttle(detail, header, now())
    if header is None and throttle.why == RateLimited.code:
        return StreamLost(_THROTTLED_FOR, throttle.why)
    return StreamLost(throttle.seconds, throttle.why)


@cache
def _connect() -> "type[connect]":
    # Imported at the first stream: 55 ms that most sessions never need.
    from websockets.asyncio.client import connect

    class ConnectOnce(connect):
        """Does not follow redirects: the key in the URL is meant for one host."""

        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    return ConnectOnce


@cache
def _tls() -> ssl.SSLContext:
    # As for REST, SSL_CERT_FILE included: a company's own authority works for both or for neither.
    return httpx2.create_ssl_context()


@cache
def _silent() -> logging.Logger:
    # websockets prints the request line, key and all, at DEBUG. Not from `getLogger`: whoever configures
    # logging afterwards (uvicorn does) would switch a logger of the tree on again.
    return logging.Logger(f"{__name__}.silent", logging.CRITICAL + 1)  # noqa: LOG001 - see above
