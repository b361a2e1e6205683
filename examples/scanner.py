"""
Watch many names: a table every so often, and a line for each name whose read has turned over since the last one.

    python examples/scanner.py --rounds 2 --every 5                  # the simulated market
    python examples/scanner.py --live --rounds 12 --every 300        # the real one; takes GEXFOCUS_API_KEY
"""

import argparse
import os
import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters


TICKERS = ["SPX", "SPY", "QQQ", "NVDA", "TSLA"]


async def main(options: argparse.Namespace) -> None:
    """One request a name and round: five names every five minutes are a hundredth of the key's budget."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "gexfocus_mcp", *([] if options.live else ["--demo"])],
        # The SDK passes on what is harmless, and a key is not.
        env={k: v for k, v in os.environ.items() if k.startswith("GEXFOCUS_")},
    )
    before: dict[str, str] = {}
    async with Client(server) as client:
        for number in range(options.rounds):
            if number:
                await anyio.sleep(options.every)
            answer = await client.call_tool("scan_tickers", {"tickers": TICKERS})
            data = answer.structured_content
            if answer.is_error or data is None:
                print(answer.content[0].text)  # type: ignore[union-attr]  # every answer begins with text
                continue
            now = regimes(data["rows"])
            for ticker, regime in now.items():
                was = before.get(ticker, regime)
                turned = f"   was {was}" if was != regime else ""
                print(f"{data['source']:9} {ticker:5} {regime}{turned}")
            print(
                f"{data['source']}, {data['freshness']}, missing: {data.get('missing') or 'none'}\n"
            )
            before = now


def regimes(rows: dict[str, list[Any]]) -> dict[str, str]:
    """By ticker; columns of one table have the same order."""
    return dict(zip(rows["ticker"], rows["regime"], strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--live", action="store_true", help="the real market")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--every", type=float, default=1, help="seconds")
    anyio.run(main, parser.parse_args())
