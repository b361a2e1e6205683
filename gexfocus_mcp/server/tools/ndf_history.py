"""Net delta flow over a session."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def ndf_history(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    date: Annotated[
        str,
        Field(
            description="Session as YYYY-MM-DD (Eastern), today, yesterday or latest; default latest."
        ),
    ] = "latest",
    points: Annotated[
        int | None,
        Field(description="Rows of the path, 10-300; default 60.", ge=10, le=300),
    ] = None,
) -> Answer:
    """
    Order flow of one session, today's so far without a date: net delta flow (NDF) path, thresholds and
    crossings, price against FEP, whether flow agrees with or diverges from price, premium of calls and
    puts. For this second use live_snapshot.
    """
    from gexfocus_mcp.render.flow import flow_answer

    desk = await ctx.request_context.lifespan_context.desk()
    reading = await desk.flow_path(parse_ticker(ticker), date)
    return flow_answer(reading, points=points)
