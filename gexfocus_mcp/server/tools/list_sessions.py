"""Which sessions are stored."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def list_sessions(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    series: Annotated[
        Series, Field(description="ndf, gex, delta, vanna or charm; default ndf.")
    ] = "ndf",
    limit: Annotated[
        int, Field(description="Newest sessions listed, 1-60; default 10.", ge=1, le=60)
    ] = 10,
) -> Answer:
    """Which trading days are stored for a ticker, with snapshot counts and times: dates for ndf_history."""
    from gexfocus_mcp.render.sessions import sessions_answer

    desk = await ctx.request_context.lifespan_context.desk()
    return sessions_answer(await desk.sessions(parse_ticker(ticker), series, limit))
