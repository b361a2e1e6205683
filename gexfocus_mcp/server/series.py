"""Maps and series in full, each at an address, for clients whose user or program wants every row."""

from collections.abc import Awaitable, Callable
from typing import Final, get_args

from mcp.server.mcpserver import Context, MCPServer
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from gexfocus_mcp.errors import (
    BadArgument,
    CallerMistake,
    GexFocusError,
    NoData,
    UnknownGreek,
)
from gexfocus_mcp.market.expiries import MatrixGreek
from gexfocus_mcp.market.greek import parse_greek
from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.server.crash import report
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.patience import telling


MATRIX_GREEKS: Final[tuple[MatrixGreek, ...]] = get_args(MatrixGreek)
METRICS: Final[tuple[Series, ...]] = get_args(Series)

_ALL: Final = 100_000


async def strike_map(ctx: Context[FrontDoor], ticker: str, greek: str) -> str:
    async def read() -> str:
        from gexfocus_mcp.render.sheets import strikes_sheet

        desk = await ctx.request_context.lifespan_context.desk()
        wanted = parse_greek(greek)
        reading = await desk.strikes(parse_ticker(ticker), (wanted,))
        if wanted in reading.missing:
            raise NoData(
                f"the feed has no {wanted} map at the moment (null, which is not zero)",
                "Ask again later, or for another greek.",
                retry_after=60,
            )
        return strikes_sheet(reading)

    return await _told(ctx, "the map", read)


async def expiry_matrix(ctx: Context[FrontDoor], ticker: str, greek: str) -> str:
    async def read() -> str:
        from gexfocus_mcp.render.sheets import matrix_sheet

        desk = await ctx.request_context.lifespan_context.desk()
        asked = parse_greek(greek, MATRIX_GREEKS)
        wanted = next(each for each in MATRIX_GREEKS if each == asked)
        return matrix_sheet(await desk.matrix(parse_ticker(ticker), wanted))

    return await _told(ctx, "the matrix", read)


async def history(ctx: Context[FrontDoor], ticker: str, metric: str, date: str) -> str:
    async def read() -> str:
        from gexfocus_mcp.desk.span import HistoryQuestion
        from gexfocus_mcp.render.sheets import flow_sheet, history_sheet

        desk = await ctx.request_context.lifespan_context.desk()
        name, wanted = parse_ticker(ticker), _parse_metric(metric)
        if wanted == "ndf":
            return flow_sheet(await desk.flow_path(name, date))
        question = HistoryQuestion(greek=wanted, date=date)
        return history_sheet(await desk.history(name, question))

    return await _told(ctx, "the history", read)


async def sessions(ctx: Context[FrontDoor], ticker: str, metric: str) -> str:
    async def read() -> str:
        from gexfocus_mcp.render.sheets import sessions_sheet

        desk = await ctx.request_context.lifespan_context.desk()
        wanted = _parse_metric(metric)
        return sessions_sheet(await desk.sessions(parse_ticker(ticker), wanted, _ALL))

    return await _told(ctx, "the list", read)


ADDRESSES: Final[dict[str, tuple[Callable[..., Awaitable[str]], str, str]]] = {
    "gexfocus://{ticker}/map/{greek}": (
        strike_map,
        "Every strike of a map",
        "The latest map of gex, delta, vanna or charm: calls and puts at every strike.",
    ),
    "gexfocus://{ticker}/matrix/{greek}": (
        expiry_matrix,
        "Every cell of a matrix",
        "The latest gex, vanna or charm by strike and expiration, every cell.",
    ),
    "gexfocus://{ticker}/history/{metric}/{date}": (
        history,
        "Every row of a session",
        "One session of ndf (every row) or of gex, delta, vanna, charm (net, spot and largest strike of every snapshot).",
    ),
    "gexfocus://{ticker}/sessions/{metric}": (
        sessions,
        "Stored sessions",
        "Which sessions are stored of ndf, gex, delta, vanna or charm, newest first.",
    ),
}
"""By address: what reads it, its title and what it says of itself."""


def add_series(server: MCPServer[FrontDoor]) -> None:
    """Offer every address to read."""
    for address, (function, title, description) in ADDRESSES.items():
        server.resource(
            address, title=title, description=description, mime_type="text/csv"
        )(function)


def _parse_metric(text: str) -> Series:
    name = text.strip().lower()
    if name in {"ndf", "flow"}:
        return "ndf"
    try:
        return parse_greek(text)
    except UnknownGreek:
        fix = f"Give one of {', '.join(METRICS)}."
    raise BadArgument("that is no series of this feed", fix)


async def _told(
    ctx: Context[FrontDoor], what: str, read: Callable[[], Awaitable[str]]
) -> str:
    """What *read* returns; every failure becomes a protocol error in our own words."""
    try:
        return await telling(ctx.report_progress, lambda _: read())
    except GexFocusError as failure:
        code = INVALID_PARAMS if isinstance(failure, CallerMistake) else INTERNAL_ERROR
        said = str(failure)
    except Exception as crash:  # noqa: BLE001 - nothing unexpected may reach a client
        code, said = INTERNAL_ERROR, report(what, crash)
    # Outside, so that what it replaces is not its context.
    raise MCPError(code=code, message=said)
