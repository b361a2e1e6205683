"""
A thousand cuts of a real socket at random points: what the server delivered is in the buffer once, in order.

    python tests/trials/cuts.py [--cuts 1000] [--seed 7]

The server sends ticks and cuts in every way a network can: a close, a reset, half a frame, no closing handshake.
Prints what was sent, delivered, heard; exit 1 where a tick is missing, doubled or out of order, or a socket is
left open.
"""

import argparse
import json
import sys
from datetime import datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

import anyio
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve

from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.sources.gexfocus.dial import dialer
from gexfocus_mcp.sources.gexfocus.listener import Listener


OPEN = datetime(2026, 5, 19, 9, 30, tzinfo=ZoneInfo("America/New_York"))
QQQ = parse_ticker("QQQ")
WAYS = ("close", "going away", "reset", "half a frame", "vanish")


class Server:
    """Sends a few ticks to each connection, then cuts it."""

    def __init__(self, seed: int, cuts: int) -> None:
        self.random = Random(seed)
        self.left = cuts
        self.sent: list[int] = []
        self.open = 0
        self.most_open = 0
        self.done = anyio.Event()

    async def talk(self, socket: ServerConnection) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            if self.left == 0:
                self.done.set()
                await socket.wait_closed()
                return
            self.left -= 1
            for _ in range(self.random.randrange(8)):
                number = len(self.sent)
                await socket.send(tick(number))
                # Handed to the kernel whole; a reset may still take it back, so the reader's word is asked for.
                await (await socket.ping())
                self.sent.append(number)
            await self._cut(socket)
        finally:
            self.open -= 1

    async def _cut(self, socket: ServerConnection) -> None:
        way = self.random.choice(WAYS)
        transport = socket.transport
        if way == "close":
            await socket.close()
        elif way == "going away":
            await socket.close(1001)
        elif way == "reset":
            transport.abort()
        elif way == "half a frame":
            transport.write(b"\x81\x7e\x01\x00" + b"{" * self.random.randrange(200))
            transport.close()
        else:
            transport.close()


def tick(number: int) -> str:
    at = OPEN + timedelta(seconds=number)
    return json.dumps({"ticker": "QQQ", "ts": at.isoformat(), "ndf": number})


async def main(cuts: int, seed: int) -> bool:
    server = Server(seed, cuts)
    async with serve(server.talk, "127.0.0.1", 0, compression=None) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        dial = dialer(f"http://127.0.0.1:{port}/trading", SecretStr("trial-key"))
        # Only the waits between connections are left out.
        capacity = 8 * cuts + 1
        async with (
            Listener(dial, capacity=capacity, draw=lambda: 0.0) as live,
            live.tape(QQQ) as tape,
        ):
            with anyio.fail_after(600):
                await server.done.wait()
            heard = [int(h.tick.ndf or 0) for h in tape.heard]
            state = tape.state
        with anyio.move_on_after(5):
            while server.open:
                await anyio.sleep(0.01)
    print(
        f"{cuts} cuts, {len(server.sent)} ticks delivered, {len(heard)} heard, "
        f"{state.cuts} cuts seen, {len(state.gaps)} newest gaps told, "
        f"at most {server.most_open} sockets at once, {server.open} open at the end"
    )
    return heard == server.sent and server.open == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    sys.exit(0 if anyio.run(partial(main, options.cuts, options.seed)) else 1)
