"""Net exposure and max strike over time, and the map at a past moment."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.desk.span import HistoryQuestion
from gexfocus_mcp.market.greek import parse_greek
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def greeks_history(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    greek: Annotated[
        str, Field(description="gex, delta, vanna or charm; default gex.")
    ] = "gex",
    date: Annotated[
        str | None,
        Field(description="Session, YYYY-MM-DD, today or yesterday; default latest."),
    ] = None,
    start: Annotated[
        str | None, Field(description="First day of up to 5; needs end.")
    ] = None,
    end: Annotated[str | None, Field(description="Last day.")] = None,
    at: Annotated[
        str | None,
        Field(
            description="Moment (Eastern) whose bars are wanted: 11:30, open, 2026-07-10T11:30."
        ),
    ] = None,
    points: Annotated[
        int | None,
        Field(description="Rows of the path, 10-300; default 40.", ge=10, le=300),
    ] = None,
    detail: Annotated[
        Literal["net", "levels"],
        Field(description="levels adds the path of flip and walls; default net."),
    ] = "net",
    sessions: Annotated[
        int | None,
        Field(
            description="Rank net among so many earlier sessions at this time of day, 2-20.",
            ge=2,
            le=20,
        ),
    ] = None,
) -> Answer:
    """
    How net exposure and its largest strike moved over a session or days: sign changes with times,
    migration, rank among earlier sessions; with at, the bars of that moment.
    """
    from gexfocus_mcp.render.history import history_answer

    desk = await ctx.request_context.lifespan_context.desk()
    question = HistoryQuestion(
        greek=parse_greek(greek),
        date=date,
        start=start,
        end=end,
        at=at,
        levels=detail == "levels",
        sessions=sessions,
    )
    reading = await desk.history(parse_ticker(ticker), question, ctx.report_progress)
    return history_answer(reading, points=points)
