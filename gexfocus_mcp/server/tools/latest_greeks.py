"""The strike maps of GEX, delta, vanna and charm."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.greek import GREEKS, parse_greek
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import StrikesArgument, TickerArgument


async def latest_greeks(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    greeks: Annotated[
        list[str] | None,
        Field(
            description="Any of gex, delta, vanna, charm; default all four.",
            max_length=8,
        ),
    ] = None,
    max_bars: Annotated[
        int | None,
        Field(
            description="Bars per map, 5-60; default 30, as many as fit when several maps are asked.",
            ge=5,
            le=60,
        ),
    ] = None,
    window_pct: Annotated[
        float | None,
        Field(
            description="Add strikes by size only within this percent of spot, 0.1-50; default none.",
            ge=0.1,
            le=50,
            allow_inf_nan=False,
        ),
    ] = None,
    strikes: StrikesArgument = None,
) -> Answer:
    """
    Exposure by strike now: calls and puts per strike for gamma (gex), delta, vanna and charm, trimmed
    to the strikes that matter, with the rest summed so that totals hold; net, gross, tilt and sign
    convention of each map.
    """
    wanted = tuple(dict.fromkeys(map(parse_greek, greeks or GREEKS)))
    from gexfocus_mcp.render.greeks import greeks_answer

    desk = await ctx.request_context.lifespan_context.desk()
    return greeks_answer(
        await desk.strikes(parse_ticker(ticker), wanted),
        max_bars=max_bars,
        window_pct=window_pct,
        strikes=strikes or (),
    )
