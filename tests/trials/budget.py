"""
Eight programs with one key ask as fast as they can, of a server that counts.

    python tests/trials/budget.py                    # 150 s, shared through a file
    python tests/trials/budget.py --redis            # through a Redis of its own
    python tests/trials/budget.py --kill             # and one of them is killed half-way

Every request takes 0 to 400 ms to arrive. Prints the most arrivals in any rolling 60 s, how much of the
allowance was used and what each program got; exit 1 where the limit was passed, less than 93 % was used, or a
program starved.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from mcp import Client, StdioServerParameters

from gexfocus_mcp.market.ticker import TICKERS


LIMITS = {"last": 120, "history": 60}
WINDOW = 60.0
ENOUGH = 0.93
DAYS = [
    date(2026, 1, 5) + timedelta(weeks=w, days=d) for w in range(40) for d in range(4)
]


def count_arrivals(pipe: Connection, jitter: float) -> None:
    """The upstream: lets every request take its time, and notes when it has arrived."""
    arrivals: list[tuple[float, str]] = []

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                await asyncio.sleep(random.uniform(0, jitter))
                bucket = "history" if b"/history/" in line else "last"
                arrivals.append((time.monotonic(), bucket))
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]"
                )
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while not pipe.poll():
            await asyncio.sleep(0.1)
        server.close()

    asyncio.run(serve())
    pipe.send(arrivals)


@dataclass
class Program:
    """One program and what its user heard."""

    number: int
    pid: int = 0
    heard: Counter[str] = field(default_factory=Counter)

    async def run(self, env: dict[str, str], until: float, hands: int) -> None:
        """Ask with *hands* calls at a time until *until*; a program that is killed ends its user's day."""
        server = StdioServerParameters(
            command=sys.executable,
            args=["-c", _SAY_PID, str(self._note)],
            env=env,
        )
        try:
            async with Client(server) as client:
                self.pid = int(self._note.read_text())
                await asyncio.gather(*(self._ask(client, until) for _ in range(hands)))
        except BaseExceptionGroup:
            self.heard["killed"] += 1

    @property
    def _note(self) -> Path:
        return (
            Path(tempfile.gettempdir()) / f"gexfocus-trial-{os.getpid()}-{self.number}"
        )

    async def _ask(self, client: Client, until: float) -> None:
        while time.monotonic() < until:
            ticker = random.choice(TICKERS)
            # What cannot be read is not remembered, so every answer of the server is a request of this program.
            if random.random() < 0.5:
                call = client.call_tool("latest_greeks", {"ticker": ticker})
            else:
                day = random.choice(DAYS).isoformat()
                call = client.call_tool("ndf_history", {"ticker": ticker, "date": day})
            said = (await call).content[0].text  # type: ignore[union-attr]
            self.heard[said.partition("]")[0].lstrip("[")] += 1


# What a client starts, and beside it a note of its process for the killer.
_SAY_PID = """
import os, sys
open(sys.argv.pop(1), "w").write(str(os.getpid()))
from gexfocus_mcp.cli import main
sys.exit(main([]))
"""


@asynccontextmanager
async def redis() -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("redis-server") or sys.exit("no redis-server here")
    server = await asyncio.create_subprocess_exec(
        program, "--port", str(port), "--save", "", stdout=subprocess.DEVNULL
    )
    await asyncio.sleep(1)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    await server.wait()


async def ask_all(
    options: argparse.Namespace, port: int, shared: str, home: str
) -> list[Program]:
    env = {
        "GEXFOCUS_API_KEY": "trial-key",
        "GEXFOCUS_BASE_URL": f"http://127.0.0.1:{port}/trading",
        "GEXFOCUS_SHARED": shared,
        "HOME": home,
        "PATH": os.environ["PATH"],
    }
    programs = [Program(number) for number in range(options.programs)]
    until = time.monotonic() + options.seconds
    async with asyncio.TaskGroup() as tasks:
        for program in programs:
            tasks.create_task(program.run(env, until, options.hands))
        if options.kill:
            await asyncio.sleep(options.seconds / 2)
            os.kill(programs[0].pid, signal.SIGKILL)
    return programs


def most_in_a_window(times: list[float]) -> int:
    most = first = 0
    for last, moment in enumerate(times):
        while times[first] <= moment - WINDOW:
            first += 1
        most = max(most, last - first + 1)
    return most


def judge(
    arrivals: list[tuple[float, str]], programs: list[Program], seconds: float
) -> bool:
    good = True
    for bucket, limit in LIMITS.items():
        times = [at for at, which in arrivals if which == bucket]
        most = most_in_a_window(times)
        # What one who keeps to the limit could at best have sent between the first arrival and the end.
        windows = int((seconds - WINDOW * 0.02) // WINDOW) + 1
        used = len(times) / (limit * windows)
        print(
            f"{bucket:8} {len(times):4} arrivals, at most {most} of {limit} in any 60 s, {used:.1%} of the allowance"
        )
        good = good and most <= limit and used >= ENOUGH
    for program in programs:
        words = ", ".join(
            f"{count} {word}" for word, count in program.heard.most_common()
        )
        print(f"program {program.number}: {words}")
        good = good and program.heard["bad_data"] > 0
    return good


async def main(options: argparse.Namespace) -> bool:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=count_arrivals, args=(theirs, 0.4))
    server.start()
    port = ours.recv()
    with tempfile.TemporaryDirectory() as home:
        if options.redis:
            async with redis() as url:
                programs = await ask_all(options, port, url, home)
        else:
            programs = await ask_all(options, port, "", home)
    ours.send("end")
    arrivals = ours.recv()
    server.join()
    return judge(arrivals, programs, options.seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--programs", type=int, default=8)
    parser.add_argument(
        "--hands", type=int, default=3, help="calls a program has under way at once"
    )
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--kill", action="store_true")
    sys.exit(0 if asyncio.run(main(parser.parse_args())) else 1)
