"""
A model that asks every question once and then says so, behind the interfaces the hosts speak, on a port of this machine.

It keeps what the host told it: the tools it was offered and, for each call, the words and the pictures that came back.
"""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from tests.clients.dialects import Anthropic, Dialect, Gemini, Responses, Wanted
from tests.clients.hearing import Heard, Report


class ScriptedModel:
    """Serves all three interfaces until closed; `tools` and `heard` are what one host told it."""

    def __init__(self, questions: Mapping[str, dict[str, Any]]) -> None:
        self.tools: list[str] = []
        self.heard: dict[str, Heard] = {}
        self._questions = questions
        self._turn = threading.Lock()
        model = self

        class Handler(_Handler):
            answer = staticmethod(model.answer)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def report(self) -> Report:
        """What the host gave, so far."""
        return Report(tuple(self.tools), self.heard)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _asked(self, name: str) -> str | None:
        """The question's tool that a host offers as *name*, with or without the server's name before it."""
        for tool in self._questions:
            before = name.removesuffix(tool)
            if before != name and (not before or "gexfocus" in before):
                return tool
        return None

    def answer(self, dialect: Dialect, request: dict[str, Any]) -> Wanted | None:
        """Take in what came back, and say which question is next."""
        with self._turn:
            offers = {
                tool: (name, space)
                for name, space in dialect.offered(request)
                if (tool := self._asked(name))
            }
            if not offers:
                # A host's own request: a title, a summary, a check of the way.
                return None
            self.tools = list(offers)
            for name, heard in dialect.results(request):
                if tool := self._asked(name):
                    # A host may let go of what is old; what it first handed on counts.
                    self.heard.setdefault(tool, heard)
            for tool, arguments in self._questions.items():
                if tool in offers and tool not in self.heard:
                    return Wanted(tool, *offers[tool], arguments)
            return None


class _Handler(BaseHTTPRequestHandler):
    """Finds the dialect by the path."""

    answer: ClassVar[Any]

    def do_GET(self) -> None:
        self._send("application/json", b'{"data": [], "models": []}')

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        if path.endswith("/count_tokens"):
            self._send("application/json", b'{"input_tokens": 1}')
        elif path.endswith("/messages"):
            request = json.loads(body)
            self._reply(Anthropic(), request, bool(request.get("stream")))
        elif path.endswith("/responses"):
            request = json.loads(body)
            self._reply(Responses(), request, bool(request.get("stream")))
        elif "enerateContent" in path:
            self._reply(Gemini(), json.loads(body), ":stream" in path)
        else:
            self._send("application/json", b"{}")

    def _reply(self, dialect: Dialect, request: dict[str, Any], streamed: bool) -> None:
        wanted = self.answer(dialect, request)
        if not streamed:
            self._send("application/json", json.dumps(dialect.whole(wanted)).encode())
            return
        lines = []
        for event in dialect.events(wanted):
            if "type" in event:
                lines.append(f"event: {event['type']}\n")
            lines.append(f"data: {json.dumps(event)}\n\n")
        self._send("text/event-stream", "".join(lines).encode())

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
        """Say nothing: the table is what is printed."""
