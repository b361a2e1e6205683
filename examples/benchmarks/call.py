"""
What an answer costs beside the protocol alone, and beside fetching the same bodies and reading them as JSON.

    python examples/benchmarks/call.py [FOLDER]

A remembered `dealer_positioning` is called in turn with two tools of the stock SDK, one that does nothing and one that
returns the same JSON, all over stdio. A new one is called in
turn with a plain GET of the two replies behind it and `json.loads`. With FOLDER (or GEXFOCUS_TEST_DATA), which is not
shipped, the maps are those of real option chains; without it the simulated market's.
"""

import json
import sys
from statistics import median
from typing import Any

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from upstream import (
    KEY,
    Bodies,
    Stopwatch,
    chain_documents,
    folder_named,
    our_server,
    simulated_documents,
    under,
)

from gexfocus_mcp.market.ticker import TICKERS


STOCK = """
import json, sys
from typing import Any
from mcp.server import MCPServer

server = MCPServer("stock")
answer = json.loads(sys.argv[1])


@server.tool()
async def nothing(ticker: str) -> str:
    return ticker


@server.tool()
async def same(ticker: str) -> dict[str, Any]:
    return answer


server.run()
"""
ROUNDS = 40


async def remembered(client: Client, ticker: str) -> str:
    """Calls whose maps are at hand, in turn with calls of nothing, and of a tool that only returns the same again."""
    ours, nothing, same = Stopwatch(), Stopwatch(), Stopwatch()
    question = {"ticker": ticker}
    answer = await client.call_tool("dealer_positioning", question)
    said = json.dumps(answer.structured_content)
    server = StdioServerParameters(command=sys.executable, args=["-c", STOCK, said])
    async with Client(server) as stock:
        for _ in range(ROUNDS + 1):
            with nothing:
                await stock.call_tool("nothing", question)
            with same:
                await stock.call_tool("same", question)
            with ours:
                answer = await client.call_tool("dealer_positioning", question)
            assert not answer.is_error, answer
    to_nothing, to_same = (
        median(
            a / b for a, b in list(zip(ours.seconds, theirs.seconds, strict=True))[1:]
        )
        for theirs in (nothing, same)
    )
    return (
        f"remembered {ours.ms:.1f} ms, a tool that does nothing {nothing.ms:.1f} ms, ratio {to_nothing:.1f}; "
        f"one that returns the same {same.ms:.1f} ms, ratio {to_same:.1f}"
    )


async def new(client: Client, url: str, http: httpx2.AsyncClient, paths: Any) -> str:
    """The first call for each name, in turn with fetching the same and reading it as JSON."""
    ours, bare = Stopwatch(), Stopwatch()
    size = 0
    for number, ticker in enumerate(TICKERS):
        with bare:
            for path in paths:
                body = (await http.get(f"{url}/{path}/{ticker}")).content
                size += len(body)
                json.loads(body)
        with ours:
            answer = await client.call_tool("dealer_positioning", {"ticker": ticker})
        assert not answer.is_error, answer
        if number == 0:
            # The first call of a process imports what answers need.
            first = ours.seconds.pop() * 1_000
            bare.seconds.clear()
            size = 0
    over = median(
        (a - b) * 1_000 for a, b in zip(ours.seconds, bare.seconds, strict=True)
    )
    return (
        f"new {ours.ms:.0f} ms, bare {bare.ms:.0f} ms for {size / len(ours.seconds) / 1000:.0f} KB, "
        f"over it {over:.0f} ms, ratio {ours.ms / bare.ms:.1f} (first of the process {first:.0f} ms)"
    )


async def measure(name: str, documents: dict[str, Any]) -> None:
    """One line for each kind of call."""
    bodies = Bodies(
        {
            f"{path}/{t}": under(t, document)
            for path, document in documents.items()
            for t in TICKERS
        }
    )
    with bodies.served() as url:
        headers = {"x-api-key": KEY}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(our_server(url)) as client,
        ):
            print(f"{name:20} {await new(client, url, http, documents)}")
            print(f"{name:20} {await remembered(client, TICKERS[0])}")


async def main() -> None:
    """The largest real chains, or those of the simulated market."""
    folder = folder_named(sys.argv[1:])
    if folder:
        for name in sorted(
            p.name for p in folder.iterdir() if p.name[:3] in {"SPX", "NDX"}
        ):
            await measure(name, chain_documents(folder, name))
    else:
        for ticker in ("SPX", "NDX"):
            await measure(f"{ticker} simulated", simulated_documents(ticker))


if __name__ == "__main__":
    anyio.run(main)
