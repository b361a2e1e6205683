"""A picture of where dealers stand, with its numbers as text."""

from typing import Annotated, Literal

from anyio import to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.desk.span import HistoryQuestion
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Picture
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def positioning_chart(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    kind: Annotated[
        Literal["strikes", "heatmap", "flow", "history"],
        Field(
            description="strikes: gamma by strike; heatmap: by strike and expiration; flow: NDF, price, FEP; "
            "history: net gamma, flip and walls over the session; default strikes."
        ),
    ] = "strikes",
) -> Picture:
    """
    A picture (PNG) to show a person, with the numbers as text: gamma by strike with spot, flip and walls;
    heatmap; today's flow; the session's migration. To reason about numbers, the other tools say more.
    """
    from gexfocus_mcp.render.pictures import chart
    from gexfocus_mcp.render.pictures.raster import paint

    desk = await ctx.request_context.lifespan_context.desk()
    name = parse_ticker(ticker)
    if kind == "strikes":
        drawn = chart.of_strikes(await desk.positioning(name))
    elif kind == "heatmap":
        drawn = chart.of_matrix(await desk.matrix(name))
    elif kind == "flow":
        drawn = chart.of_flow(await desk.flow_path(name))
    else:
        question = HistoryQuestion(greek="gex", levels=True)
        drawn = chart.of_history(await desk.history(name, question))
    # Painting takes some 50 ms, in which other calls would wait.
    png = await to_thread.run_sync(paint, drawn.drawing)
    return Picture(drawn.text, png)
