"""The everyday read in words: few, in a fixed order, and none that would make a reader over-trust a model."""

from typing import Final

from gexfocus_mcp.analysis.flow import Premium, read_effect
from gexfocus_mcp.analysis.hedge import Hedge
from gexfocus_mcp.analysis.levels import Flip
from gexfocus_mcp.analysis.positioning import Sensitivity
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import ExpiryState, PositioningReading
from gexfocus_mcp.render.answer import dated, flagged, noted
from gexfocus_mcp.render.flow_words import fep_words, premium_words, utilisation_words
from gexfocus_mcp.render.greeks import gross_words
from gexfocus_mcp.render.level_rows import (
    flip_words,
    level_lines,
    none_found,
    shape_lines,
)
from gexfocus_mcp.render.numbers import (
    clock_time,
    day,
    plain,
    price,
    scaled,
    share,
)
from gexfocus_mcp.render.turns import NONE_NEAR, turn_line


REGIMES: Final = {
    "long_gamma": "LONG gamma",
    "short_gamma": "SHORT gamma",
    "neutral": "NEUTRAL, net gamma near zero",
}
_MEANS: Final = {
    "long_gamma": "hedging leans against moves",
    "short_gamma": "hedging adds to moves",
    "neutral": "hedging leans neither way",
}
_MODEL: Final = (
    "Model: open interest, dealers long calls and short puts; real books unseen. "
    "ASSUMED units: sizes $ delta per +1 % spot, hedges $ delta."
)


def positioning_text(
    reading: PositioningReading, provenance: Provenance, not_in_feed: str
) -> str:
    """Compose the read, one line a subject."""
    lines = [
        _first_line(reading, provenance),
        _MODEL,
        *_regime_lines(reading),
        *level_lines(reading),
        *shape_lines(reading.positioning.shape),
        *_hedge_lines(reading),
        _sensitivity_line(reading),
        _expiry_line(reading),
        _flow_line(reading),
        _turn_line(reading),
        *_missing_line(reading),
        *noted(list(provenance.notes)),
        f"not in this feed: {not_in_feed}",
    ]
    return "\n".join(lines)


def _first_line(reading: PositioningReading, provenance: Provenance) -> str:
    read = reading.positioning
    spot = f" {price(read.gamma.spot)}" if read.gamma.spot else ""
    when = f"Asked {reading.asked}, as of" if reading.asked else "Map"
    line = (
        f"{reading.ticker}{spot}: dealers modelled {REGIMES[read.stance.regime]}, "
        f"{read.stance.confidence} confidence; {flip_words(read.levels.flip, read.gamma)}. {dated(provenance, when)}"
    )
    return flagged(provenance, line)


def _regime_lines(reading: PositioningReading) -> list[str]:
    read = reading.positioning
    stance, flip = read.stance, read.levels.flip
    tilt = "" if stance.tilt is None else f", tilt {stance.tilt:+.2f}"
    lines = [
        f"regime  net {scaled(stance.net)} of {gross_words(read.gamma)}{tilt}: {_MEANS[stance.regime]}"
    ]
    because = f"        {stance.confidence} because {' and '.join(stance.reasons)}"
    if flip is not None and flip.side_agrees_with_net:
        because += "; flip is on net's side of spot"
    lines.append(because)
    if reading.spot_live is not None:
        crossed = (
            ", on the OTHER side of the flip than the map"
            if reading.crossed_since_map
            else ""
        )
        lines.append(
            f"        price since: {price(reading.spot_live)} (stream){crossed}"
        )
    return lines


def _traded(delta: float) -> str:
    return f"{'buy' if delta >= 0 else 'sell'} {scaled(abs(delta), 2, sign=False)}"


def _hedge_lines(reading: PositioningReading) -> list[str]:
    read = reading.positioning
    if not read.hedges:
        return ["hedge   not reckoned: no spot or no bars"]
    spot, flip = read.gamma.spot or 0.0, read.levels.flip
    told = [_hedge_words(h, spot, flip) for h in read.hedges]
    return [f"hedge   modelled: {'. '.join(told)}"]


def _hedge_words(hedge: Hedge, spot: float, flip: Flip | None) -> str:
    target = spot * (1 + hedge.move_pct / 100)
    words = (
        f"spot to {plain(target, 5)} ({hedge.move_pct:+g} %): {_traded(hedge.convex)}"
    )
    if hedge.crosses_flip:
        low, high = sorted((spot, target))
        at_flip = flip is not None and low <= flip.value <= high
        words += f" in all, turning {'at the flip' if at_flip else 'on the way'}"
    elif hedge.convex * hedge.linear < 0 or abs(
        hedge.convex - hedge.linear
    ) > 0.25 * abs(hedge.linear):
        words += f" (linear: {_traded(hedge.linear)})"
    return words


