"""Exposure by strike at one instant, as a source said it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.ticker import Ticker


class Bar(NamedTuple):
    """One strike's exposure, calls and puts apart, in the upstream's own unit; a tuple, as there are thousands."""

    strike: float
    calls: float
    puts: float

    @property
    def total(self) -> float:
        """Calls + puts, recomputed: the stored total is not trusted."""
        return self.calls + self.puts

    @property
    def gross(self) -> float:
        """|calls| + |puts|, recomputed: the stored gross is null for three of four maps."""
        return abs(self.calls) + abs(self.puts)


@dataclass(frozen=True)
class StrikeMap:
    """
    One greek's exposure over all strikes.

    Attributes:
        as_of: Instant of the snapshot, aware.
        session: Trading day the upstream files it under.
        spot: Underlying's price then; None where the upstream had none.
        stored_net: The upstream's own net, which may cover more strikes than the bars; None where not stored.
        stored_max_strike: The upstream's own strike of largest absolute exposure.
        bars: Ascending by strike, each strike once, every number finite.
        notes: What had to be repaired to read it, one sentence each.
    """

    ticker: Ticker
    greek: Greek
    as_of: datetime
    session: date
    spot: float | None
    stored_net: float | None
    stored_max_strike: float | None
    bars: tuple[Bar, ...]
    notes: tuple[str, ...] = ()

    @property
    def net(self) -> float:
        """The upstream's net exposure; the sum of the bars where it stored none."""
        return self.bars_net if self.stored_net is None else self.stored_net

    @cached_property
    def bars_net(self) -> float:
        return sum(bar.total for bar in self.bars)

    @cached_property
    def gross(self) -> float:
        return sum(bar.gross for bar in self.bars)


@dataclass(frozen=True, slots=True)
class GreekMaps:
    """
    The four maps of one ticker, as one reply gave them; a greek that was null is absent from `maps`.

    Attributes:
        notes: Why a map that did come is missing all the same.
    """

    ticker: Ticker
    maps: Mapping[Greek, StrikeMap]
    missing: tuple[Greek, ...] = ()
    notes: tuple[str, ...] = ()
