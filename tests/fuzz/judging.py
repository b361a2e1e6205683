"""One spoiled reply, put to the tools that read it; what they say is held against what may be said of it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import anyio
from mcp import Client

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.server.build import build_server
from gexfocus_mcp.sources.gexfocus.endpoints import Endpoint
from gexfocus_mcp.sources.gexfocus.feed import Feed
from gexfocus_mcp.sources.gexfocus.source import GexFocus
from gexfocus_mcp.sources.gexfocus.statuses import to_failure
from gexfocus_mcp.sources.protocol import Heard, LiveTape, OpenStream, StreamState
from gexfocus_mcp.traffic.elapsed import elapsed
from tests.fuzz.corpus import NOW, TICKER, sound
from tests.fuzz.soundness import is_sound
from tests.journeys.asking import Assistant
from tests.journeys.asking import Heard as Said


_SPY: Final = {"ticker": TICKER}
ASKED: Final[dict[str, list[tuple[str, dict[str, Any]]]]] = {
    "greeks": [("latest_greeks", _SPY), ("dealer_positioning", _SPY)],
    "map": [("scan_tickers", {"tickers": [TICKER]})],
    "matrix": [("mapa_gamma", _SPY), ("dealer_positioning", _SPY)],
    "flow": [("ndf_history", {**_SPY, "date": "today"})],
    "summaries": [("greeks_history", {**_SPY, "greek": "gex", "date": "today"})],
    "sessions": [("list_sessions", _SPY)],
    "frame": [("live_snapshot", {**_SPY, "seconds": 0})],
}
_PATHS: Final = {
    "greeks": "/greeks/last/",
    "map": "/gex/last/",
    "matrix": "/mapa_gamma/last/",
    "flow": "/history/ndf",
    "summaries": "/history/greeks/gex",
    "sessions": "/history/ndf/sessions",
}

_DEGREES: Final = {
    "freshness": ("live", "delayed", "stale", "closed", "unknown"),
    "confidence": ("high", "moderate", "low"),
    "stream": ("live", "opening", "silent", "cut", "market_closed", "refused"),
}
"""From the best down."""


class Wire:
    """Stands where the network is: hands out sound bodies, and the spoiled one of the kind under trial."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    async def fetch(
        self, _endpoint: Endpoint, path: str, _query: Mapping[str, str], _cap: int
    ) -> bytes:
        kind = max(
            (kind for kind, start in _PATHS.items() if path.startswith(start)),
            key=lambda kind: len(_PATHS[kind]),
        )
        if kind in self.bodies:
            return self.bodies[kind]
        if kind in {"greeks", "matrix"}:
            return json.dumps(sound(kind)).encode()
        raise to_failure(404)


@dataclass
class Judge:
    """
    Attributes:
        refused, noted, clean: How the trials ended.
    """

    assistant: Assistant
    wire: Wire
    frames: "Frames"
    usual: dict[str, set[str]] = field(default_factory=dict)
    refused: int = 0
    noted: int = 0
    clean: int = 0

    async def learn(self) -> None:
        """Hear what is said of sound replies: those notes are no mark of a spoiled one."""
        for kind, asked in ASKED.items():
            self._put(kind, json.dumps(sound(kind)).encode())
            for tool, arguments in asked:
                heard = await self.assistant.ask(tool, **arguments)
                assert not heard.refused, heard.text
                self.usual[f"{kind} {tool}"] = _marks(heard)

    def _put(self, kind: str, data: bytes) -> None:
        self.wire.bodies = {} if kind == "frame" else {kind: data}
        self.frames.spoiled = data if kind == "frame" else None

    async def try_out(self, kind: str, data: bytes) -> None:
        """
        Raises:
            AssertionError: A crash, a number that is none, or a spoiled reply that is presented as good.
        """
        self._put(kind, data)
        for tool, arguments in ASKED[kind]:
            heard = await self.assistant.ask(tool, **arguments)
            _check_words(heard)
            marks = _marks(heard) - self.usual[f"{kind} {tool}"]
            if heard.refused:
                self.refused += 1
            elif marks:
                self.noted += 1
            else:
                self.clean += 1
                assert _is_sound(kind, data, tool), (
                    f"{tool} presents as good: {heard.text[:600]}"
                )


def _is_sound(kind: str, data: bytes, tool: str) -> bool:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return is_sound(kind, body, tool)


def _check_words(heard: Said) -> None:
    assert not heard.text.startswith("[internal]"), heard.text
    assert len(heard.text) <= 10_000
    said = json.dumps(heard.json, allow_nan=False)
    for word in ("NaN", "Infinity", "nan", "IGNORE", "Traceback"):
        assert word not in said, said[:300]
        assert word not in heard.text, heard.text[:300]
    assert " inf" not in heard.text


def _above(falling: tuple[str, ...], degree: object) -> tuple[str, ...]:
    return falling[: falling.index(degree)] if degree in falling else ()


def _marks(heard: Said) -> set[str]:
    """What warns a reader: notes, what is missing or unavailable, an age that is not live."""
    data = heard.json
    marks = set(data.get("notes", ()))
    marks |= {f"missing {name}" for name in data.get("missing", ())}
    marks |= {f"unavailable {name}" for name in data.get("unavailable", ())}
    for key, falling in _DEGREES.items():
        # Each degree it has fallen by, so that one who reads as better than the sound reply warns nobody.
        marks |= {f"{key} below {degree}" for degree in _above(falling, data.get(key))}
    for part in ("expiry", "flow"):
        inner = data.get(part)
        marks |= (
            {f"{part}: {n}" for n in inner.get("notes", ())}
            if isinstance(inner, dict)
            else set()
        )
        if isinstance(inner, dict) and "as_of" not in inner:
            marks.add(f"{part}: {inner}")
    return marks


class Frames:
    """A live source whose buffer holds one message: *spoiled* where there is one, else a sound one."""

    def __init__(self) -> None:
        self.spoiled: bytes | None = None

    @asynccontextmanager
    async def tape(self, ticker: Ticker) -> AsyncIterator[LiveTape]:
        feed = Feed(ticker, elapsed())
        feed.opened(elapsed())
        usual = json.dumps(sound("frame")).encode()
        said = usual if self.spoiled is None else self.spoiled
        feed.received(said, elapsed())
        yield _Buffer(feed)

    def open_tickers(self) -> tuple[Ticker, ...]:
        return ()

    def streams(self) -> tuple[OpenStream, ...]:
        return ()


@dataclass(frozen=True)
class _Buffer:
    feed: Feed
    warm: bool = True

    @property
    def state(self) -> StreamState:
        return self.feed.state(elapsed())

    @property
    def heard(self) -> tuple[Heard, ...]:
        return tuple(self.feed.heard)

    async def changed(self) -> None:
        await anyio.sleep_forever()


@asynccontextmanager
async def court() -> AsyncIterator[Judge]:
    """A judge who has heard every sound reply."""
    wire, frames, moments = Wire(), Frames(), count(0, 10_000)

    @asynccontextmanager
    async def open_desk() -> AsyncIterator[Desk]:
        async with anyio.create_task_group() as tasks:
            source = GexFocus(
                wire,  # type: ignore[arg-type]  # all that is asked of a transport is to fetch
                tasks,
                now=lambda: NOW,
                # Nothing is remembered from one trial to the next.
                clock=lambda: float(next(moments)),
            )
            yield Desk(source, frames, lambda: NOW)
            tasks.cancel_scope.cancel()

    async with Client(build_server(open_desk)) as client:
        judge = Judge(Assistant(client), wire, frames)
        await judge.learn()
        yield judge
