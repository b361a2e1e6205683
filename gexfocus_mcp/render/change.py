"""`compare_positioning`: what is different between two moments, and which strikes made it so."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from pydantic import Field

from gexfocus_mcp.analysis.attribution import (
    Attribution,
    ChangeRest,
    LargestChanges,
    largest_changes,
)
from gexfocus_mcp.analysis.change import Book, Change
from gexfocus_mcp.analysis.levels import Level
from gexfocus_mcp.analysis.reading import ChangeReading
from gexfocus_mcp.analysis.rolls import Roll
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.render.answer import Answer, Block, Payload, head
from gexfocus_mcp.render.change_text import change_text
from gexfocus_mcp.render.numbers import (
    Exposure,
    Pct,
    Price,
    Share,
    iso_instant,
    significant,
)
from gexfocus_mcp.render.turns import TurnBlock, turn_blocks


SPOT_METHOD: Final = "kernel estimate: direction dependable, size rough"


class StrikeBlock(Block):
    strike: Price
    value: Exposure


class MomentBlock(Block):
    as_of: str
    spot: Price | None = None
    net: Exposure
    gross: Exposure | None = None
    tilt: Share | None = None
    regime: str
    confidence: str
    reasons: list[str]
    flip: Price | None = None
    call_wall: StrikeBlock | None = None
    put_wall: StrikeBlock | None = None
    max_gamma: StrikeBlock | None = None


class MigrationBlock(Block):
    # `from` is a keyword, so it cannot be a field's own name.
    from_: Price | None = Field(default=None, serialization_alias="from")
    to: Price | None = None
    shift_pct: Pct | None = None
    strikes_moved: int | None = None
    old_strike_now: Exposure | None = None
    marginal: bool | None = None


class SpotAloneBlock(Block):
    change: Exposure | None = None
    method: str | None = None
    rest_holds: list[str] | None = None
    not_told: str | None = None


class RestBlock(Block):
    n: int
    # Not rounded here: it takes up what rounding the others leaves.
    change: float
    spot_alone: Exposure | None = None


class ChangePayload(Payload):
    since: str
    until: str
    from_: MomentBlock = Field(serialization_alias="from")
    to: MomentBlock
    unit: str
    convention: str
    net_change: Exposure | None = None
    net_crossed_zero: bool
    flip_method: str | None = None
    spot_crossed_flip: str | None = None
    same_snapshot: bool | None = None
    not_comparable: str | None = None
    migration: dict[str, MigrationBlock]
    spot_alone: SpotAloneBlock | None = None
    by_strike: dict[str, list[float | None]] | None = None
    rest_below: RestBlock | None = None
    rest_above: RestBlock | None = None
    not_by_strike: float | None = None
    strikes_total: int | None = None
    change_total: Exposure | None = None
    change_share_shown: Share | None = None
    turns_over: list[TurnBlock]


def change_answer(reading: ChangeReading) -> Answer:
    """Render a change; what could not be compared says so in its own place."""
    change, found = reading.change, reading.change.attribution
    provenance = reading.provenance.noting(*change.notes)
    cut = largest_changes(found, change.after.gamma.spot) if found else None
    payload = ChangePayload(
        ticker=reading.ticker,
        **head(provenance),
        since=reading.since.said,
        until=reading.until.said,
        from_=_moment(change.before),
        to=_moment(change.after),
        unit=f"assumed {UNITS['gex']}; the feed states none",
        convention=change.after.convention,
        net_change=change.net,
        net_crossed_zero=change.net_crossed_zero,
        flip_method=_flip_method(change),
        spot_crossed_flip=_crossing(change),
        same_snapshot=change.same_snapshot or None,
        not_comparable=change.incomparable,
        migration={m.name: _migration(m) for m in change.rolls},
        **(_by_strike(change, found, cut) if found and cut else {}),
        turns_over=turn_blocks(change.turns_over),
    )
    return Answer(change_text(reading, provenance, cut), payload)


def _flip_method(change: Change) -> str | None:
    """How both flips were found: past matrices are not stored, so neither is by expiration."""
    flips = (change.before.levels.flip, change.after.levels.flip)
    return next((flip.method for flip in flips if flip), None)


def _crossing(change: Change) -> str | None:
    if not change.spot_crossed_flip:
        return None
    return "flip_moved" if change.flip_came_to_spot else "spot_moved"


def _moment(book: Book) -> MomentBlock:
    stance, levels = book.stance, book.levels
    return MomentBlock(
        as_of=iso_instant(book.gamma.as_of),
        spot=book.gamma.spot,
        net=stance.net,
        gross=stance.gross if book.gamma.bars else None,
        tilt=stance.tilt,
        regime=stance.regime,
        confidence=stance.confidence,
        reasons=list(stance.reasons),
        flip=levels.flip.value if levels.flip else None,
        call_wall=_strike(levels.call_wall),
        put_wall=_strike(levels.put_wall),
        max_gamma=_strike(levels.max_gamma),
    )


def _strike(level: Level | None) -> StrikeBlock | None:
    return StrikeBlock(strike=level.strike, value=level.value) if level else None


def _migration(found: Roll) -> MigrationBlock:
    return MigrationBlock(
        from_=found.before,
        to=found.after,
        shift_pct=found.shift_pct,
        strikes_moved=found.strikes,
        old_strike_now=found.old_now,
        marginal=found.marginal or None,
    )


def _by_strike(
    change: Change, found: Attribution, cut: LargestChanges
) -> dict[str, Any]:
    """The payload's keys about strikes; as printed, the changes add up to `net_change`."""
    parts = [c.change for c in cut.shown]
    rests = (cut.rest_below, cut.rest_above)
    *shown, below, above, beyond = adding_up(
        change.net or 0.0,
        [*parts, *(r.change for r in rests), found.not_by_strike],
        giving=_leeway(cut, found),
    )
    columns: dict[str, list[float | None]] = {
        "strike": [c.strike for c in cut.shown],
        "from": [
            None if c.before is None else significant(c.before) for c in cut.shown
        ],
        "change": list(shown),
        "share": [round(abs(p) / found.turnover, 3) for p in parts],
    }
    if found.spot_alone is not None:
        columns["spot_alone"] = [significant(c.spot_alone or 0.0) for c in cut.shown]
    return {
        "spot_alone": _spot_alone(change, found),
        "by_strike": columns,
        "rest_below": _rest(cut.rest_below, below),
        "rest_above": _rest(cut.rest_above, above),
        "not_by_strike": beyond if found.not_by_strike else None,
        "strikes_total": len(found.by_strike),
        "change_total": found.turnover,
        "change_share_shown": cut.share,
    }


