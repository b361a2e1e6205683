"""What a reader of the budgets, or of any answer, is told of how they are counted."""

from typing import Final

from gexfocus_mcp.sources.gexfocus.endpoints import DOCUMENTED
from gexfocus_mcp.traffic.commons import Commons


MARGIN: Final = f"limits are the API's {DOCUMENTED['last']} and {DOCUMENTED['history']} per 60 s and key, less a margin"


def alone(commons: Commons) -> str | None:
    """A sentence for every answer while the store fails; None while it does not."""
    if commons.trouble is None:
        return None
    return f"shared store not used ({commons.trouble}): this process counts alone, with a third of the limits"


def reach(commons: Commons) -> tuple[str, ...]:
    """Whose requests the numbers of a status count; said elsewhere while the store fails."""
    if commons.trouble is not None:
        return ()
    if commons.place is None:
        return (
            "counted in this process alone: other programs with the key spend from the same budgets",
        )
    return (f"counted over every process that shares {commons.place}",)
