"""What could stand in an argument of a prompt or an address, as it is typed."""

from typing import Final

import anyio
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from gexfocus_mcp.errors import GexFocusError
from gexfocus_mcp.market.greek import GREEKS
from gexfocus_mcp.market.ticker import INDICES_AND_ETFS, TICKERS, parse_ticker
from gexfocus_mcp.server.front_door import FrontDoor
from gexfocus_mcp.server.series import MATRIX_GREEKS, METRICS


_WORDS: Final = ("latest", "today", "yesterday")
_MOST: Final = 100
_PATIENCE_S: Final = 3.0


async def complete(
    door: FrontDoor | None,
    ref: PromptReference | ResourceTemplateReference,
    argument: CompletionArgument,
    context: CompletionContext | None,
) -> Completion:
    """
    The values that begin as *argument* does, in either case.

    Args:
        door: Where stored sessions are asked for; without it dates are words only.
    """
    known = dict(context.arguments or {}) if context else {}
    values: tuple[str, ...] = ()
    match argument.name:
        case "ticker":
            values = TICKERS
        case "index":
            values = INDICES_AND_ETFS
        case "greek":
            is_matrix = (
                isinstance(ref, ResourceTemplateReference) and "/matrix/" in ref.uri
            )
            values = MATRIX_GREEKS if is_matrix else GREEKS
        case "metric":
            values = METRICS
        case "date":
            values = (*_WORDS, *await _stored(door, known))
    typed = argument.value.strip().lstrip("$^").lower()
    found = [value for value in values if value.lower().startswith(typed)]
    return Completion(
        values=found[:_MOST], total=len(found), has_more=len(found) > _MOST
    )


async def _stored(door: FrontDoor | None, known: dict[str, str]) -> list[str]:
    """The stored days, newest first; none where they cannot be had soon: a list of choices is worth no wait."""
    try:
        ticker = parse_ticker(known.get("ticker", "SPY"))
        asked, metric = known.get("metric", "").lower(), METRICS[0]
        metric = next((each for each in METRICS if each == asked), metric)
        if door is None:
            return []
        with anyio.move_on_after(_PATIENCE_S):
            desk = await door.desk()
            reading = await desk.sessions(ticker, metric, _MOST)
            return [f"{stored.day:%Y-%m-%d}" for stored in reading.sessions]
    except GexFocusError:
        pass
    return []
