"""
What changed between two gamma maps: net, regime, side of the flip, levels, and the strikes that made it.

Amounts are set against one another only where both maps have one sign convention and one scale.
"""

from dataclasses import dataclass
from typing import Final

from gexfocus_mcp.analysis.attribution import Attribution, attribute, percent
from gexfocus_mcp.analysis.convention import Convention, detect_convention, to_dealer
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import Levels, read_levels
from gexfocus_mcp.analysis.positioning import Turn, find_turns
from gexfocus_mcp.analysis.regime import Stance, read_stance
from gexfocus_mcp.analysis.rolls import Roll, read_rolls
from gexfocus_mcp.market.strikes import StrikeMap


# Two maps whose sizes differ more are in two units, whatever happened between them.
_ONE_SCALE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Book:
    """One moment's gamma map, dealer-signed, as `read_positioning` would read it."""

    gamma: StrikeMap
    convention: Convention
    stance: Stance
    levels: Levels
    kernel: Kernel | None


@dataclass(frozen=True, slots=True)
class Change:
    """
    What is different at `after`, and what would turn its read over.

    Attributes:
        same_snapshot: Both moments are one snapshot, so there is nothing to compare.
        incomparable: Why amounts of the two maps may not be set against one another; None normally.
        net: Change of net gamma; None where the maps are not comparable.
        spot_pct: Change of spot, in % of the earlier; None without both.
        attribution: None where the maps are incomparable, without bars or the same.
    """

    before: Book
    after: Book
    same_snapshot: bool
    incomparable: str | None
    net: float | None
    spot_pct: float | None
    attribution: Attribution | None
    rolls: tuple[Roll, ...]
    turns_over: tuple[Turn, ...]
    notes: tuple[str, ...] = ()

    @property
    def same_session(self) -> bool:
        return self.before.gamma.session == self.after.gamma.session

    @property
    def net_crossed_zero(self) -> bool:
        one, other = self.before.stance.net, self.after.stance.net
        return one < 0 < other or other < 0 < one

    @property
    def spot_crossed_flip(self) -> bool:
        """Whether spot is now on the other side of its flip than it was of the flip then."""
        one, other = _above_flip(self.before), _above_flip(self.after)
        return one is not None and other is not None and one is not other

    @property
    def flip_came_to_spot(self) -> bool:
        """Whether the flip's own move is why spot is on its other side: at the old flip it would not be."""
        flip, spot = self.before.levels.flip, self.after.gamma.spot
        if not self.spot_crossed_flip or flip is None or spot is None:
            return False
        return (spot > flip.value) is _above_flip(self.before)


def read_change(
    before: StrikeMap, after: StrikeMap, *, doubts: tuple[str, ...] = ()
) -> Change:
    """
    Compare two gamma maps as the upstream gave them.

    Args:
        doubts: Facts from outside that make the later read unsure, such as a stale map.
    """
    same = before.as_of == after.as_of
    other = _read_book(after, doubts)
    one = other if same else _read_book(before)
    incomparable = None if same else _incomparable(one, other)
    barless = not before.bars or not after.bars
    apart = same or incomparable is not None or barless
    earlier = [] if same else [f"earlier map: {note}" for note in before.notes]
    return Change(
        before=one,
        after=other,
        same_snapshot=same,
        incomparable=incomparable,
        net=None if incomparable else other.stance.net - one.stance.net,
        spot_pct=percent(one.gamma.spot, after.spot),
        attribution=None if apart else attribute(one.gamma, other.gamma, one.kernel),
        rolls=()
        if same
        else read_rolls(
            (one.gamma, one.levels),
            (other.gamma, other.levels),
            sizes=incomparable is None,
        ),
        turns_over=find_turns(other.stance, other.levels, after.spot),
        notes=(
            *after.notes,
            *earlier,
            *_sign_notes(one, other),
            *_bar_notes(barless=barless),
        ),
    )


def _read_book(raw: StrikeMap, doubts: tuple[str, ...] = ()) -> Book:
    gamma = to_dealer(raw)
    levels, kernel = read_levels(gamma)
    stance = read_stance(gamma, levels.flip, doubts=doubts)
    return Book(gamma, detect_convention(raw), stance, levels, kernel)


def _bar_notes(*, barless: bool) -> list[str]:
    if not barless:
        return []
    return ["a map without bars: its change is not told by strike"]


def _sign_notes(*books: Book) -> list[str]:
    """What the signs of maps that are not the dealer's make of the read."""
    found = {book.convention for book in books}
    notes = list[str]()
    if "raw_oi" in found:
        notes.append(
            "gex map is raw open interest; read here for the dealer book (calls - puts)"
        )
    if "mixed" in found:
        notes.append(
            "gex map follows no known sign convention: its net is as the feed gave it"
        )
    return notes


def _incomparable(one: Book, other: Book) -> str | None:
    if not one.gamma.bars or not other.gamma.bars:
        return None
    # Unknown are those without puts or with zeros alone: they are the same under any convention.
    known = {one.convention, other.convention} - {"unknown"}
    if len(known) > 1:
        return (
            f"sign conventions differ ({one.convention} then, {other.convention} now)"
        )
    sizes = sorted((one.gamma.gross, other.gamma.gross))
    if sizes[0] and sizes[1] > _ONE_SCALE * sizes[0]:
        ratio = sizes[1] / sizes[0]
        return f"gross gamma differs {ratio:.0f}-fold, so they are not on one scale"
    return None


def _above_flip(book: Book) -> bool | None:
    flip, spot = book.levels.flip, book.gamma.spot
    return None if flip is None or spot is None else spot > flip.value
