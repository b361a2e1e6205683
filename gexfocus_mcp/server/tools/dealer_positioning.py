"""Where do dealers stand, and what does it mean?"""

from typing import Annotated

from mcp.server.apps import client_supports_apps
from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer, Viewed
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


Move = Annotated[float, Field(ge=0.1, le=5, allow_inf_nan=False)]


async def dealer_positioning(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    moves: Annotated[
        list[Move],
        Field(
            description="Up to 4 spot moves in percent, 0.1-5, each reckoned up and down; default 1.",
            min_length=1,
            max_length=4,
        ),
    ] = [1.0],  # noqa: B006 - never changed, and the schema shows it as the default
    at: Annotated[
        str | None,
        Field(
            description="Eastern moment: 11:30, open, yesterday, 2026-07-10T11:30; default now."
        ),
    ] = None,
) -> Answer | Viewed:
    """
    Start here: where dealers stand in one ticker, now or at a past moment, and what it means. Long or short gamma with
    confidence, gamma flip and distance, call and put wall, what dealers would buy or sell for +-1 %,
    vanna and charm, expiry roll-off, order flow, and the levels that would change the read.
    """
    from gexfocus_mcp.render.positioning import bars_near_spot, positioning_answer

    desk = await ctx.request_context.lifespan_context.desk()
    reading = await desk.positioning(
        parse_ticker(ticker), tuple(dict.fromkeys(moves)), at
    )
    answer = positioning_answer(reading)
    if client_supports_apps(ctx):
        return Viewed(answer, {"bars": bars_near_spot(reading)})
    return answer
