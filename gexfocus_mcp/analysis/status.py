"""How the server itself stands: budgets, memory and streams, counted here and asked of nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

from gexfocus_mcp.analysis.live import StreamVerdict
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.market.ticker import Ticker


@dataclass(frozen=True, slots=True)
class Budget:
    """
    One bucket of requests, as far as it is known here.

    Attributes:
        limit: What may be used, a margin already taken off.
        used: Requests in the window that ends now.
        blocked_s: Seconds of a remembered block still to run; 0 without one.
        blocked_by: Code of the failure that began it; empty without one.
    """

    limit: int
    used: int
    blocked_s: float = 0.0
    blocked_by: str = ""

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class StreamUse:
    """
    One open stream.

    Attributes:
        age_s: Seconds since its newest tick's own time; None without a tick.
        readers: Calls that listen to it now.
    """

    ticker: Ticker
    verdict: StreamVerdict
    reason: str
    ticks: int
    age_s: float | None
    cuts: int
    readers: int


@dataclass(frozen=True, slots=True)
class StatusReading:
    """
    What this process knows without asking.

    Attributes:
        entries, hits, loads: Answers remembered, questions they answered, questions that went upstream.
        host: Whom the source asks; None where it is part of this process.
        shared: What budgets and answers are shared through; None where they are this process's own.
    """

    provenance: Provenance
    budgets: Mapping[str, Budget]
    entries: int
    hits: int
    loads: int
    has_key: bool
    host: str | None
    shared: str | None
    streams: tuple[StreamUse, ...]

    @property
    def cooldown_s(self) -> float:
        """The longest block still to run; 0 without one."""
        return max((b.blocked_s for b in self.budgets.values()), default=0.0)
