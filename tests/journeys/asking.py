"""What the journeys share: a plain upstream, and an assistant that asks one server."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mcp import Client
from mcp_types import CallToolResult, TextContent
from websockets.utils import accept_key


Recorded = Callable[[str], dict[str, Any]]

CANARY = "CANARY-4f1c9e7a-key"
ERAS = ("auto", "legacy")
"""2026-07-28, which a current client negotiates, and the handshake of 2025-11-25."""


@dataclass(frozen=True)
class Reply:
    """What the plain upstream says on one path."""

    body: str | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class PlainUpstream:
    """A server that answers each path with a fixed reply and remembers what it was asked."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.otherwise: Reply | None = None
        self.asked: list[str] = []
        self.before_reply: Callable[[], object] = lambda: None
        self.stream: list[str] | None = None
        self.date: str | None = None
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            # A WebSocket client does not even read the status of an HTTP/1.0 answer.
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0].removeprefix("/trading")
                upstream.asked.append(self.path.removeprefix("/trading"))
                upstream.before_reply()
                if upstream.stream is not None and "Upgrade" in self.headers:
                    self._speak(upstream.stream)
                    return
                reply = (
                    upstream.replies.get(path) or upstream.otherwise or Reply("{}", 404)
                )
                body = (
                    reply.body if isinstance(reply.body, bytes) else reply.body.encode()
                )
                self.send_response(reply.status)
                headers = {"content-type": "application/json", **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.send_header("connection", "close")
                self.end_headers()
                # A reader that has what it wants may be gone by now.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(body)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return upstream.date or super().date_time_string(timestamp)

            def _speak(self, messages: list[str]) -> None:
                """Complete a WebSocket handshake, say the messages and hang up."""
                self.send_response(101)
                key = accept_key(self.headers["Sec-WebSocket-Key"])
                for name, value in (
                    ("Upgrade", "websocket"),
                    ("Connection", "Upgrade"),
                    ("Sec-WebSocket-Accept", key),
                ):
                    self.send_header(name, value)
                self.end_headers()
                for message in messages:
                    text = message.encode()
                    self.wfile.write(b"\x81\x7e" + len(text).to_bytes(2) + text)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Keep the test's output its own."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.01},
            daemon=True,
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/trading"

    @property
    def requests(self) -> list[str]:
        """What was asked, streams left out: whether one is opened depends on whether the market is open as the test runs."""
        return [line for line in self.asked if not line.startswith("/ws/")]

    def say(self, path: str, payload: object, **reply: Any) -> None:
        body = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        self.replies[path] = self.reply(body, **reply)

    def reply(self, body: str | bytes, **rest: Any) -> Reply:
        return Reply(body, **rest)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass(frozen=True)
class Heard:
    """Both channels as a client gets them."""

    text: str
    json: dict[str, Any]
    refused: bool

    @property
    def code(self) -> str:
        return self.text.partition("]")[0].lstrip("[")


def hear(result: CallToolResult) -> Heard:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return Heard(
        content.text, dict(result.structured_content or {}), bool(result.is_error)
    )


class Assistant:
    """A client that asks one server."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def ask(self, tool: str, **arguments: Any) -> Heard:
        return hear(await self.client.call_tool(tool, arguments))


Connect = Callable[..., AbstractAsyncContextManager[Assistant]]
