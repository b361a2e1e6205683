"""Which expiration holds the exposure, and what rolls off."""

from typing import Annotated, Final, get_args

from mcp.server.mcpserver import Context
from pydantic import Field

from gexfocus_mcp.market.expiries import MatrixGreek
from gexfocus_mcp.market.greek import Greek, parse_greek
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.tools.parameters import StrikesArgument, TickerArgument


_IN_MATRIX: Final[tuple[MatrixGreek, ...]] = get_args(MatrixGreek)


def _parse_matrix_greek(text: str) -> MatrixGreek:
    found: Greek = parse_greek(text, _IN_MATRIX)
    return next(greek for greek in _IN_MATRIX if greek == found)


async def mapa_gamma(
    ctx: Context[FrontDoor],
    ticker: TickerArgument,
    greek: Annotated[
        str, Field(description="gex, vanna or charm; default gex.")
    ] = "gex",
    max_strikes: Annotated[
        int, Field(description="Rows, 5-60; default 20.", ge=5, le=60)
    ] = 20,
    max_expirations: Annotated[
        int,
        Field(
            description="Nearest expirations as columns, 1-12; default 6.", ge=1, le=12
        ),
    ] = 6,
    strikes: StrikesArgument = None,
    drop_through: Annotated[
        str | None,
        Field(description="A listed expiration: what remains after it; default none."),
    ] = None,
) -> Answer:
    """
    Strike by expiration matrix now: which expiry holds the gamma, what rolls off tonight and what is
    left, 0DTE share, flip of each expiry, which expiries a wall hangs on and what it becomes, the 0DTE
    magnet, strikes where gamma, vanna and charm gather.
    """
    from gexfocus_mcp.render.matrix import matrix_answer

    desk = await ctx.request_context.lifespan_context.desk()
    wanted = _parse_matrix_greek(greek)
    reading = await desk.matrix(
        parse_ticker(ticker), wanted, flips=max_expirations, drop_through=drop_through
    )
    return matrix_answer(
        reading,
        max_strikes=max_strikes,
        max_expirations=max_expirations,
        strikes=strikes or (),
    )
