"""
The program under mixed load for a while: its resident memory stays where it was after warming up.

    python tests/trials/soak.py                       # 20 minutes
    python tests/trials/soak.py --minutes 1

Four clients over HTTP come and go and ask every tool of a simulated upstream that fails for a quarter of every minute;
some calls are cancelled, and streams are opened and left. Prints memory, open files and what was heard; exit 1 where
memory grew by more than 5 % after the first fifth, a call failed in a way of its own, or fewer than half were answered.
"""

import argparse
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from starlette.types import Receive, Scope, Send


# Run as a script, from wherever: the tests are no installed package.
sys.path.insert(0, str(Path(__file__).parents[2]))

from gexfocus_mcp.market.ticker import TICKERS
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import session_clock
from gexfocus_mcp.simulator.serve import serve
from tests.trials.service import free_port, wait_for


MOST_GROWTH = 0.05
LEAST_ANSWERED = 0.5
PAUSE_S = 0.4
"""Between two calls of one client, on average: faster, and the key's allowance would refuse most of them."""

WEATHER = ("unavailable", "html", "null_greek", "stream_cut", "short_matrix")
"""Faults that reign one after the other, each for three seconds of a minute."""


class Weather:
    """One market, seen through a fault for a while in every minute."""

    def __init__(self) -> None:
        now = session_clock()
        self.sound = create_app(now)
        self.faulty = [create_app(now, fault=fault) for fault in WEATHER]
        self.began = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        turn = int((time.monotonic() - self.began) % 60 // 3) - 5
        app = self.faulty[turn] if 0 <= turn < len(WEATHER) else self.sound
        await app(scope, receive, send)


def draw_call(random_: random.Random) -> tuple[str, dict[str, Any]]:
    ticker = random_.choice(TICKERS)
    greek = random_.choice(("gex", "vanna", "charm"))
    calls: list[tuple[str, dict[str, Any]]] = [
        ("dealer_positioning", {"ticker": ticker}),
        ("dealer_positioning", {"ticker": ticker, "moves": [0.5, 1, 2]}),
        ("latest_greeks", {"ticker": ticker, "max_bars": random_.randint(5, 60)}),
        ("mapa_gamma", {"ticker": ticker, "greek": greek}),
        ("ndf_history", {"ticker": ticker, "points": random_.randint(10, 300)}),
        (
            "greeks_history",
            {"ticker": ticker, "greek": greek, "points": random_.randint(5, 60)},
        ),
        ("list_sessions", {"ticker": ticker, "series": random_.choice(("ndf", "gex"))}),
        ("live_snapshot", {"ticker": ticker, "seconds": random_.choice((0, 1))}),
        (
            "watch_levels",
            {"ticker": ticker, "conditions": ["flip", "price>1"], "seconds": 1},
        ),
        ("scan_tickers", {"tickers": random_.sample(TICKERS, 3)}),
        ("compare_positioning", {"ticker": ticker}),
        ("api_status", {}),
        ("latest_greeks", {"ticker": "IBM"}),
        ("latest_greeks", {"ticker": ticker, "max_bars": 1000}),
    ]
    return random_.choice(calls)


class Load:
    """One client's day."""

    def __init__(self, url: str, seed: int, until: float) -> None:
        self.url = url
        self.random = random.Random(seed)
        self.until = until
        self.heard: Counter[str] = Counter()

    async def run(self) -> None:
        while time.monotonic() < self.until:
            # Clients come and go, in both eras of the protocol.
            era = self.random.choice(("auto", "legacy"))
            async with Client(self.url, mode=era) as client:
                for _ in range(self.random.randint(5, 60)):
                    if time.monotonic() > self.until:
                        return
                    await self._ask(client)
                    await anyio.sleep(self.random.expovariate(1 / PAUSE_S))

    async def _ask(self, client: Client) -> None:
        tool, arguments = draw_call(self.random)
        impatient = self.random.random() < 0.05
        with anyio.move_on_after(0.05 if impatient else 60) as scope:
            heard = await client.call_tool(tool, arguments)
            text = heard.content[0].text  # type: ignore[union-attr]  # every answer begins with text
            code = text.partition("]")[0].lstrip("[") if heard.is_error else "answered"
            self.heard[code] += 1
        if scope.cancelled_caught:
            self.heard["cancelled"] += 1


def resident(pid: int) -> float:
    """Megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def watch(pid: int, until: float, sizes: list[tuple[float, int]]) -> None:
    began = time.monotonic()
    while time.monotonic() < until:
        await anyio.sleep(min(10, max(0.5, until - time.monotonic())))
        sizes.append((resident(pid), open_files(pid)))
        print(
            f"{(time.monotonic() - began) / 60:5.1f} min  {sizes[-1][0]:6.1f} MB  {sizes[-1][1]} files",
            flush=True,
        )


async def main(minutes: float, most: float) -> bool:
    # The client's own complaints about calls that were cancelled.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    own, until = free_port(), time.monotonic() + minutes * 60
    loads = [Load(f"http://127.0.0.1:{own}/mcp", seed, until) for seed in range(4)]
    sizes: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as home:
        async with anyio.create_task_group() as tasks:
            ports: list[int] = []
            tasks.start_soon(serve, Weather(), "127.0.0.1", 0, ports.append)
            while not ports:
                await anyio.sleep(0.05)
            env = {
                "PATH": os.environ["PATH"],
                "HOME": home,
                "GEXFOCUS_API_KEY": "trial-key",
                "GEXFOCUS_BASE_URL": f"http://127.0.0.1:{ports[0]}/trading",
            }
            words = [
                sys.executable,
                "-m",
                "gexfocus_mcp",
                "serve",
                "--http",
                "--port",
                str(own),
            ]
            server = await anyio.open_process(words, env=env, stderr=subprocess.DEVNULL)
            await wait_for(f"http://127.0.0.1:{own}/health")
            async with anyio.create_task_group() as callers:
                callers.start_soon(watch, server.pid, until, sizes)
                for load in loads:
                    callers.start_soon(load.run)
            server.terminate()
            await server.wait()
            tasks.cancel_scope.cancel()
    return judge(loads, sizes, most)


def judge(loads: list[Load], sizes: list[tuple[float, int]], most: float) -> bool:
    heard = sum((load.heard for load in loads), Counter[str]())
    warm = [size for size, _ in sizes][len(sizes) // 5 :]
    first, last = (
        sum(part) / len(part)
        for part in (warm[: len(warm) // 4 or 1], warm[-(len(warm) // 4) or -1 :])
    )
    growth, answered = last / first - 1, heard["answered"] / heard.total()
    print(
        f"heard {heard.total()}, {answered:.0%} answered: {dict(heard.most_common())}"
    )
    print(
        f"resident {first:.1f} MB after warming up, {last:.1f} MB at the end: {growth:+.1%}; open files {sizes[-1][1]}"
    )
    return growth <= most and answered >= LEAST_ANSWERED and not heard["internal"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument(
        "--growth", type=float, default=MOST_GROWTH, help="share that is let pass"
    )
    options = parser.parse_args()
    sys.exit(0 if anyio.run(main, options.minutes, options.growth) else 1)
