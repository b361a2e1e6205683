"""The simulated market's payloads as they go over the wire: plain dicts, read with none of the client's code."""

import json
from datetime import datetime
from typing import Any

import anyio
import httpx2
from starlette.applications import Starlette

from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.simulator.inprocess import open_stream


Doc = dict[str, Any]


class Raw:
    """Reads each document once per instant of the market; a question's facts are reckoned from these alone."""

    def __init__(
        self,
        app: Starlette,
        clock: FixedClock,
        read: dict[tuple[object, ...], Doc] | None = None,
        instant: datetime | None = None,
    ) -> None:
        self._app = app
        self._clock = clock
        self._read = {} if read is None else read
        self._instant = instant

    @property
    def now(self) -> datetime:
        return self._instant or self._clock()

    def at(self, hour: int, minute: int = 0, *, day: int | None = None) -> "Raw":
        """The market as it was then: what it said later is not in it, whatever is asked."""
        now = self.now.replace(hour=hour, minute=minute)
        then = now if day is None else now.replace(day=day)
        return Raw(self._app, self._clock, self._read, then)

    def maps(self, ticker: str) -> Doc:
        """The four strike maps, by greek."""
        return self._get(f"/greeks/last/{ticker}")

    def gamma(self, ticker: str) -> Doc:
        gamma: Doc = self.maps(ticker)["gex"]
        return gamma

    def matrix(self, ticker: str) -> Doc:
        return self._get(f"/mapa_gamma/last/{ticker}")

    def flow(self, ticker: str, day: str | None = None) -> list[Doc]:
        """The stored rows of a session, oldest first."""
        asked = {"date": day} if day else {}
        rows: list[Doc] = self._get(
            "/history/ndf", ticker=ticker, limit="20000", **asked
        )["data"]
        return rows

    def history(self, ticker: str, greek: str, **asked: str) -> list[Doc]:
        """Stored maps, oldest first; without their bars where `summary="true"` is asked."""
        rows: list[Doc] = self._get(
            f"/history/greeks/{greek}", ticker=ticker, limit="3000", **asked
        )["data"]
        return rows

    def sessions(self, ticker: str, series: str) -> list[Doc]:
        path = "ndf" if series == "ndf" else f"greeks/{series}"
        found: list[Doc] = self._get(f"/history/{path}/sessions", ticker=ticker)[
            "sessions"
        ]
        return found

    def tick(self, ticker: str) -> Doc:
        """The stream's newest message."""
        return self._once(("stream", ticker), self._listen, ticker)

    def _get(self, path: str, **query: str) -> Doc:
        return self._once((path, *sorted(query.items())), self._fetch, path, query)

    def _once(self, key: tuple[object, ...], read: Any, *asked: object) -> Doc:
        dated = (self.now, *key)
        if dated not in self._read:
            kept, self._clock.instant = self._clock.instant, self.now
            self._read[dated] = anyio.run(read, *asked)
            self._clock.instant = kept
        return self._read[dated]

    async def _fetch(self, path: str, query: dict[str, str]) -> Doc:
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self._app), base_url="http://simulator"
        ) as client:
            reply = await client.get(
                f"/trading{path}", params=query, headers={"x-api-key": "any"}
            )
        assert reply.status_code == 200, reply.text
        document: Doc = reply.json()
        return document

    async def _listen(self, ticker: str) -> Doc:
        with anyio.fail_after(10):
            async with open_stream(
                self._app,
                path="/trading/ws/ndf",
                query={"ticker": ticker, "key": "any"},
            ) as stream:
                message: Doc = json.loads(await stream.receive())
        return message
