"""What the stream says now."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def live_snapshot(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    seconds: Annotated[
        float,
        Field(
            description="Window in seconds, 0-50; default 3; 0 reads the buffer as it is.",
            ge=0,
            le=50,
            allow_inf_nan=False,
        ),
    ] = 3,
) -> Answer:
    """
    This second, from the live stream: price, NDF, FEP, premium and the stream's own levels, their change
    over the window, crossings; or that the stream is silent, closed, refused or cut, and why.
    """
    from gexfocus_mcp.render.live import live_answer

    desk = await ctx.request_context.lifespan_context.desk()
    return live_answer(
        await desk.live(parse_ticker(ticker), seconds, ctx.report_progress)
    )
