"""Who is let in, and how much of what they send is read."""

from collections.abc import AsyncIterator

import anyio
import httpx2
import pytest
from pydantic import SecretStr
from starlette.types import Message, Receive, Scope, Send

from gexfocus_mcp.server import guard
from gexfocus_mcp.server.guard import LARGEST_BODY, Guard


pytestmark = pytest.mark.anyio

TOKEN = SecretStr("t" * 40)
BEARER = {"authorization": f"Bearer {'t' * 40}"}


class Echo:
    """Answers with the length of the body, when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = anyio.Event()
        self.go.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        await self.go.wait()
        start: Message = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": str(size).encode()})


def caller(app: Guard) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8765"
    )


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, "/mcp", 401),
        ({"authorization": "Bearer wrong"}, "/mcp", 401),
        ({"authorization": "t" * 40}, "/mcp", 401),
        ({"authorization": f"Bearer {'t' * 41}"}, "/mcp", 401),
        (BEARER, "/mcp", 200),
        ({"authorization": f"bearer {'t' * 40}"}, "/mcp", 200),
        ({"authorization": "Bearer"}, "/mcp", 401),
        ({}, "/health", 200),
        ({}, "/HEALTH", 401),
        ({}, "/health/", 401),
    ],
)
async def test_the_token_opens_everything_but_health(
    headers: dict[str, str], path: str, status: int
) -> None:
    echo = Echo()
    async with caller(Guard(echo, TOKEN)) as client:
        reply = await client.post(path, headers=headers)

    assert reply.status_code == status
    assert echo.asked == (status == 200)
    assert "t" * 40 not in reply.text


async def test_a_caller_may_write_its_host_in_capitals() -> None:
    seen = list[tuple[bytes, bytes]]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(scope["headers"])
        await Echo()(scope, receive, send)

    async with caller(Guard(app, None)) as client:
        await client.post("/mcp", headers={"host": "Desk.Example", "x-own": "Own"})

    assert (b"host", b"desk.example") in seen
    assert (b"x-own", b"Own") in seen


async def test_without_a_token_everybody_on_this_machine_is_let_in() -> None:
    async with caller(Guard(Echo(), None)) as client:
        assert (await client.post("/mcp")).status_code == 200


@pytest.mark.parametrize(
    ("size", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)]
)
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_is_read_up_to_its_cap(
    size: int, status: int, *, announced: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // 1024):
            yield bytes(1024)
        yield bytes(size % 1024)

    echo = Echo()
    async with caller(Guard(echo, None)) as client:
        content = bytes(size) if announced else pieces()
        reply = await client.post("/mcp", content=content)

    assert reply.status_code == status
    assert echo.asked == (status == 200)
    if status == 200:
        assert reply.text == str(size)


async def test_a_body_beyond_all_measure_is_not_read_to_its_end() -> None:
    sent, read = list[Message](), 0

    async def receive() -> Message:
        nonlocal read
        read += 1024 * 1024
        return {
            "type": "http.request",
            "body": bytes(1024 * 1024),
            "more_body": True,
        }

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": []}
    with anyio.fail_after(5):
        await Guard(Echo(), None)(scope, receive, send)

    assert sent[0]["status"] == 413
    assert read < 16 * 1024 * 1024


async def test_a_websocket_is_closed_before_anybody_sees_it() -> None:
    echo, sent = Echo(), list[Message]()

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/mcp", "headers": []}
    await Guard(echo, TOKEN)(scope, receive, send)

    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert echo.asked == 0


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await anyio.sleep_forever()

    echo = Echo()
    with anyio.fail_after(5):
        app = Guard(echo, None, body_s=0.01)
        sent: list[Message] = []
        body = never()

        async def receive() -> Message:
            return {
                "type": "http.request",
                "body": await anext(body),
                "more_body": True,
            }

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": []}
        await app(scope, receive, send)

    assert sent[0]["status"] == 408
    assert echo.asked == 0


async def test_more_at_once_than_it_holds_are_turned_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "MOST_AT_ONCE", 3)
    echo = Echo()
    echo.go = anyio.Event()
    statuses: list[int] = []
    async with caller(Guard(echo, None)) as client:

        async def ask() -> None:
            statuses.append((await client.post("/mcp")).status_code)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(ask)
                await anyio.wait_all_tasks_blocked()
                turned_away = await client.post("/mcp")
                echo.go.set()
        after = await client.post("/mcp")

    assert turned_away.status_code == 503
    assert turned_away.headers["retry-after"] == "1"
    assert statuses == [200, 200, 200]
    assert after.status_code == 200


async def test_a_caller_who_has_its_answer_is_not_in_its_own_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "MOST_AT_ONCE", 1)
    cleaned_up = anyio.Event()
    echo = Echo()

    async def slow_to_leave(scope: Scope, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)
        await cleaned_up.wait()

    app, sent = Guard(slow_to_leave, None), list[Message]()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hold_open, app, "POST", sent)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(hold_open, app, "POST", sent)
            await anyio.wait_all_tasks_blocked()
            cleaned_up.set()

    assert [m["status"] for m in sent if "status" in m] == [200, 200]


async def test_a_caller_who_does_not_read_its_answer_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "MOST_AT_ONCE", 1)
    app, read, sent = Guard(Echo(), None), anyio.Event(), list[Message]()

    async def ask(method: str) -> None:
        asked: Message = {"type": "http.request", "body": b"", "more_body": False}

        async def receive() -> Message:
            return asked

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await read.wait()

        scope = {"type": "http", "method": method, "path": "/mcp", "headers": []}
        await app(scope, receive, send)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "POST")
            await anyio.wait_all_tasks_blocked()
            await hold_open(app, "POST", sent)
            read.set()

    assert [m["status"] for m in sent if "status" in m] == [503]


async def hold_open(app: Guard, method: str, sent: list[Message]) -> None:
    """A caller who asked and stays, as one does on an open stream."""
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await anyio.sleep_forever()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/mcp", "headers": []}
    await app(scope, receive, send)


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends until its caller has gone, and then stops without a word."""
    await receive()
    start: Message = {"type": "http.response.start", "status": 200, "headers": []}
    await send(start)
    await send({"type": "http.response.body", "body": b"event", "more_body": True})
    assert (await receive())["type"] == "http.disconnect"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_streams_end_first_and_calls_when_they_have_had_their_time(
    method: str,
) -> None:
    app, sent = Guard(stream, None), list[Message]()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hold_open, app, method, sent)
            await anyio.wait_all_tasks_blocked()
            app.end_streams()
            await anyio.wait_all_tasks_blocked()
            assert (len(sent) == 3) == (method == "GET")
            app.end_all()

    # Completed in good order, whatever the application left open.
    assert sent[-1] == {"type": "http.response.body", "body": b""}
