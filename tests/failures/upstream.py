"""An upstream that fails in every way a network knows: bytes are written by hand, so nothing is put right on the way."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from websockets.utils import accept_key


Answer = Callable[["Call"], Awaitable[None]]


class Call:
    """One request, and the ways to answer it."""

    def __init__(
        self,
        path: str,
        headers: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        date: datetime | None,
    ) -> None:
        self.path = path
        self.headers = headers
        self.reader = reader
        self.writer = writer
        self._date = date

    def _now(self) -> str:
        now = self._date or datetime.now(UTC)
        return format_datetime(now.astimezone(UTC), usegmt=True)

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    async def say(
        self,
        body: object = b"{}",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """A whole response; *length* is what it claims to be long."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        said = {
            "content-type": "application/json",
            "content-length": str(len(data) if length is None else length),
            "date": self._now(),
            "connection": "close",
            **(headers or {}),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        await self.raw(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + data)

    def reset(self) -> None:
        """An RST instead of an end."""
        sock = self.writer.get_extra_info("socket")
        # Linger of no seconds makes the kernel reset.
        sock.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.writer.transport.abort()

    async def accept(self) -> None:
        """The WebSocket handshake."""
        key = accept_key(self.headers["sec-websocket-key"])
        date = self._now()
        await self.raw(
            f"HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\ndate: {date}\r\n"
            f"sec-websocket-accept: {key}\r\n\r\n".encode()
        )

    async def frame(self, payload: bytes | str, opcode: int = 1) -> None:
        data = payload.encode() if isinstance(payload, str) else payload
        size = len(data)
        if size < 126:
            head = bytes([0x80 | opcode, size])
        elif size < 65536:
            head = bytes([0x80 | opcode, 126]) + size.to_bytes(2)
        else:
            head = bytes([0x80 | opcode, 127]) + size.to_bytes(8)
        await self.raw(head + data)

    async def close(self, code: int) -> None:
        """A closing handshake with *code*."""
        await self.frame(code.to_bytes(2), opcode=8)
        await self.listen()

    async def listen(self) -> None:
        """Stay until the other side has gone; a close of theirs is answered."""
        with suppress(ConnectionError):
            while data := await self.reader.read(65536):
                if data[0] & 0x0F == 8:
                    return


async def _not_found(call: Call) -> None:
    await call.say({"detail": "nothing here"}, 404)


class FaultyUpstream:
    """
    REST and stream on loopback, each answered by one function that a row puts there.

    Attributes:
        asked: Paths in the order they arrived, without the stream's.
        dialled: How many streams were asked for.
        open: Streams that are open now.
        date: What its clock shows; the real time where None.
    """

    def __init__(self) -> None:
        self.rest: Answer = _not_found
        self.stream: Answer = _not_found
        self.asked: list[str] = []
        self.dialled = 0
        self.open = 0
        self.date: datetime | None = None
        self.port = 0
        self.scheme = "http"

    @property
    def base_url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/trading"

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *rest = head.split("\r\n")
            path = line.split(" ")[1].partition("?")[0].removeprefix("/trading")
            pairs = (entry.partition(":") for entry in rest if entry)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            call = Call(path, headers, reader, writer, self.date)
            if path == "/ws/ndf":
                self.dialled += 1
                self.open += 1
                try:
                    await self.stream(call)
                finally:
                    self.open -= 1
            else:
                self.asked.append(path)
                await self.rest(call)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Cancelled by `serve` at its end, and by nobody else.
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def serve(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        self.scheme = "http" if tls is None else "https"
        tasks = asyncio.all_tasks()
        try:
            yield
        finally:
            server.close()
            for task in asyncio.all_tasks() - tasks - {asyncio.current_task()}:
                if "FaultyUpstream" in repr(task.get_coro()):
                    task.cancel()


def always(body: object = b"{}", status: int = 200, **options: Any) -> Answer:
    """The same response to whatever is asked."""

    async def answer(call: Call) -> None:
        await call.say(body, status, **options)

    return answer
