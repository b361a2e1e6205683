"""Who may call the HTTP service and how much at once, decided before anything of MCP is parsed."""

import hmac
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Final

import anyio
from pydantic import SecretStr
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


UNGUARDED: Final = "/health"
"""Needs no token: it tells nothing but that it is there."""

LARGEST_BODY: Final = 256 * 1024
"""Bytes of a request; a call of any tool with every argument takes two thousand."""

MOST_AT_ONCE: Final = 512
"""Requests under way, open streams included."""

_BODY_S: Final = 10.0
_READ_ON: Final = 8 * 1024 * 1024


class Guard:
    """
    Lets a request through if it bears the token and comes whole, in time, and not one too many.

    Hosts and origins are checked by the SDK behind it, and by `/health` itself.
    """

    def __init__(
        self, app: ASGIApp, token: SecretStr | None, body_s: float = _BODY_S
    ) -> None:
        """
        Args:
            token: What callers must present; None lets every caller of this machine in.
            body_s: Seconds a caller may take to send the body.
        """
        self._app = app
        self._expected = None if token is None else token.get_secret_value().encode()
        self._body_s = body_s
        self._under_way = 0
        self._streams_end = anyio.Event()
        self._all_end = anyio.Event()

    def end_streams(self) -> None:
        """End the streams that callers hold open for what the server may want to say; calls go on."""
        self._streams_end.set()

    def end_all(self) -> None:
        """End whatever is still under way."""
        self._streams_end.set()
        self._all_end.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # Nothing here speaks it, and nobody has been asked for the token.
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = _lowered(scope)
        refusal = self._refuse(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        with self._counted() as answered:
            body = await self._read(receive)
            if isinstance(body, JSONResponse):
                await body(scope, receive, send)
            else:
                end = self._streams_end if scope["method"] == "GET" else self._all_end
                reply = _Reply(send, answered)
                await self._app(scope, _replay(body, receive, end), reply.send)
                await reply.complete()

    @contextmanager
    def _counted(self) -> Iterator[Callable[[], None]]:
        """
        One request under way, until what is yielded is called: when a caller has its answer the application still
        cleans up, and must not keep the same caller's next request out.
        """
        self._under_way += 1
        is_counted = True

        def answered() -> None:
            nonlocal is_counted
            self._under_way -= is_counted
            is_counted = False

        try:
            yield answered
        finally:
            answered()

    def _refuse(self, scope: Scope) -> JSONResponse | None:
        headers: MutableMapping[bytes, bytes] = dict(scope["headers"])
        if self._expected is not None and scope["path"] != UNGUARDED:
            scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
            if scheme.lower() != b"bearer" or not hmac.compare_digest(
                given, self._expected
            ):
                bearer = {"www-authenticate": "Bearer"}
                return JSONResponse({"error": "unauthorized"}, 401, bearer)
        if self._under_way >= MOST_AT_ONCE:
            later = {"retry-after": "1"}
            return JSONResponse({"error": "too many requests at once"}, 503, later)
        return None

    async def _read(self, receive: Receive) -> list[Message] | JSONResponse:
        """The messages that bring the body; a refusal where it is too large or too slow."""
        messages: list[Message] = []
        size = 0
        with anyio.move_on_after(self._body_s):
            while True:
                message = await receive()
                size += len(message.get("body", b""))
                if size <= LARGEST_BODY:
                    messages.append(message)
                is_last = message["type"] != "http.request" or not message.get(
                    "more_body"
                )
                # What is too large is read on for a while: a caller who still sends would not hear the refusal.
                if size > _READ_ON or (is_last and size > LARGEST_BODY):
                    return _error(413, "the request is too large")
                if is_last:
                    return messages
        return _error(408, "the request did not come in time")


def _lowered(scope: Scope) -> Scope:
    """Host and origin in small letters, as they are compared."""
    headers = [
        (name, value.lower() if name in {b"host", b"origin"} else value)
        for name, value in scope["headers"]
    ]
    return {**scope, "headers": headers}


def _replay(messages: list[Message], receive: Receive, end: anyio.Event) -> Receive:
    """What was read already, then whatever comes; at the *end* that the caller has gone."""
    left = iter(messages)

    async def next_message() -> Message:
        message = next(left, None)
        if message is not None:
            return message
        gone: Message = {"type": "http.disconnect"}
        came = gone

        async def listen() -> None:
            nonlocal came
            came = await receive()
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await end.wait()
            tasks.cancel_scope.cancel()
        return came

    return next_message


class _Reply:
    """Completes a response that its application has left open, as it does when its caller has gone."""

    def __init__(self, send: Send, answered: Callable[[], None]) -> None:
        self._send = send
        self._answered = answered
        self._is_open = False

    async def send(self, message: Message) -> None:
        self._is_open = message["type"] == "http.response.start" or bool(
            message.get("more_body")
        )
        await self._send(message)
        if not self._is_open:
            # Not earlier, or those who do not read would not count; nor later: whoever has read it may ask again.
            self._answered()

    async def complete(self) -> None:
        if self._is_open:
            await self._send({"type": "http.response.body", "body": b""})


def _error(status: int, problem: str) -> JSONResponse:
    # The rest of such a body is not read.
    return JSONResponse({"error": problem}, status, {"connection": "close"})
