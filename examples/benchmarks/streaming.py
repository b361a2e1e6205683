"""
A history too large to be held: every snapshot read as it arrives, beside a GET of the whole and `json.loads`.

    python examples/benchmarks/streaming.py [SNAPSHOTS]

3,000 full snapshots are some 60 MB. Each way runs in a process of its own, which first reads a single snapshot, so that
everything it needs is loaded: what is printed is how far its memory rose above that. The last line counts the bytes
that Python holds at most, in units of what reading a single snapshot takes.
"""

import json
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import anyio
import httpx2
from upstream import KEY, Bodies

from gexfocus_mcp.export.rows import map_lines
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.settings import read_settings
from gexfocus_mcp.wiring import open_desk


DAY = date(2026, 11, 19)
BARS = 200
MB = 1_048_576


def history(snapshots: int) -> bytes:
    """A stored session of gamma, every snapshot with all of its strikes."""
    dice = random.Random(7)
    opened = datetime(DAY.year, DAY.month, DAY.day, 9, 30, tzinfo=NEW_YORK)
    rows = []
    for number in range(snapshots):
        at = opened + timedelta(hours=6.4) * number / snapshots
        bars = []
        for place in range(BARS):
            calls, puts = dice.gauss(0, 1e8), dice.gauss(0, 1e8)
            exposure = {"calls": calls, "puts": puts, "total": calls + puts}
            bars.append({"strike": 5_200 + 10 * place, **exposure})
        row: dict[str, Any] = {"ticker": "SPX", "session_date": str(DAY)}
        row |= {
            "ts_iso": at.isoformat(),
            "spot": 6_000.0,
            "net_exposure": 1e9,
            "max_strike": 6_000,
            "bars": bars,
        }
        rows.append(json.dumps(row))
    head = f'"ticker": "SPX", "greek": "gex", "every": 1, "count": {snapshots}'
    return f'{{{head}, "data": [{", ".join(rows)}]}}'.encode()


async def ours(url: str) -> int:
    """Read each snapshot and write its lines, as an export does."""
    env = {"GEXFOCUS_API_KEY": KEY, "GEXFOCUS_BASE_URL": url, "GEXFOCUS_SHARED": "off"}
    ticker = parse_ticker("SPX")
    seen = 0

    def take(stored: StrikeMap) -> None:
        nonlocal seen
        seen += bool("".join(map_lines(stored, "gexfocus")))

    async with open_desk(read_settings(env)) as desk:
        await desk.source.map_rows(ticker, "gex", DAY, limit=3_000, every=1, take=take)
    return seen


async def bare(url: str) -> int:
    """Fetch the whole, and read it as JSON."""
    async with httpx2.AsyncClient(headers={"x-api-key": KEY}) as http:
        body = (await http.get(f"{url}/history/greeks/gex?limit=3000")).content
    return len(json.loads(body)["data"])


WAYS: dict[str, Callable[[str], Awaitable[int]]] = {"bare": bare, "ours": ours}


def peak() -> int:
    """The most memory this process ever had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # What `resource` says begins, on Linux, with the parent's.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1_024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def measured(way: str, small: str, large: str) -> None:
    """In a process of its own: seconds, snapshots read, bytes above the base, the base."""
    run = WAYS[way]
    await run(small)
    base = peak()
    began = perf_counter()
    seen = await run(large)
    print(json.dumps([perf_counter() - began, seen, peak() - base, base]))


async def traced(way: str, *urls: str) -> None:
    """In a process of its own: the most bytes that Python held while it read each, above what it held before."""
    run = WAYS[way]
    await run(urls[0])
    most = []
    for url in urls:
        tracemalloc.start()
        await run(url)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    print(json.dumps(most))


def apart(*arguments: str) -> Any:
    """What a process of its own prints."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Both ways, in turn."""
    snapshots = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    bodies = [history(count) for count in (1, 200, snapshots)]
    size = len(bodies[-1])
    with ExitStack() as stack:
        one, some, every = (
            stack.enter_context(Bodies({"history/greeks/gex": body}).served())
            for body in bodies
        )
        print(
            f"{snapshots:,} snapshots, {size / MB:.0f} MB, {size / snapshots / 1024:.0f} KB each"
        )
        taken = {}
        for way in WAYS:
            taken[way], seen, rise, base = apart("measured", way, one, every)
            assert seen == snapshots
            print(
                f"{way}: {taken[way]:.1f} s, {rise / MB:.1f} MB above a base of {base / MB:.0f} MB"
            )
        print(f"ratio of the times {taken['ours'] / taken['bare']:.1f}")
        single, many = apart("traced", "ours", one, some)
        print(
            f"Python's own count: one snapshot {single / 1024:.0f} KB, 200 of them {many / 1024:.0f} KB, "
            f"{many / single:.1f} times one"
        )


JOBS: dict[str, Callable[..., Awaitable[None]]] = {
    "measured": measured,
    "traced": traced,
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in JOBS:
        anyio.run(JOBS[sys.argv[1]], *sys.argv[2:])
    else:
        main()
