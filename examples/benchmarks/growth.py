"""
How the cost of an answer grows with the work behind it.

    python examples/benchmarks/growth.py [--plot FILE.png]

Four series, the work about twice as much from step to step: bars of a map, rows of a session's flow, tickers of a scan,
clients of one HTTP service. The cost is processor time, which other programs disturb less than the time that passes: of
this process with the upstream inside it, or of the service alone (where that cannot be told, the time that passes). Every
answer is a new one, of a new desk; only the clients ask for one that the service remembers. A factor is the growth of the
cost per doubling of the work, the median over rounds in which the steps are measured in turn; above 2.1 it is marked.
Takes two to three minutes.
"""

import argparse
import gc
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from math import ceil
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream
from growth_plot import picture
from growth_series import Series, Step, table
from mcp.client.stdio import get_default_environment
from parsing import DAY, session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from upstream import Bodies, our_server, simulated_documents, under

from gexfocus_mcp.market.basket import parse_basket
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import TICKERS, parse_ticker
from gexfocus_mcp.render.answer import Answer, dense
from gexfocus_mcp.render.flow import flow_answer
from gexfocus_mcp.render.greeks import greeks_answer
from gexfocus_mcp.render.pictures.raster import paint
from gexfocus_mcp.render.positioning import positioning_answer
from gexfocus_mcp.render.scan import scan_answer
from gexfocus_mcp.wiring import open_simulated_desk


BARS = (50, 100, 200, 400, 800, 1_600, 3_200, 5_000)
ROWS = (100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000)
NAMES = (1, 2, 4, 8, 11)
CLIENTS = (1, 2, 4, 8, 16, 32, 64, 128, 200)
CALLS_EACH = 3
ROUNDS = 7
LEAST_S = 0.1
"""Of processor time for one measurement: what takes less is done several times."""

SPX = parse_ticker("SPX")
BY_STRIKE = {"strikes", "bars", "matrix", "vanna_matrix", "charm_matrix"}


async def measure(
    series: Sequence[Series],
    rounds: int,
    clock: Callable[[], float],
    memory: Callable[[], float | None] = lambda: None,
) -> None:
    """Every step of every series in turn, again and again; *memory* is looked at in the first round, while work only grows."""
    steps = [step for each in series for step in each.steps]
    for each in series:
        # The first answer of its kind imports what it needs.
        await each.steps[0].ask()
    for _ in range(rounds):
        for step in steps:
            # Nobody pays for what others have left behind, nor for the collector's full runs through it: they cost the
            # same whatever the work, and come now and then.
            gc.collect()
            gc.freeze()
            times, cost = 0, 0.0
            began, at = perf_counter(), clock()
            while cost < LEAST_S:
                await step.ask()
                times += 1
                cost = clock() - at
            step.costs.append(cost / times)
            step.walls.append((perf_counter() - began) / times)
            step.peak = step.peak or memory()


def upstream(bodies: dict[str, bytes]) -> Starlette:
    """An upstream in this process that serves fixed bodies, by path below /trading, and has no stream."""

    async def reply(request: Request) -> Response:
        return Response(bodies[request.path_params["path"]])

    async def refuse(stream: WebSocket) -> None:
        await stream.close(1008)

    return Starlette(
        routes=[
            Route("/trading/{path:path}", reply),
            WebSocketRoute("/trading/ws/ndf", refuse),
        ]
    )


def drawn_out(document: Any, bars: int) -> Any:
    """The document with so many strikes in place of its own, each between two of them, and the same sums."""
    if not isinstance(document, dict):
        return document
    resized = {key: drawn_out(value, bars) for key, value in document.items()}
    for key, rows in resized.items():
        if key not in BY_STRIKE:
            continue
        share = 1 if key == "strikes" else len(rows) / bars
        places = [i * (len(rows) - 1) / (bars - 1) for i in range(bars)]
        resized[key] = [
            _between(rows[int(place)], rows[ceil(place)], place % 1, share)
            for place in places
        ]
    return resized


def _between(low: Any, high: Any, part: float, share: float) -> Any:
    if isinstance(low, dict):
        return {
            k: _between(v, high[k], part, 1 if k == "strike" else share)
            for k, v in low.items()
        }
    if isinstance(low, list):
        return [_between(a, b, part, share) for a, b in zip(low, high, strict=True)]
    return low if low is None else round((low + (high - low) * part) * share, 2)


def clock_at(hour: int) -> Callable[[], datetime]:
    """A clock that stands still on the day of the documents."""
    instant = datetime(DAY.year, DAY.month, DAY.day, hour, tzinfo=NEW_YORK)
    return lambda: instant


def write(answer: Answer) -> None:
    """Both channels, as they would be sent."""
    written = answer.text, dense(answer.json)
    assert all(written)


async def ask_positioning(market: Starlette) -> None:
    async with open_simulated_desk(market, clock_at(11)) as desk:
        reading = await desk.positioning(SPX)
        write(positioning_answer(reading))
    flip = reading.positioning.levels.flip
    # Strikes and expirations were read as one book, or half of the work would be missing.
    assert flip is not None
    assert flip.method == "matrix"


async def ask_greeks(market: Starlette) -> None:
    async with open_simulated_desk(market, clock_at(11)) as desk:
        write(greeks_answer(await desk.strikes(SPX)))


