"""`compare_positioning` in words: the two moments and the answer first, then levels, spot's part and the strikes."""

from typing import Final

from gexfocus_mcp.analysis.attribution import (
    Attribution,
    LargestChanges,
)
from gexfocus_mcp.analysis.change import Book, Change
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import ChangeReading
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.render.answer import dated, flagged, noted
from gexfocus_mcp.render.change_rows import (
    arrow,
    level_lines,
    standing_levels,
    strike_lines,
)
from gexfocus_mcp.render.level_rows import none_found
from gexfocus_mcp.render.numbers import (
    clock_time,
    day,
    pct,
    price,
    scaled,
)
from gexfocus_mcp.render.turns import NONE_NEAR, turn_line


_MODEL: Final = (
    "Model: open interest, dealers long calls and short puts; real books unseen. "
    "Net and sizes = $ delta per +1 % spot, ASSUMED (feed states no unit); %, tilt, shares and strikes need none."
)
_REGIMES: Final = {
    "long_gamma": "LONG gamma",
    "short_gamma": "SHORT gamma",
    "neutral": "NEUTRAL gamma",
}


def change_text(
    reading: ChangeReading, provenance: Provenance, cut: LargestChanges | None
) -> str:
    """Compose the comparison, one line a subject."""
    change = reading.change
    lines = [_first_line(reading, provenance), _MODEL]
    if change.same_snapshot:
        lines += _standing_lines(change.after)
    else:
        lines += [*_state_lines(change), *level_lines(change)]
    if change.attribution is not None and cut is not None:
        lines.append(_spot_line(change, change.attribution))
        lines += strike_lines(change.attribution, cut)
    elif change.incomparable:
        lines.append("by strike  not told: amounts are not comparable")
    lines.append(_turn_line(change))
    return "\n".join(lines + noted(list(provenance.notes)))


def _first_line(reading: ChangeReading, provenance: Provenance) -> str:
    change = reading.change
    today = provenance.market.now.date()
    one, other = change.before.gamma.as_of.date(), change.after.gamma.as_of.date()
    since = _moment_words(reading.since, change.before, day(one, today))
    until = _moment_words(
        reading.until, change.after, day(other, today) if other != one else ""
    )
    line = f"{reading.ticker} since {since} until {until}: {_answer(change)}. {dated(provenance)}"
    return flagged(provenance, line)


def _moment_words(moment: Moment, book: Book, on: str) -> str:
    """`the open (09:30:20 ET Thu 19 Nov)`: what was asked for, and the snapshot that stands for it."""
    asked = {
        "now": "now",
        "open": "the open",
        "until": moment.said,
        "last": f"the last map of {moment.said}",
    }[moment.kind]
    at = f"{clock_time(book.gamma.as_of)} ET {on}".rstrip()
    return f"{asked} ({at})"


def _answer(change: Change) -> str:
    one, other = change.before.stance, change.after.stance
    if change.same_snapshot:
        return (
            "nothing changed, both moments are ONE snapshot: "
            f"dealers modelled {_REGIMES[other.regime]}, net {scaled(other.net)}"
        )
    regimes = _REGIMES[other.regime]
    regimes = (
        f"{regimes} at both"
        if one.regime == other.regime
        else f"{_REGIMES[one.regime]} -> {regimes}"
    )
    if change.net is None:
        return (
            f"amounts NOT comparable, {change.incomparable}; dealers modelled {regimes}"
        )
    nets = arrow(scaled(one.net), scaled(other.net))
    moved = f"changed by {scaled(change.net)}" if change.net else "did not change"
    return f"dealers modelled {regimes}; net gamma {moved}, {nets}"


def _standing_lines(book: Book) -> list[str]:
    """What holds at the one snapshot that both moments are."""
    stance = book.stance
    because = " and ".join(stance.reasons)
    tilt = "n/a" if stance.tilt is None else f"{stance.tilt:+.2f}"
    spot = "unavailable" if book.gamma.spot is None else price(book.gamma.spot)
    return [
        f"regime  {_REGIMES[stance.regime]}, {stance.confidence} because {because}; {_gross(book)} gross, tilt {tilt}; spot {spot}",
        standing_levels(book),
    ]


def _gross(book: Book) -> str:
    return scaled(book.stance.gross, sign=False) if book.gamma.bars else "n/a"


def _state_lines(change: Change) -> list[str]:
    one, other = change.before.stance, change.after.stance
    crossed = "net crossed zero" if change.net_crossed_zero else "net kept its sign"
    if not one.net or not other.net:
        crossed = "net is zero at one of them"
    tilts = [None if s.tilt is None else f"{s.tilt:+.2f}" for s in (one, other)]
    return [
        f"regime  {_REGIMES[one.regime]} ({one.confidence}) -> {_REGIMES[other.regime]} ({other.confidence}); {crossed}",
        f"        confidence: {' and '.join(one.reasons)} -> {' and '.join(other.reasons)}",
        f"gross   {arrow(_gross(change.before), _gross(change.after))}; tilt {arrow(*tilts)} (range -1..+1)",
        f"spot    {_spot_words(change)}",
    ]


def _spot_words(change: Change) -> str:
    spots = (change.before.gamma.spot, change.after.gamma.spot)
    words = arrow(*(None if s is None else price(s) for s in spots))
    if change.spot_pct is not None:
        words += f" ({pct(change.spot_pct, 2)})"
    flip, spot = change.after.levels.flip, spots[1]
    if flip is None or spot is None:
        return words
    side = "above" if spot > flip.value else "below"
    if change.flip_came_to_spot:
        return f"{words}; now {side} the flip, because the flip moved through it"
    if change.spot_crossed_flip:
        return f"{words}; CROSSED the flip, now {side} it"
    return (
        f"{words}; {side} the flip{' both times' if change.before.levels.flip else ''}"
    )


def _spot_line(change: Change, found: Attribution) -> str:
    if found.spot_alone is None or found.rest is None:
        return f"spot alone  not set apart: {found.spot_unread}"
    spot = change.after.gamma.spot or 0.0
    overnight = (
        "" if change.same_session else ", and new open interest and expirations,"
    )
    return (
        f"spot alone  about {scaled(found.spot_alone, 2)}: the earlier book repriced at {price(spot)}, time and volatility held "
        f"(kernel estimate: direction dependable, size rough); rest {scaled(found.rest, 2)}: "
        f"positions, time and volatility{overnight} not separable further"
    )


def _turn_line(change: Change) -> str:
    none = none_found(change.after.gamma, NONE_NEAR, "not reckoned")
    return turn_line(change.turns_over, none)
