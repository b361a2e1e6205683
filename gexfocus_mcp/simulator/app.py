"""
The simulated upstream as an ASGI application.

Documents are made in worker threads: the heavy ones take seconds of arithmetic, and the event loop may
be the one that serves a user.
"""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from gexfocus_mcp.simulator import documents, faults, rules
from gexfocus_mcp.simulator.clock import Clock
from gexfocus_mcp.simulator.documents import Document
from gexfocus_mcp.simulator.exposure import Convention
from gexfocus_mcp.simulator.greeks import GREEKS
from gexfocus_mcp.simulator.stream import Stream
from gexfocus_mcp.simulator.world import World


Answer = Callable[[Request], Document]


def create_app(
    now: Clock,
    *,
    seed: int = 7,
    keys: frozenset[str] | None = None,
    convention: Convention = "dealer",
    fault: str | None = None,
    limits: bool = True,
    monotonic: Callable[[], float] = time.monotonic,
) -> Starlette:
    """
    Return the upstream of the market with *seed*, at the time *now* says whenever it is asked.

    *fault* is a name in ``faults.FAULTS``. *monotonic* times the rolling budgets only.
    """
    if fault is not None and fault not in faults.FAULTS:
        message = f"unknown fault {fault!r}; there are: {', '.join(faults.FAULTS)}"
        raise ValueError(message)
    gate = rules.Gate(keys, limits, monotonic)
    desk = _Desk(World(seed, convention), now, gate, fault)
    stream = Stream(desk.world, now, gate, fault, desk.maps_until)
    return Starlette(
        routes=[*desk.routes(), WebSocketRoute("/trading/ws/ndf", stream.serve)]
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """The REST endpoints over one world."""

    world: World
    now: Clock
    gate: rules.Gate
    fault: str | None

    def routes(self) -> list[Route]:
        table: list[tuple[str, rules.Bucket, Answer]] = [
            ("/history/ndf", "history", self._ndf_history),
            ("/history/ndf/sessions", "history", self._ndf_sessions),
            ("/history/greeks/{greek}", "history", self._greek_history),
            ("/history/greeks/{greek}/sessions", "history", self._greek_sessions),
            ("/greeks/last/{ticker}", "last", self._greeks),
            ("/mapa_gamma/last/{ticker}", "last", self._matrix),
            *(
                (f"/{greek}/last/{{ticker}}", "last", partial(self._map, greek))
                for greek in GREEKS
            ),
        ]
        return [
            Route(f"/trading{path}", self._endpoint(bucket, answer))
            for path, bucket, answer in table
        ]

    def maps_until(self) -> datetime:
        """Return the instant up to which maps have been published."""
        late = faults.STALE_MINUTES if self.fault == "stale" else 0
        return self.now() - timedelta(minutes=late)

    def _endpoint(
        self, bucket: rules.Bucket, answer: Answer
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                faults.intervene(self.fault, request.url.path)
                self.gate.admit(request.headers.get("x-api-key"), bucket)
                body = await to_thread.run_sync(self._body, answer, request)
            except rules.Refusal as refusal:
                return self._response(
                    json.dumps({"detail": refusal.detail}),
                    refusal.status,
                    refusal.headers,
                )
            if self.fault == "html":
                return self._response(
                    faults.PAGE, 200, {"content-type": "text/html; charset=utf-8"}
                )
            return self._response(body, 200, {})

        return endpoint

    def _body(self, answer: Answer, request: Request) -> str:
        return json.dumps(
            faults.spoil(self.fault, answer(request)), separators=(",", ":")
        )

    def _response(self, body: str, status: int, headers: dict[str, str]) -> Response:
        return Response(
            body,
            status,
            {
                "content-type": "application/json",
                "date": format_datetime(self.now().astimezone(UTC), usegmt=True),
                "x-gexfocus-simulated": "1",
                **headers,
            },
        )

    def _ticker(self, text: str | None) -> str:
        ticker = rules.parse_ticker(text)
        return rules.DEFAULT_TICKER if self.fault == "wrong_ticker" else ticker

    def _map(self, greek: str, request: Request) -> Document:
        ticker = self._ticker(request.path_params["ticker"])
        return documents.latest_map(self.world, ticker, greek, self.maps_until())

    def _greeks(self, request: Request) -> Document:
        ticker = self._ticker(request.path_params["ticker"])
        asked = [
            rules.parse_greek(each) for each in request.query_params.getlist("greeks")
        ]
        return documents.latest_greeks(
            self.world, ticker, asked or GREEKS, self.maps_until()
        )

    def _matrix(self, request: Request) -> Document:
        return documents.latest_matrix(
            self.world, self._ticker(request.path_params["ticker"]), self.maps_until()
        )

    def _ndf_history(self, request: Request) -> Document:
        query = request.query_params
        return documents.ndf_history(
            self.world,
            self._ticker(query.get("ticker")),
            self.now(),
            rules.parse_date(query.get("date"), "date"),
            limit=rules.parse_count(query, "limit", 2000, 20_000),
            every=rules.parse_count(query, "every", 1, 100),
        )

    def _ndf_sessions(self, request: Request) -> Document:
        return documents.ndf_sessions(
            self.world, self._ticker(request.query_params.get("ticker")), self.now()
        )

    def _greek_history(self, request: Request) -> Document:
        query = request.query_params
        return documents.greek_history(
            self.world,
            self._ticker(query.get("ticker")),
            rules.parse_greek(request.path_params["greek"]),
            self.maps_until(),
            rules.parse_span(query),
            limit=rules.parse_count(query, "limit", 2000, 3000),
            every=rules.parse_count(query, "every", 1, 100),
            summary=rules.parse_flag(query, "summary"),
        )

    def _greek_sessions(self, request: Request) -> Document:
        ticker = self._ticker(request.query_params.get("ticker"))
        greek = rules.parse_greek(request.path_params["greek"])
        return documents.greek_sessions(self.world, ticker, greek, self.maps_until())
