"""Rows 45 to 55: what a stream can do to its readers."""

import json
from datetime import timedelta
from typing import Any

from tests.failures.bench import NOON, Bench, row
from tests.failures.upstream import Answer, Call, always


LIVE: dict[str, Any] = {"tool": "live_snapshot", "ticker": "SPY", "seconds": 1}


def tick(number: int, ticker: str = "SPY", **changes: Any) -> str:
    at = NOON + timedelta(seconds=number)
    fields = {"ticker": ticker, "ts": at.isoformat(), "ndf": number, "price": 600.0}
    return json.dumps({**fields, **changes})


def refusing(code: int, *messages: str) -> Answer:
    """Accepts, says the messages, and closes with *code*."""

    async def answer(call: Call) -> None:
        await call.accept()
        for message in messages:
            await call.frame(message)
        await call.close(code)

    return answer


def saying(*messages: str | bytes) -> Answer:
    """Accepts, says the messages, and stays."""

    async def answer(call: Call) -> None:
        await call.accept()
        for message in messages:
            await call.frame(message, 2 if isinstance(message, bytes) else 1)
        await call.listen()

    return answer


@row("45", "1008 before any tick is final: nobody knocks again")
async def _(it: Bench) -> None:
    it.upstream.stream = refusing(1008)
    for _ in range(3):
        heard = await it.answers("refused", **LIVE)
        assert heard.json["stream"] == "refused"
    assert it.upstream.dialled == 1


@row("46", "1008 after ticks is final too, and what was heard stays")
async def _(it: Bench) -> None:
    it.upstream.date = NOON
    it.upstream.stream = refusing(1008, tick(1), tick(2))
    for _ in range(2):
        heard = await it.answers("refused", **LIVE)
        assert heard.json["stream"] == "refused"
        assert heard.json["latest"]["ndf"] == 2
    assert it.upstream.dialled == 1


@row("47", "a handshake that is refused is a refusal with its reason")
async def _(it: Bench) -> None:
    for status, code, ticker in ((401, "unauthorized", "SPY"), (403, "forbidden", "QQQ"), (404, "no_data", "SPX")):  # fmt: skip
        it.upstream.stream = always(b"", status)
        await it.refuses(code, **{**LIVE, "ticker": ticker})
    assert it.upstream.dialled == 3


@row("48", "a 429 at the handshake is waited out, and a cooldown stops REST too")
async def _(it: Bench) -> None:
    detail = {"detail": "api_key cooldown active"}
    it.upstream.stream = always(detail, 429, headers={"retry-after": "50"})
    await it.refuses("cooldown", "after 50 s", **LIVE)
    await it.refuses("cooldown")
    it.was_asked(0)
    assert it.upstream.dialled == 1


@row("49", "a cut is told with the next try, and the ticks before it stay")
async def _(it: Bench) -> None:
    it.upstream.date = NOON

    async def cut(call: Call) -> None:
        await call.accept()
        await call.frame(tick(it.upstream.dialled))

    it.upstream.stream = cut
    heard = await it.answers("cut", **LIVE)
    assert heard.json["stream"] == "cut"
    assert heard.json["latest"]["ndf"] >= 1
    assert it.upstream.dialled <= 4


@row("50", "a silent stream at night is a closed market and no failure")
async def _(it: Bench) -> None:
    it.upstream.date = NOON.replace(hour=22)
    it.upstream.stream = saying()
    heard = await it.answers("no ticks are expected", **LIVE)
    assert heard.json["stream"] == "market_closed"
    assert it.upstream.dialled == 1


@row("51", "a silent stream at noon is told as silent")
async def _(it: Bench) -> None:
    it.upstream.date = NOON
    it.upstream.stream = saying()
    heard = await it.answers("although the market is open", **LIVE)
    assert heard.json["stream"] == "silent"


@row(
    "53",
    "garbage among the ticks is counted, and a stream of it is left after a second try",
)
async def _(it: Bench) -> None:
    it.upstream.date = NOON
    it.upstream.stream = saying("garbage", b"\x00\xff", "[]", tick(1), "{}")
    heard = await it.answers("4 unreadable, foreign or outdated messages", **LIVE)
    assert heard.json["stream"] == "live"
    it.upstream.stream = saying(*["garbage"] * 30)
    for _ in range(3):
        heard = await it.answers(**{**LIVE, "ticker": "QQQ", "seconds": 2})
    assert heard.json["stream"] == "cut"
    assert "cannot be read" in heard.text
    assert it.upstream.dialled == 3


@row("54", "a frame too large, bad text or a bad opcode is tried three times and left")
async def _(it: Bench) -> None:
    async def huge(call: Call) -> None:
        await call.accept()
        await call.frame(b"x" * 300_000)
        await call.listen()

    async def no_text(call: Call) -> None:
        await call.accept()
        await call.frame(b"\xff\xfe\xfd")
        await call.listen()

    async def opcode(call: Call) -> None:
        await call.accept()
        await call.raw(b"\x8b\x00" * 3)
        await call.listen()

    for answer, ticker in ((huge, "SPY"), (no_text, "QQQ"), (opcode, "SPX")):
        it.upstream.stream = answer
        before = it.upstream.dialled
        for _ in range(3):
            heard = await it.answers(**{**LIVE, "ticker": ticker, "seconds": 2})
        assert heard.json["stream"] == "cut"
        assert it.upstream.dialled - before <= 3


@row("55", "a tick of another ticker is dropped and counted")
async def _(it: Bench) -> None:
    it.upstream.date = NOON
    it.upstream.stream = saying(tick(1), tick(2, "QQQ"), tick(3))
    heard = await it.answers("1 unreadable, foreign or outdated", **LIVE)
    assert heard.json["latest"]["ndf"] == 3
    assert heard.json["window"]["ticks"] == 2
