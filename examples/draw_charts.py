"""
Write the four pictures of a ticker into a folder.

    python examples/draw_charts.py [TICKER] [FOLDER]
"""

import sys
from base64 import b64decode
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from mcp_types import ImageContent, TextContent


async def main(ticker: str, folder: Path) -> None:
    """A picture comes with its numbers as text: the first line says of when it is."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "gexfocus_mcp", "--demo"]
    )
    folder.mkdir(parents=True, exist_ok=True)
    async with Client(server) as client:
        for kind in ("strikes", "heatmap", "flow", "history"):
            asked = {"ticker": ticker, "kind": kind}
            answer = await client.call_tool("positioning_chart", asked)
            words, *pictures = answer.content
            assert isinstance(words, TextContent)
            print(f"{kind:8} {words.text.splitlines()[0]}")
            for picture in pictures:
                assert isinstance(picture, ImageContent)
                file = folder / f"{ticker}-{kind}.png"
                file.write_bytes(b64decode(picture.data))


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    anyio.run(main, given.get(0, "SPY"), Path(given.get(1, ".")))
