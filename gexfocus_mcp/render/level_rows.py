"""The levels of `dealer_positioning` in words: one row a level, and how gamma is spread over the strikes."""

from gexfocus_mcp.analysis.levels import Flip, Level, Levels
from gexfocus_mcp.analysis.reading import PositioningReading
from gexfocus_mcp.analysis.shape import Leg, Shape, WallShape
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.render.numbers import pct, plain, scaled, share


def flip_words(flip: Flip | None, gamma: StrikeMap) -> str:
    if flip is None:
        return none_found(gamma, "no flip within 15 %", "flip not reckoned")
    if flip.far:
        return f"flip far, about {plain(flip.value, 3)}, {_away(flip.distance_pct)}"
    return f"flip {plain(flip.value, 4)}, {_away(flip.distance_pct)}"


def none_found(gamma: StrikeMap, looked: str, unlooked: str) -> str:
    """What was looked for in vain is not what could not be looked for."""
    if gamma.spot and gamma.gross:
        return looked
    return f"{unlooked}: no {'spot' if gamma.bars else 'bars'}"


def _away(distance: float) -> str:
    places = 0 if abs(distance) > 8 else 1 if abs(distance) >= 0.95 else 2
    return f"{abs(distance):.{places}f} % {'below' if distance < 0 else 'above'}"


def level_lines(reading: PositioningReading) -> list[str]:
    levels = reading.positioning.levels
    flip = levels.flip
    lines = ["level: strike, vs spot, size, % of gross"]
    shape = reading.positioning.shape
    calls, puts = (shape.call_wall, shape.put_wall) if shape else (None, None)
    rows: list[tuple[str, Level | None, str]] = [
        ("call wall", levels.call_wall, _wall_words(levels.call_wall, calls, "calls")),
        ("max |net|", levels.max_gamma, _gross_words(levels)),
        ("put wall", levels.put_wall, _wall_words(levels.put_wall, puts, "puts")),
    ]
    if (
        levels.max_gross
        and levels.max_gamma
        and levels.max_gross.strike != levels.max_gamma.strike
    ):
        rows.insert(2, ("max gross", levels.max_gross, ""))
    for name, level, words in rows:
        if level is not None:
            lines.append(_level_row(name, level, words))
    if flip is not None:
        lines.append(_flip_row(flip))
    if levels.same_strike:
        lines.append("both walls on one strike: no range between them")
    magnet = reading.expiry.structure.magnet if reading.expiry else None
    if magnet is not None:
        lines.append(
            f"magnet {plain(magnet.strike)} {pct(magnet.distance_pct)} {scaled(magnet.value)} "
            f"largest positive gamma expiring today; pin {magnet.pin_score(reading.positioning.stance.regime):.0f} of 100 (house heuristic)"
        )
    return lines


def _gross_words(levels: Levels) -> str:
    """That one strike is the largest by net and by gross, where it is."""
    net, gross = levels.max_gamma, levels.max_gross
    if net is None or gross is None or net.strike != gross.strike:
        return ""
    return f"and max gross {scaled(gross.value)}"


def _level_row(name: str, level: Level, words: str) -> str:
    away = "n/a" if level.distance_pct is None else pct(level.distance_pct)
    row = f"{name} {plain(level.strike)} {away} {scaled(level.value)} {level.share * 100:.1f}"
    return f"{row} {words}" if words else row


def _wall_words(level: Level | None, shape: WallShape | None, leg: Leg) -> str:
    words = [f"{leg} only"]
    if level is None or level.distance_pct is None:
        return words[0]
    usual = (level.distance_pct >= 0) == (leg == "calls")
    if not usual:
        words.append("below spot" if leg == "calls" else "above spot")
    if shape is not None:
        words += _wall_shape_words(shape, leg)
    # On its unusual side a wall is behind price: nobody takes it for a limit.
    if usual:
        words.append(
            "hedgers sell into a rise; not a ceiling"
            if leg == "calls"
            else "hedgers sell into a fall; not a floor"
        )
    return "; ".join(words)


def _wall_shape_words(shape: WallShape, leg: Leg) -> list[str]:
    words = list[str]()
    usual = shape.on_usual_side
    weak = shape.weak and shape.runner_up is not None
    same = weak and usual is not None and usual.strike == shape.runner_up
    less = f"only {share(shape.gap)} smaller"
    if usual is not None:
        side = "above" if leg == "calls" else "below"
        told = f"largest {side} {plain(usual.strike)}"
        words.append(f"{told}, {less}" if same else told)
    if shape.zone[0] < shape.zone[1]:
        words.append(f"zone {plain(shape.zone[0])}-{plain(shape.zone[1])}")
    if weak and shape.runner_up is not None and not same:
        words.append(f"{plain(shape.runner_up)} {less}")
    return words


def shape_lines(shape: Shape | None) -> list[str]:
    if shape is None:
        return []
    told = [
        f"top 5 strikes {share(shape.top_share)} of gross, spread as over {shape.effective_strikes:.0f} equal ones"
    ]
    if shape.near_net is not None:
        told.append(f"net within 1 % of spot {shape.near_net:+.2f} of gross")
    return [f"shape   {'; '.join(told)}"]


def _flip_row(flip: Flip) -> str:
    value = plain(flip.value, 3 if flip.far else 4)
    row = f"flip {value} {pct(flip.distance_pct)} all strikes repriced"
    single = flip.alternatives.get("kernel")
    if flip.method == "matrix":
        row += " by expiry"
    if single is not None:
        row += f" (one width {plain(single, 4)})"
    stream = flip.alternatives.get("stream")
    if stream is not None:
        row += f"; stream {plain(stream, 4)}"
    running = flip.alternatives.get("cumulative_strike")
    if running is not None:
        row += f"; cumulative-by-strike {plain(running, 4)}, not used"
    if flip.side_agrees_with_net is False:
        row += "; on the OTHER side of spot than net's sign"
    return row