def _sensitivity_line(reading: PositioningReading) -> str:
    read = reading.positioning
    vanna = _one_sensitivity(read.vanna, "vanna", "IV +1 pt")
    charm = _one_sensitivity(read.charm, "charm", "to the close")
    return f"{vanna}   {charm}"


def _one_sensitivity(read: Sensitivity | None, name: str, cause: str) -> str:
    if read is None:
        return f"{name} unavailable"
    if read.hedge is None:
        return f"{name} net {scaled(read.net)} a day; no session under way to reckon it to a close"
    size = ""
    if read.against_gamma is not None:
        size = (
            " (small)"
            if read.against_gamma < 0.1
            else f" ({plain(read.against_gamma, 2)}x the linear 1 % hedge)"
            if read.greek == "vanna"
            else f" ({plain(read.against_gamma, 2)}x)"
        )
    behind = iv_words(read)
    if behind is not None:
        size += f", {behind} a fall with rising IV"
    if read.near_share is not None and read.greek == "vanna":
        size += f", {share(read.near_share)} within 2 %"
    raw = ", map is raw open interest" if read.convention == "raw_oi" else ""
    return f"{name}   {cause}: {_traded(read.hedge)}{size}{raw}"


def iv_words(read: Sensitivity) -> str | None:
    """What vanna hedging does to a fall in which volatility rises; None for charm, and without any."""
    if read.greek != "vanna" or not read.net:
        return None
    return "adds to" if read.adds_to_falls else "leans against"


def _expiry_line(reading: PositioningReading) -> str:
    state = reading.expiry
    if state is None:
        return f"expiry  not read: {reading.expiry_problem}"
    return f"expiry  {_expiry_words(state)}"


def _expiry_words(state: ExpiryState) -> str:
    structure, as_of = state.structure, state.provenance.as_of
    today = state.provenance.market.now.date()
    front, largest = structure.front, structure.largest
    if front is None or largest is None or as_of is None:
        return "no expiration ahead in the matrix"
    name = day(front.expiration, today)
    if front.share is None or structure.roll_off_net is None:
        return f"{name} is unavailable (null upstream, not zero), so nothing is said of its roll-off"
    if structure.zero_dte is not None:
        held = f"0DTE {share(structure.zero_dte)} of exposure; after today's expiry"
    else:
        held = f"next {name} {share(front.share)} of exposure, none today; after it"
    words = (
        f"{held}, net of {len(structure.columns) - len(structure.ended)} expiries {scaled(structure.net)} -> "
        f"{scaled(structure.roll_off_net)}; largest {day(largest.expiration, today)}, {share(largest.share or 0.0)}"
    )
    covered = state.coverage
    part = "" if covered is None else f", {covered * 100:.0f} % of the map's net"
    freshness = state.provenance.freshness
    stale = f", {freshness.upper()}" if freshness in {"stale", "delayed"} else ""
    return f"{words} (matrix {clock_time(as_of)}{stale}{part})"


def _flow_line(reading: PositioningReading) -> str:
    flow = reading.flow
    if flow is None:
        return f"flow    not read: {reading.flow_problem}"
    tick = flow.tick
    ndf = "NDF unavailable"
    if tick.ndf is not None:
        ndf = f"NDF {scaled(tick.ndf)}, {utilisation_words(tick)}"
    effect = read_effect(flow.utilisation, reading.positioning.stance.regime)
    if effect is not None:
        ndf += f", {_EFFECTS[effect]}"
    return (
        f"flow    {ndf}; {fep_words(tick)}; {premium_words(flow.premium)}{_direction(flow.premium)} "
        f"({'stored' if reading.asked else 'stream'} {clock_time(tick.ts)}, trade sides are estimates)"
    )


_EFFECTS: Final = {
    "damped": "modelled hedging damps its push",
    "amplified": "modelled hedging amplifies its push",
    "neither": "modelled hedging neither damps nor amplifies it",
}


def _direction(premium: Premium) -> str:
    if premium.direction is None:
        return ""
    return f", direction {premium.direction:+.2f}"


def _missing_line(reading: PositioningReading) -> list[str]:
    missing = reading.positioning.missing
    if not missing:
        return []
    when = "for then" if reading.asked else "now (null upstream, not zero)"
    return [f"unavailable {when}: {', '.join(missing)}"]


def _turn_line(reading: PositioningReading) -> str:
    read = reading.positioning
    return turn_line(read.turns_over, none_found(read.gamma, NONE_NEAR, "not reckoned"))
