"""
Walk through yesterday: what the everyday read would have said every hour, and where the flip stood against spot.

    python examples/replay_session.py [TICKER]
"""

import sys

import anyio
from mcp import Client, StdioServerParameters


HOURS = ("09:45", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00")


async def main(ticker: str) -> None:
    """Every read is of the last stored snapshot at or before its moment, never of a later one."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "gexfocus_mcp", "--demo"]
    )
    async with Client(server) as client:
        listed = await client.call_tool("list_sessions", {"ticker": ticker, "series": "gex", "limit": 2})  # fmt: skip
        assert listed.structured_content is not None
        day = listed.structured_content["sessions"][1]["date"]
        print(f"{ticker} on {day}, SIMULATED")
        for hour in HOURS:
            asked = {"ticker": ticker, "at": f"{day}T{hour}"}
            answer = await client.call_tool("dealer_positioning", asked)
            data = answer.structured_content
            if answer.is_error or data is None:
                print(f"{hour}  {answer.content[0].text}")  # type: ignore[union-attr]  # every answer begins with text
                continue
            assert (data["freshness"], data["source"]) == ("historical", "simulated")
            flip = data["levels"].get("flip", {}).get("value", "none near")
            print(
                f"{data['as_of'][11:16]}  spot {data['spot']:9} flip {flip:9} {data['regime']:12} {data['confidence']}"
            )


if __name__ == "__main__":
    anyio.run(main, sys.argv[1] if len(sys.argv) > 1 else "SPY")
