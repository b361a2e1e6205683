"""What stored maps of a session, or of some days, say: the reading behind `greeks_history`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gexfocus_mcp.analysis.convention import to_dealer
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.analysis.migration import LevelPath, Migration, SignChange
from gexfocus_mcp.analysis.positioning import Turn, find_turns
from gexfocus_mcp.analysis.profile import Profile
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.regime import read_stance
from gexfocus_mcp.analysis.same_hour import Ranking
from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker


@dataclass(frozen=True, slots=True)
class HistoryReading:
    """
    One greek's stored snapshots, all read, in ascending order.

    Attributes:
        maps: Without bars; with `asked`, none is later than that moment.
        asked: The moment asked for, in the caller's words; None where none was.
        profile: The full map of that moment.
        turns: Where the read of the newest full gamma map turns over; None without such a map.
        turns_at: When that map was made.
    """

    ticker: Ticker
    greek: Greek
    provenance: Provenance
    maps: tuple[StrikeMap, ...]
    sign_changes: tuple[SignChange, ...]
    max_strike: Migration | None
    asked: str | None = None
    profile: Profile | None = None
    levels: LevelPath | None = None
    ranking: Ranking | None = None
    turns: tuple[Turn, ...] | None = None
    turns_at: datetime | None = None

    @property
    def sessions(self) -> int:
        return len({stored.session for stored in self.maps})


def read_turns(gamma: StrikeMap) -> tuple[Turn, ...]:
    """Where the regime of one full gamma map turns over."""
    dealer = to_dealer(gamma)
    levels, _ = read_levels(dealer)
    return find_turns(read_stance(dealer, levels.flip), levels, dealer.spot)


def thin_maps(
    maps: Sequence[StrikeMap], points: int, must: Sequence[datetime] = ()
) -> list[StrikeMap]:
    """
    At most *points* snapshots, evenly chosen: first, last, lowest and highest net and then those in *must* before others.
    """
    if len(maps) <= points:
        return list(maps)
    known = [i for i, m in enumerate(maps) if m.stored_net is not None]
    by_net = sorted(known, key=lambda i: maps[i].stored_net or 0.0)
    wanted = set(must)
    first = [len(maps) - 1, 0, *by_net[:1], *by_net[-1:]]
    kept = dict.fromkeys(
        [*first, *(i for i, m in enumerate(maps) if m.as_of in wanted)][:points]
    )
    left = points - len(kept)
    others = [i for i in range(len(maps)) if i not in kept]
    step = len(others) / left if left else 0.0
    kept.update(dict.fromkeys(others[int((n + 0.5) * step)] for n in range(left)))
    return [maps[i] for i in sorted(kept)]
