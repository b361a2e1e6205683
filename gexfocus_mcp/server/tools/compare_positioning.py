"""What changed between two moments?"""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def compare_positioning(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    since: Annotated[
        str,
        Field(
            description="Eastern: open, yesterday (its last map), 10:30, 2026-07-10, 2026-07-10T10:30; default open."
        ),
    ] = "open",
    until: Annotated[str, Field(description="Likewise, or now; default now.")] = "now",
) -> Answer:
    """
    What changed in one ticker since the open, since yesterday or between any two moments: net gamma,
    regime, flip, whether the walls rolled, which strikes made the change and how much spot alone explains.
    """
    from gexfocus_mcp.render.change import change_answer

    desk = await ctx.request_context.lifespan_context.desk()
    reading = await desk.change(parse_ticker(ticker), since, until)
    return change_answer(reading)
