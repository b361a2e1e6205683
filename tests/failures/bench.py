"""What a row of the failure table works with: an upstream that fails, and a server to ask, in this process or its own."""

import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.sources.gexfocus.credentials import budget_name
from gexfocus_mcp.traffic.file_store.store import FileStore
from tests.failures.upstream import FaultyUpstream
from tests.journeys.asking import Assistant, Heard


KEY = "CANARY-failures-key"
NOON = datetime(2026, 11, 19, 12, 0, tzinfo=NEW_YORK)
"""A Thursday with the market open, which the upstream's clock shows where a row needs one."""

Environment = dict[str, str]
Connect = Callable[[Environment], AbstractAsyncContextManager[Assistant]]
RowBody = Callable[["Bench"], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    """
    One row of the failure table.

    Attributes:
        slow: It waits for real limits of seconds.
        own: It needs a program of its own: it is killed, or its stdin is closed.
    """

    number: str
    behaviour: str
    body: RowBody
    slow: bool = False
    own: bool = False

    @property
    def name(self) -> str:
        return f"{self.number} {self.behaviour}"


ROWS: list[Row] = []


def row(
    number: str, behaviour: str, *, slow: bool = False, own: bool = False
) -> Callable[[RowBody], RowBody]:
    def add(body: RowBody) -> RowBody:
        ROWS.append(Row(number, behaviour, body, slow, own))
        return body

    return add


@dataclass
class Bench:
    """
    Attributes:
        heard: Everything that was said, for whoever prints it.
    """

    connect: Connect
    home: Path
    upstream: FaultyUpstream = field(default_factory=FaultyUpstream)
    heard: list[Heard] = field(default_factory=list)
    env: Environment = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _assistant: Assistant | None = None

    @property
    def environment(self) -> Environment:
        return {
            "GEXFOCUS_API_KEY": KEY,
            "GEXFOCUS_BASE_URL": self.upstream.base_url,
            "HOME": str(self.home),
            **self.env,
        }

    async def ask(self, tool: str = "latest_greeks", **arguments: Any) -> Heard:
        """Ask the one server of this row."""
        if self._assistant is None:
            self._assistant = await self._stack.enter_async_context(
                self.connect(self.environment)
            )
        heard = await self._assistant.ask(tool, **_or_usual(tool, arguments))
        return self.note(heard)

    async def ask_another(self, tool: str = "latest_greeks", **arguments: Any) -> Heard:
        """Ask a second server with the same key."""
        async with self.connect(self.environment) as other:
            return self.note(await other.ask(tool, **_or_usual(tool, arguments)))

    @property
    def assistant(self) -> Assistant:
        assert self._assistant is not None
        return self._assistant

    async def leave(self) -> None:
        await self._stack.aclose()

    def note(self, heard: Heard) -> Heard:
        self.heard.append(heard)
        said = heard.text + json.dumps(heard.json)
        assert KEY not in said
        assert "Traceback" not in said
        assert "NaN" not in said
        assert "Infinity" not in said
        return heard

    async def refuses(
        self, code: str, *words: str, tool: str = "latest_greeks", **arguments: Any
    ) -> Heard:
        """Ask, and expect a refusal with *code* and *words*, at most 300 characters of it."""
        heard = await self.ask(tool, **arguments)
        assert heard.refused, heard.text
        assert heard.code == code, heard.text
        for word in words:
            assert word in heard.text, heard.text
        assert len(heard.text) <= 300, heard.text
        return heard

    async def answers(
        self, *words: str, tool: str = "latest_greeks", **arguments: Any
    ) -> Heard:
        """Ask, and expect an answer with *words* in both channels."""
        heard = await self.ask(tool, **arguments)
        assert not heard.refused, heard.text
        for word in words:
            assert word in heard.text, heard.text
            assert word in json.dumps(heard.json), heard.json
        return heard

    def was_asked(self, times: int) -> None:
        assert len(self.upstream.asked) == times, self.upstream.asked

    @property
    def store(self) -> Path:
        return self.home / ".local" / "state" / "gexfocus-mcp" / "shared.sqlite3"

    def share(self) -> FileStore:
        """The key's share of the store, as another process has it."""
        name = budget_name(SecretStr(KEY), self.upstream.base_url)
        return FileStore(self.store, name)


@asynccontextmanager
async def open_bench(
    connect: Connect, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Bench]:
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(connect, Path(home))
        async with bench.upstream.serve(tls):
            try:
                yield bench
            finally:
                await bench.leave()


def _or_usual(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments or ({} if tool == "api_status" else {"ticker": "SPY"})


def recorded(name: str) -> Any:
    """A body as the API's document prints it, by name."""
    folder = Path(__file__).parents[1] / "sources" / "recorded"
    return json.loads((folder / f"{name}.json").read_text("utf-8"))


def strike_maps(at: datetime = NOON, ticker: str = "SPY", **changes: Any) -> Any:
    """A sound reply of all four maps, its gamma map changed as a row wants it."""
    stamp = {"ts": int(at.timestamp()), "ts_iso": at.isoformat()}
    head = {"ticker": ticker, "session_date": f"{at:%Y-%m-%d}", "spot": 600.0, **stamp}
    bars = [
        {"strike": 560.0 + 5 * n, "calls": 1e7 * (9 - abs(n - 8)), "puts": -9e6 * (8 - abs(n - 7))}
        for n in range(16)
    ]  # fmt: skip
    gamma = {**head, "net_exposure": 8e7, "max_strike": 600.0, "bars": bars}
    return {"ticker": ticker, "gex": {**gamma, **changes}, "delta": {**gamma}}
