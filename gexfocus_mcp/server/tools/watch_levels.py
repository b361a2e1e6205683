"""Wait until price crosses a level, or flow a threshold."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.analysis.condition import DEFAULT_CONDITIONS, parse_condition
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def watch_levels(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    conditions: Annotated[
        list[str] | None,
        Field(
            description="Up to 8 of flip, call_wall, put_wall, ndf_long, ndf_short, net_sign, price>755.20, price<750; "
            "default flip, both walls and both NDF thresholds.",
            max_length=8,
        ),
    ] = None,
    seconds: Annotated[
        float,
        Field(
            description="Longest wait in seconds, 0-50; default 45; 0 looks once.",
            ge=0,
            le=50,
            allow_inf_nan=False,
        ),
    ] = 45,
) -> Answer:
    """
    Wait on the live stream until price reaches or crosses the gamma flip, a wall or a price, NDF passes a
    threshold, or net gamma changes sign; returns at the first tick that does it, what was already true at
    once, else at the limit with the call that goes on. Levels are fixed at the start and taken anew by the
    next call.
    """
    wanted = tuple(dict.fromkeys(map(parse_condition, conditions or ())))
    from gexfocus_mcp.render.watch import watch_answer

    desk = await ctx.request_context.lifespan_context.desk()
    reading = await desk.watch(
        parse_ticker(ticker),
        wanted or DEFAULT_CONDITIONS,
        seconds,
        ctx.report_progress,
    )
    return watch_answer(reading)
