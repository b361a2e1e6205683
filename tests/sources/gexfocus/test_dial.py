"""The real connection against a real server on loopback; the key stays in the URL."""

import asyncio
import logging
import logging.config
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio
import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.utils import accept_key

from gexfocus_mcp.errors import NoKey, UntrustedCertificate
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus import dial as dial_module
from gexfocus_mcp.sources.gexfocus.connection import Dial, StreamLost, StreamRefused
from gexfocus_mcp.sources.gexfocus.dial import _to_failure, dialer


pytestmark = pytest.mark.anyio

SPX = Ticker("SPX")
KEY = "CANARY&7f 3a"

Behave = Callable[[ServerConnection], Awaitable[None]]
Judge = Callable[[ServerConnection, Request], Response | None]


@asynccontextmanager
async def upstream(
    behave: Behave, judge: Judge | None = None
) -> AsyncIterator[tuple[Dial, list[str]]]:
    paths: list[str] = []

    def process(connection: ServerConnection, request: Request) -> Response | None:
        paths.append(request.path)
        return None if judge is None else judge(connection, request)

    quiet = logging.getLogger("test.quiet")
    quiet.disabled = True
    with anyio.fail_after(5):
        async with serve(
            behave, "127.0.0.1", 0, process_request=process, logger=quiet
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            yield dialer(f"http://127.0.0.1:{port}/trading", SecretStr(KEY)), paths


async def closes(connection: ServerConnection, code: int = 1000) -> None:
    await connection.close(code)


async def hear(dial: Dial, heard: list[str | bytes]) -> None:
    async with dial(SPX) as connection:
        while True:
            heard.append(await connection.receive())


async def failure_of(dial: Dial) -> StreamLost | StreamRefused:
    with pytest.raises((StreamLost, StreamRefused)) as caught:
        await hear(dial, [])
    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "CANARY" not in said
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    failure = caught.value
    assert isinstance(failure, StreamLost | StreamRefused)
    return failure


async def test_messages_arrive_and_the_url_is_quoted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def two(connection: ServerConnection) -> None:
        await connection.send("one")
        await connection.send(b"two")
        await connection.wait_closed()

    # Whoever configures logging switches every known logger on again.
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    with caplog.at_level(logging.DEBUG):
        async with upstream(two) as (dial, paths), dial(SPX) as connection:
            heard = [await connection.receive(), await connection.receive()]

    assert heard == ["one", b"two"]
    assert paths == ["/trading/ws/ndf?key=CANARY%267f+3a&ticker=SPX"]
    assert "CANARY" not in caplog.text


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1008, StreamRefused),
        (1000, StreamLost),
        (1001, StreamLost),
        (1011, StreamLost),
        (1012, StreamLost),
    ],
)
async def test_a_close_code_is_refused_or_lost(
    code: int, kind: type[Exception]
) -> None:
    async with upstream(lambda c: closes(c, code)) as (dial, paths):
        assert type(await failure_of(dial)) is kind

    assert len(paths) == 1


async def test_messages_before_a_cut_are_delivered() -> None:
    async def cut(connection: ServerConnection) -> None:
        for number in range(5):
            await connection.send(str(number))
        connection.transport.close()

    heard: list[str | bytes] = []
    async with upstream(cut) as (dial, _):
        with pytest.raises(StreamLost):
            await hear(dial, heard)

    assert heard == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, StreamRefused),
        (401, StreamRefused),
        (403, StreamRefused),
        (404, StreamRefused),
        (500, StreamLost),
        (503, StreamLost),
    ],
)
async def test_a_refused_handshake(status: int, kind: type[Exception]) -> None:
    async with upstream(closes, lambda c, _: c.respond(status, "no")) as (dial, paths):
        assert type(await failure_of(dial)) is kind

    assert len(paths) == 1


async def test_a_redirect_is_not_followed() -> None:
    def elsewhere(connection: ServerConnection, _: Request) -> Response:
        response = connection.respond(302, "")
        response.headers["Location"] = "/trading/elsewhere"
        return response

    async with upstream(closes, elsewhere) as (dial, paths):
        assert isinstance(await failure_of(dial), StreamLost)

    assert len(paths) == 1


@pytest.mark.parametrize(
    ("detail", "header", "seconds", "why"),
    [
        ("rate limit exceeded", None, 120, "rate_limited"),
        ("rate limit exceeded", "30", 30, "rate_limited"),
        ("api_key cooldown active", None, 120, "cooldown"),
        ("too many IPs used within 5 minutes", None, 60, "too_many_ips"),
    ],
)
async def test_a_throttled_handshake_says_how_long_and_why(
    detail: str, header: str | None, seconds: float, why: str
) -> None:
    def throttle(connection: ServerConnection, _: Request) -> Response:
        response = connection.respond(429, detail)
        if header is not None:
            response.headers["Retry-After"] = header
        return response

    async with upstream(closes, throttle) as (dial, _):
        failure = await failure_of(dial)

    assert isinstance(failure, StreamLost)
    assert (failure.retry_after, failure.why) == (seconds, why)


async def test_a_frame_over_the_limit_is_a_lost_connection() -> None:
    async def flood(connection: ServerConnection) -> None:
        await connection.send("x" * 300_000)
        await connection.wait_closed()

    async with upstream(flood) as (dial, _):
        assert isinstance(await failure_of(dial), StreamLost)


@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1:{port}/trading",
        "https://127.0.0.1:{port}/trading",
        "http://[broken/trading",
    ],
)
async def test_no_server_or_no_address(base: str) -> None:
    with socket.socket() as unused, anyio.fail_after(5):
        unused.bind(("127.0.0.1", 0))
        dial = dialer(base.format(port=unused.getsockname()[1]), SecretStr(KEY))
        assert isinstance(await failure_of(dial), StreamLost)


async def test_without_a_key_the_way_out_is_named() -> None:
    failure = await failure_of(dialer("http://127.0.0.1:1/trading", None))

    assert isinstance(failure, StreamRefused)
    assert isinstance(failure.problem, NoKey)


async def test_an_untrusted_certificate_is_final() -> None:
    error = ssl.SSLCertVerificationError("self-signed, wss://host?key=CANARY")
    failure = _to_failure(error, lambda: datetime.now(UTC))

    assert isinstance(failure, StreamRefused)
    assert isinstance(failure.problem, UntrustedCertificate)
    assert "CANARY" not in str(failure.problem)


async def test_cancelling_a_receive_loses_nothing() -> None:
    release = anyio.Event()

    async def later(connection: ServerConnection) -> None:
        await release.wait()
        await connection.send("one")
        await connection.wait_closed()

    async with upstream(later) as (dial, _), dial(SPX) as connection:
        with anyio.move_on_after(0.01):
            await connection.receive()
        release.set()

        assert await connection.receive() == "one"


async def test_a_peer_that_answers_no_ping_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connection can be dead without knowing it: silence alone does not tell."""
    monkeypatch.setattr(dial_module, "PING_EVERY", 0.05)
    monkeypatch.setattr(dial_module, "PONG_WITHIN", 0.05)

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        key = head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0].decode()
        writer.write(
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_key(key).encode() + b"\r\n\r\n"
        )
        await reader.read()
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    dial = dialer(f"http://127.0.0.1:{port}/trading", SecretStr(KEY))
    with anyio.fail_after(5), pytest.raises(StreamLost):
        await hear(dial, [])
    server.close()
