"""Net exposure and max strike over time, and the map at a past moment."""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.desk.span import HistoryQuestion
from gexfocus_mcp.market.greek import parse_greek
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.patience import telling
from gexfocus_mcp.server.tools.parameters import TickerArgument


async def greeks_history(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    greek: Annotated[
        str, Field(description="As in latest_greeks; default gex.")
    ] = "gex",
    date: Annotated[
        str | None,
        Field(description="YYYY-MM-DD; default latest."),
    ] = None,
    start: Annotated[str | None, Field(description="First of up to 5 days.")] = None,
    end: Annotated[str | None, Field(description="Last day.")] = None,
    at: Annotated[
        str | None,
        Field(description="Bars as of a moment: 11:30, open."),
    ] = None,
    points: Annotated[
        int | None,
        Field(description="Rows, 10-300; default 40.", ge=10, le=300),
    ] = None,
    detail: Annotated[
        Literal["net", "levels"],
        Field(description="levels adds flip and walls; default net."),
    ] = "net",
    sessions: Annotated[
        int | None,
        Field(
            description="Rank among 2-20 earlier sessions at this hour.",
            ge=2,
            le=20,
        ),
    ] = None,
) -> Answer:
    """
    Net exposure over a session or days: sign changes, migration, rank; bars at a past moment.
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
    name = parse_ticker(ticker)
    reading = await telling(
        ctx.report_progress, lambda report: desk.history(name, question, report)
    )
    return history_answer(reading, points=points)