def _leeway(cut: LargestChanges, found: Attribution) -> int:
    """The index of the part that is least falsified by taking up what rounding leaves: a sum, else the largest."""
    first = len(cut.shown)
    sums = [(first, cut.rest_below.change), (first + 1, cut.rest_above.change)]
    sums.append((first + 2, found.not_by_strike))
    index, size = max(sums, key=lambda part: abs(part[1]))
    return index if size or not cut.shown else 0


def adding_up(total: float, parts: Sequence[float], *, giving: int) -> list[float]:
    """
    Round *parts* to 4 significant digits so that they still add up to *total* rounded likewise.

    The one at index *giving* takes up what rounding the others leaves, and so may have more digits.
    """
    told = [Decimal(repr(significant(part))) for part in parts]
    others = sum((d for i, d in enumerate(told) if i != giving), Decimal(0))
    told[giving] = Decimal(repr(significant(total))) - others
    return [float(d) for d in told]


def _rest(rest: ChangeRest, change: float) -> RestBlock | None:
    if not rest.n:
        return None
    return RestBlock(n=rest.n, change=change, spot_alone=rest.spot_alone)


def rest_holds(change: Change) -> list[str]:
    """What is in the change that spot alone does not explain."""
    held = ["positions", "time", "volatility"]
    return held if change.same_session else [*held, "new open interest and expirations"]


def _spot_alone(change: Change, found: Attribution) -> SpotAloneBlock:
    if found.spot_alone is None:
        return SpotAloneBlock(not_told=found.spot_unread)
    return SpotAloneBlock(
        change=found.spot_alone, method=SPOT_METHOD, rest_holds=rest_holds(change)
    )
