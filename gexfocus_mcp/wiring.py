"""From settings to an open desk: the composition root, the one place that chooses what is real."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio
from pydantic import SecretStr

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.settings import DEFAULT_BASE_URL, Settings
from gexfocus_mcp.sources.gexfocus.connection import (
    Connection,
    Dial,
    StreamLost,
    StreamRefused,
)
from gexfocus_mcp.sources.gexfocus.credentials import budget_name
from gexfocus_mcp.sources.gexfocus.dial import dialer
from gexfocus_mcp.sources.gexfocus.endpoints import (
    LIMITS,
    STREAM,
    WITHOUT_LIMIT,
    Bucket,
)
from gexfocus_mcp.sources.gexfocus.listener import Listener
from gexfocus_mcp.sources.gexfocus.source import GexFocus
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.sources.gexfocus.upstream_clock import UpstreamClock
from gexfocus_mcp.traffic.commons import Commons
from gexfocus_mcp.traffic.pace import Pace
from gexfocus_mcp.traffic.store import Store


if TYPE_CHECKING:
    from starlette.types import ASGIApp


DEMO_SEED: Final = 7
# The simulated market takes any key; the real one is not even read in demo mode.
_DEMO_KEY: Final = SecretStr("demo")
_POLICY_VIOLATION: Final = 1008
_BUCKETS: Final = {**LIMITS, STREAM: WITHOUT_LIMIT}


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Open a desk over the upstream, or over the simulated market; needs no network, leaving closes connections."""
    if settings.demo:
        # Imported here, so that a live server never loads the simulator.
        from gexfocus_mcp.simulator.app import create_app
        from gexfocus_mcp.simulator.clock import session_clock

        now = session_clock()
        app = create_app(now, seed=DEMO_SEED)
        async with open_simulated_desk(app, now) as desk:
            yield desk
        return
    commons = open_commons(settings)
    upstream = UpstreamClock(_real_now)
    transport = Transport(
        settings.base_url,
        settings.api_key,
        paces_of(commons),
        hear=upstream.hear,
        proxy=settings.proxy,
    )
    dial = dialer(settings.base_url, settings.api_key, hear=upstream.hear)
    async with _open(
        transport,
        dial,
        commons,
        upstream,
        host=urlsplit(settings.base_url).hostname,
        has_key=settings.api_key is not None,
    ) as desk:
        yield desk


@asynccontextmanager
async def open_simulated_desk(
    app: "ASGIApp", now: Callable[[], datetime]
) -> AsyncIterator[Desk]:
    """
    Open a desk over the simulated upstream in this process: no port, no key, the same client.

    Args:
        app: What `simulator.app.create_app` built.
        now: The clock it was built with: every age is measured against it.
    """
    import httpx2

    commons = Commons(_BUCKETS)
    transport = Transport(
        DEFAULT_BASE_URL,
        _DEMO_KEY,
        paces_of(commons),
        http=httpx2.ASGITransport(app=app),
        now=now,
    )
    upstream = UpstreamClock(now)
    upstream.simulated = True
    async with _open(transport, _dial_in_process(app), commons, upstream) as desk:
        yield desk


@asynccontextmanager
async def _open(
    transport: Transport,
    dial: Dial,
    commons: Commons,
    upstream: UpstreamClock,
    *,
    host: str | None = None,
    has_key: bool = False,
) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(commons.aclose)
        stack.push_async_callback(transport.aclose)
        tasks = await stack.enter_async_context(anyio.create_task_group())
        # Requests still under way when the last caller has gone are not waited for.
        stack.callback(tasks.cancel_scope.cancel)
        live = await stack.enter_async_context(
            Listener(dial, paces=stream_paces_of(commons))
        )
        source = GexFocus(
            transport,
            tasks,
            now=upstream,
            upstream=upstream,
            commons=commons,
            host=host,
            has_key=has_key,
        )
        yield Desk(source, live, upstream)


def _dial_in_process(app: "ASGIApp") -> Dial:
    """Streams of an ASGI application in memory, told in the listener's own terms."""
    from gexfocus_mcp.simulator.inprocess import StreamClosed, open_stream

    @asynccontextmanager
    async def dial(ticker: Ticker) -> AsyncIterator[Connection]:
        query = {"key": _DEMO_KEY.get_secret_value(), "ticker": ticker}
        try:
            async with open_stream(app, path="/trading/ws/ndf", query=query) as stream:
                yield stream
        except StreamClosed as closed:
            if closed.code == _POLICY_VIOLATION:
                raise StreamRefused from None
            raise StreamLost from None

    return dial


def open_store(shared: Path | SecretStr, budget: str) -> Store:
    """The share *budget* of the store at *shared*; nothing is opened before it is used."""
    # Imported by need: most processes use one of them, and a server without a key neither.
    if isinstance(shared, Path):
        from gexfocus_mcp.traffic.file_store.store import FileStore

        return FileStore(shared, budget)
    from gexfocus_mcp.traffic.redis_store.store import RedisStore

    return RedisStore(shared.get_secret_value(), budget)


def open_commons(settings: Settings) -> Commons:
    """What the processes of the settings' key share; nothing is opened before it is used."""
    shared, key = settings.shared, settings.api_key
    if shared is None or key is None:
        return Commons(_BUCKETS)
    return Commons(_BUCKETS, open_store(shared, budget_name(key, settings.base_url)))


def paces_of(commons: Commons) -> dict[Bucket, Pace]:
    """The budgets of *commons* as a transport wants them."""
    return {"last": commons.pace("last"), "history": commons.pace("history")}


def stream_paces_of(commons: Commons) -> dict[Bucket, Pace]:
    """The same as a listener wants them."""
    return {**paces_of(commons), STREAM: commons.pace(STREAM)}


def _real_now() -> datetime:
    return datetime.now(NEW_YORK)
