"""The levels that a watch is held against, taken from one strike map."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gexfocus_mcp.analysis.condition import MAP_LEVELS, Kind
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.market.strikes import StrikeMap


@dataclass(frozen=True, slots=True)
class Marks:
    """
    What was known at the start: levels stay as they were then.

    Attributes:
        as_of: Instant of the strike map; None without one.
        spot: The map's price: the side of a level that price is on at the start.
        net: The map's net gamma, dealer-signed.
        flip_method: `matrix` or `kernel`, as in `levels.Flip`; None without a flip.
        levels: By condition; what is not there cannot be waited for.
        absent: Why, by condition.
    """

    as_of: datetime | None
    spot: float | None
    net: float | None
    levels: Mapping[Kind, float]
    absent: Mapping[Kind, str]
    flip_method: str | None = None

    @classmethod
    def unread(cls, why: str) -> "Marks":
        """No map, and why."""
        return cls(None, None, None, {}, dict.fromkeys(MAP_LEVELS, why))


def take_marks(gamma: StrikeMap, book: Kernel | None = None) -> Marks:
    """Take the levels of a dealer-signed gamma map; *book* is the same by expiration, for a sharper flip."""
    read, kernel = read_levels(gamma, book=book)
    found: dict[Kind, float | None] = {
        "flip": read.flip.value if read.flip else None,
        "call_wall": read.call_wall.strike if read.call_wall else None,
        "put_wall": read.put_wall.strike if read.put_wall else None,
    }
    why: dict[Kind, str] = {
        "flip": "net gamma crosses zero nowhere within 15 % of spot"
        if kernel
        else "the map has no spot or no strikes to reprice",
        "call_wall": "no strike has positive call gamma",
        "put_wall": "no strike has negative put gamma",
    }
    return Marks(
        as_of=gamma.as_of,
        spot=gamma.spot,
        net=gamma.net if gamma.bars or gamma.stored_net is not None else None,
        levels={kind: level for kind, level in found.items() if level is not None},
        absent={kind: why[kind] for kind, level in found.items() if level is None},
        flip_method=read.flip.method if read.flip else None,
    )
