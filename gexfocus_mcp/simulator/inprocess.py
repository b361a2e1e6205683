"""
A WebSocket client that calls an ASGI application in memory, without a port.

What a socket would report is reported the same way: a refused or broken connection is
``StreamClosed`` with its code, 1006 when there was no closing handshake.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream


Message = MutableMapping[str, Any]
ASGIApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[Message]],
        Callable[[Message], Awaitable[None]],
    ],
    Awaitable[None],
]

_ABNORMAL = 1006
_UNREAD = 16


class StreamClosed(Exception):
    """The server ended the stream. *code* is the WebSocket close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class InProcessStream:
    """The client's end. Cancelling ``receive`` loses nothing."""

    _messages: MemoryObjectReceiveStream[Message]
    _closed: StreamClosed | None = None

    async def receive(self) -> str:
        """Return the next text, or raise StreamClosed, again on every later call."""
        if self._closed is not None:
            raise self._closed
        message = await self._messages.receive()
        if message["type"] == "websocket.close":
            self._closed = StreamClosed(
                message.get("code", 1000), message.get("reason") or ""
            )
            raise self._closed
        return str(message["text"])

    async def accepted(self) -> None:
        """Wait for the handshake; a server may refuse it."""
        message = await self._messages.receive()
        if message["type"] != "websocket.accept":
            self._closed = StreamClosed(
                message.get("code", 1000), message.get("reason") or ""
            )
            raise self._closed


@asynccontextmanager
async def open_stream(
    app: ASGIApp, *, path: str, query: Mapping[str, str]
) -> AsyncIterator[InProcessStream]:
    """Connect to *app*; leaving the block disconnects and waits until the application has ended."""
    to_client, messages = anyio.create_memory_object_stream[Message](_UNREAD)
    to_app, requests = anyio.create_memory_object_stream[Message](2)
    failure: Exception | None = None
    with to_client, messages, to_app, requests:
        async with anyio.create_task_group() as group:
            group.start_soon(_run, app, _scope(path, query), requests, to_client)
            try:
                to_app.send_nowait({"type": "websocket.connect"})
                stream = InProcessStream(messages)
                await stream.accepted()
                yield stream
            except Exception as error:  # noqa: BLE001  # raised again below, where no task group wraps it
                failure = error
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _run(
    app: ASGIApp,
    scope: MutableMapping[str, Any],
    requests: MemoryObjectReceiveStream[Message],
    to_client: MemoryObjectSendStream[Message],
) -> None:
    reason = "no close frame received"
    try:
        await app(scope, requests.receive, to_client.send)
    except Exception as error:  # noqa: BLE001  # whatever breaks the server is a broken connection to the client
        reason = f"the server failed: {type(error).__name__}"
    # After a proper close this is one message too many, which nobody reads.
    await to_client.send(
        {"type": "websocket.close", "code": _ABNORMAL, "reason": reason}
    )


def _scope(path: str, query: Mapping[str, str]) -> MutableMapping[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": urlencode(query).encode(),
        "headers": [(b"host", b"simulator")],
        "subprotocols": [],
        "client": ("127.0.0.1", 0),
        "server": ("simulator", 80),
        "state": {},
        "extensions": {},
    }
