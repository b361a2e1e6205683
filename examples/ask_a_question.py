"""
Ask the server one question from a program of your own, on the simulated market.

    python examples/ask_a_question.py
"""

import sys

import anyio
from mcp import Client, StdioServerParameters
from mcp_types import TextContent


async def main() -> None:
    """Connect as any MCP client does and read both channels of an answer."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "gexfocus_mcp", "--demo"]
    )
    async with Client(server) as client:
        answer = await client.call_tool("dealer_positioning", {"ticker": "SPY"})

    text, data = answer.content[0], answer.structured_content
    assert isinstance(text, TextContent)
    assert data is not None
    print(text.text.splitlines()[0])
    flip = data["levels"]["flip"]["value"]
    side = "above" if data["spot"] > flip else "below"
    print(
        f"spot {data['spot']} is {side} the modelled flip {flip} ({data['source']}, {data['freshness']})"
    )
    assert text.text.startswith("SIMULATED SPY")


if __name__ == "__main__":
    anyio.run(main)