async def ask_flow(market: Starlette, rows: int) -> None:
    async with open_simulated_desk(market, clock_at(18)) as desk:
        reading = await desk.flow_path(SPX, str(DAY))
        write(flow_answer(reading))
    assert reading.path.rows == rows


async def ask_scan(market: Starlette, names: int) -> None:
    async with open_simulated_desk(market, clock_at(11)) as desk:
        reading = await desk.scan(parse_basket(list(TICKERS[:names]), None))
        write(scan_answer(reading))
    assert len(reading.rows) == names


def series_in_process(documents: dict[str, Any]) -> list[Series]:
    """The series that need no service."""
    maps, flows = dict[int, Starlette](), dict[int, Starlette]()
    for bars in BARS:
        resized = {path: drawn_out(each, bars) for path, each in documents.items()}
        maps[bars] = upstream(
            {f"{path}/{SPX}": under(SPX, each) for path, each in resized.items()}
        )
    for rows in ROWS:
        stored = json.loads(session(rows))
        flows[rows] = upstream({"history/ndf": under(SPX, stored)})
    gamma = documents["greeks/last"]["gex"]
    names = upstream({f"gex/last/{t}": under(t, gamma) for t in TICKERS})
    whole = [Step(n, partial(ask_positioning, maps[n])) for n in BARS]
    greeks = [Step(n, partial(ask_greeks, maps[n])) for n in BARS]
    flow = [Step(n, partial(ask_flow, flows[n], n)) for n in ROWS]
    scan = [Step(n, partial(ask_scan, names, n)) for n in NAMES]
    return [
        Series("dealer_positioning", "bars of a map", "bar", whole),
        Series("latest_greeks", "bars of a map", "bar", greeks),
        Series("ndf_history", "rows of flow", "row", flow),
        Series("scan_tickers", "tickers", "ticker", scan),
    ]


@contextmanager
def service(url: str) -> Iterator[tuple[int, int]]:
    """Process and port of this server over HTTP, with that upstream."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours = our_server(url)
    process = subprocess.Popen(
        [ours.command, *ours.args, "serve", "--http", "--port", str(port)],
        env={**get_default_environment(), **ours.env},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        if not any("serving MCP" in line for line in process.stderr):
            raise RuntimeError("the service did not start")
        yield process.pid, port
    finally:
        process.terminate()
        process.communicate()


def request_to(port: int) -> bytes:
    """A call as a client of 2026-07-28 posts it: each stands for itself, and no session is opened."""
    version = "2026-07-28"
    said = "io.modelcontextprotocol"
    params = {
        "name": "dealer_positioning",
        "arguments": {"ticker": SPX},
        "_meta": {
            f"{said}/protocolVersion": version,
            f"{said}/clientInfo": {"name": "growth", "version": "1"},
            f"{said}/clientCapabilities": {},
        },
    }
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    body = json.dumps(call)
    head = (
        "POST /mcp HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        "accept: application/json, text/event-stream",
        "content-type: application/json",
        f"mcp-protocol-version: {version}",
        "mcp-method: tools/call",
        "mcp-name: dealer_positioning",
        f"content-length: {len(body)}",
    )
    return "\r\n".join((*head, "", body)).encode()


async def call_in_a_row(port: int, request: bytes) -> None:
    """One client: a connection, and its calls one after the other; written by hand, as a library would cost more than the call."""
    async with await anyio.connect_tcp("127.0.0.1", port) as connection:
        replies = BufferedByteReceiveStream(connection)
        for _ in range(CALLS_EACH):
            await connection.send(request)
            head = await replies.receive_until(b"\r\n\r\n", 16_384)
            length = re.search(rb"content-length: (\d+)", head)
            assert length, head
            body = await replies.receive_exactly(int(length[1]))
            assert b"dealers modelled" in body, body


async def call_at_once(port: int, clients: int) -> None:
    request = request_to(port)
    async with anyio.create_task_group() as tasks:
        for _ in range(clients):
            tasks.start_soon(call_in_a_row, port, request)


async def measure_clients(documents: dict[str, Any]) -> Series:
    """The series of clients, with the service's memory after each step of the first round."""
    bodies = {f"{p}/{SPX}": under(SPX, each) for p, each in documents.items()}
    with Bodies(bodies).served() as url, service(url) as (process, port):
        steps = [Step(n, partial(call_at_once, port, n)) for n in CLIENTS]
        clients = Series(
            "dealer_positioning over HTTP", "clients", "call", steps, CALLS_EACH
        )
        await measure([clients], ROUNDS, clock_of(process), partial(peak_of, process))
    return clients


def clock_of(process: int) -> Callable[[], float]:
    """The processor seconds of another process; the time that passes where the system does not tell."""
    if sys.platform != "linux":
        return perf_counter
    from time import clock_gettime

    # What clock_getcpuclockid(3) returns, which Python does not offer.
    return partial(clock_gettime, (~process << 3) | 2)


def peak_of(process: int) -> float | None:
    """Megabytes."""
    status = Path(f"/proc/{process}/status")
    found = (
        re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    )
    return int(found[1]) / 1024 if found else None


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    plot = parser.parse_args().plot
    documents = simulated_documents(SPX)
    measured = series_in_process(documents)
    await measure(measured, ROUNDS, process_time)
    measured.append(await measure_clients(documents))
    print("\n\n".join(table(each) for each in measured))
    if plot:
        plot.write_bytes(paint(picture(measured)))


if __name__ == "__main__":
    anyio.run(main)
