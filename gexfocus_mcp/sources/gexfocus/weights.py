"""Roughly how many bytes a market value takes in memory, so that what is remembered has a bound."""

from functools import singledispatch

from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.flow import FlowHistory
from gexfocus_mcp.market.stored import MapHistory
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap


# Measured with CPython 3.11: the object and the floats it alone holds.
_BAR = 150
_TICK = 650
_CELL = 32
_BASE = 1000


@singledispatch
def weigh(_value: object) -> int:
    """Bytes, within a factor of two; anything small is a kilobyte."""
    return _BASE


@weigh.register
def _(value: StrikeMap) -> int:
    return _BASE + _BAR * len(value.bars)


@weigh.register
def _(value: GreekMaps) -> int:
    return sum(map(weigh, value.maps.values()), _BASE)


@weigh.register
def _(value: ExpiryMap) -> int:
    cells = len(value.strikes) * len(value.expirations) * len(value.matrices)
    return _BASE + _CELL * cells


@weigh.register
def _(value: FlowHistory) -> int:
    return _BASE + _TICK * len(value.ticks)


@weigh.register
def _(value: MapHistory) -> int:
    return sum(map(weigh, value.maps), _BASE)
