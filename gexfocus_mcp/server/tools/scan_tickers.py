"""Where do many names stand, and what do they amount to together?"""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.basket import Sort, parse_basket
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.patience import telling


Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


async def scan_tickers(
    ctx: Context[FrontDoor],
    tickers: Annotated[
        list[str] | None,
        Field(description="Up to 11; default all.", min_length=1, max_length=11),
    ] = None,
    weights: Annotated[
        list[Weight] | None,
        Field(
            description="One per ticker, same order, 0 or more; for a book view.",
            min_length=1,
            max_length=11,
        ),
    ] = None,
    sort: Annotated[
        Sort, Field(description="tilt, distance (to flip) or ticker; default tilt.")
    ] = "tilt",
) -> Answer:
    """
    Compare several tickers now: regime, tilt, distance to flip and walls in one table; breadth, index
    against Mag7, SPX-SPY and NDX-QQQ agreement; with weights, the book's net and contributions.
    """
    from gexfocus_mcp.render.scan import scan_answer

    desk = await ctx.request_context.lifespan_context.desk()
    basket = parse_basket(tickers, weights)
    return scan_answer(
        await telling(
            ctx.report_progress, lambda report: desk.scan(basket, sort, report)
        )
    )
