"""
The WebSocket of the simulated upstream: the newest tick, each time there is a new one.

The market's clock may be any callable, one that jumps included, so the stream looks at it a few times
a second instead of computing when to wake.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

import anyio
from anyio import to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect

from gexfocus_mcp.simulator import faults, rules
from gexfocus_mcp.simulator.clock import Clock
from gexfocus_mcp.simulator.documents import stream_message
from gexfocus_mcp.simulator.world import World


_LOOK_EVERY = 0.1
_POLICY_VIOLATION = 1008


@dataclass(frozen=True, slots=True)
class Stream:
    """All connections to one world."""

    world: World
    now: Clock
    gate: rules.Gate
    fault: str | None
    maps_until: Callable[[], datetime]

    async def serve(self, socket: WebSocket) -> None:
        """Hold one connection until the client leaves or is refused."""
        await socket.accept(headers=self._headers())
        query = socket.query_params
        try:
            ticker = rules.parse_ticker(query.get("ticker"))
        except rules.Refusal as refusal:
            await socket.close(_POLICY_VIOLATION, refusal.detail[:100])
            return
        if self.fault in {"unauthorized", "stream_refused"} or not self.gate.knows(
            query.get("key")
        ):
            await socket.close(_POLICY_VIOLATION, rules.UNAUTHORIZED)
            return
        if self.fault == "wrong_ticker":
            ticker = rules.DEFAULT_TICKER
        async with anyio.create_task_group() as group:
            group.start_soon(self._push, socket, ticker, group.cancel_scope)
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass
            group.cancel_scope.cancel()

    def _headers(self) -> list[tuple[bytes, bytes]]:
        """The same two that every REST reply carries."""
        date = format_datetime(self.now().astimezone(UTC), usegmt=True)
        return [(b"date", date.encode()), (b"x-gexfocus-simulated", b"1")]

    async def _push(
        self, socket: WebSocket, ticker: str, scope: anyio.CancelScope
    ) -> None:
        last: datetime | None = None
        sent = 0
        while True:
            message = await to_thread.run_sync(self._message, ticker, last)
            if message is not None:
                last, text = message
                try:
                    await socket.send_text(text)
                except WebSocketDisconnect:
                    scope.cancel()
                    return
                sent += 1
            if self.fault == "stream_cut" and sent >= faults.CUT_AFTER:
                # Ending without a close message is what a server that dies looks like.
                scope.cancel()
                return
            await anyio.sleep(_LOOK_EVERY)

    def _message(
        self, ticker: str, last: datetime | None
    ) -> tuple[datetime, str] | None:
        """Return the newest tick and its text, None when the market is closed or has not moved on."""
        tick = (
            None
            if self.fault == "stream_silent"
            else self.world.current_tick(ticker, self.now())
        )
        if tick is None or tick.at == last:
            return None
        until = min(tick.at, self.maps_until())
        message = stream_message(self.world, ticker, tick, until)
        return tick.at, json.dumps(
            faults.spoil_message(self.fault, message), separators=(",", ":")
        )
