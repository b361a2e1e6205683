"""`dealer_positioning`: the everyday read, answer first, then evidence, then what would change it."""

from typing import Final

from gexfocus_mcp.analysis.expiry import Magnet
from gexfocus_mcp.analysis.flow import read_effect
from gexfocus_mcp.analysis.hedge import Hedge
from gexfocus_mcp.analysis.levels import Flip, Level
from gexfocus_mcp.analysis.positioning import Positioning, Sensitivity
from gexfocus_mcp.analysis.reading import ExpiryState, FlowState, PositioningReading
from gexfocus_mcp.analysis.regime import Regime
from gexfocus_mcp.analysis.shape import Shape, WallShape
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.render.answer import Answer, head
from gexfocus_mcp.render.flow_words import price_vs_fep
from gexfocus_mcp.render.numbers import iso_instant, significant
from gexfocus_mcp.render.positioning_blocks import (
    ExpiryBlock,
    FlipBlock,
    FlowBlock,
    HedgeBlock,
    HedgesBlock,
    LevelBlock,
    LevelsBlock,
    MagnetBlock,
    PositioningPayload,
    SensitivityBlock,
    ShapeBlock,
    UnreadBlock,
    WallBlock,
)
from gexfocus_mcp.render.positioning_text import (
    iv_words,
    positioning_text,
)
from gexfocus_mcp.render.turns import turn_blocks


_SEEN: Final = 0.15
"""Of spot, each side: as far as a flip is looked for."""

NOT_IN_FEED: Final = (
    "IV, skew, VRP, expected move; OI change, max pain (need open interest)"
)


def positioning_answer(reading: PositioningReading) -> Answer:
    """Render the read; every section that could not be had says so in its own place."""
    read = reading.positioning
    stance = read.stance
    beside = reading.expiry.notes if reading.expiry else ()
    provenance = reading.provenance.noting(*read.notes, *beside)
    payload = PositioningPayload(
        ticker=reading.ticker,
        **head(provenance),
        asked=reading.asked,
        spot=read.gamma.spot,
        regime=stance.regime,
        confidence=stance.confidence,
        reasons=list(stance.reasons),
        tilt=stance.tilt,
        net=stance.net,
        gross=stance.gross if read.gamma.bars else None,
        coverage=stance.coverage,
        unit=f"assumed {UNITS['gex']}; the feed states none",
        convention=read.gamma_convention,
        levels=_levels(reading),
        shape=_shape(read.shape),
        hedge=_hedges(read),
        vanna=_sensitivity(read.vanna, "assumed $ delta; hedge per +1 vol point"),
        charm=_sensitivity(
            read.charm, "assumed $ delta per day; hedge to today's close"
        ),
        expiry=_expiry(reading.expiry)
        if reading.expiry
        else UnreadBlock(not_read=reading.expiry_problem or ""),
        flow=_flow(reading.flow, stance.regime)
        if reading.flow
        else UnreadBlock(not_read=reading.flow_problem or ""),
        turns_over=turn_blocks(read.turns_over),
        spot_live=reading.spot_live,
        crossed_since_map=reading.crossed_since_map or None,
        missing=list(read.missing) or None,
        not_in_feed=NOT_IN_FEED,
    )
    text = positioning_text(reading, provenance, NOT_IN_FEED)
    return Answer(text, payload)


def _levels(reading: PositioningReading) -> LevelsBlock:
    levels = reading.positioning.levels
    shape = reading.positioning.shape
    magnet = reading.expiry.structure.magnet if reading.expiry else None
    return LevelsBlock(
        flip=_flip(levels.flip),
        call_wall=_wall(levels.call_wall, shape.call_wall if shape else None),
        put_wall=_wall(levels.put_wall, shape.put_wall if shape else None),
        max_gamma=_level(levels.max_gamma),
        max_gross=_level(levels.max_gross),
        magnet=_magnet(magnet, reading.positioning),
        same_strike=levels.same_strike or None,
    )


def _flip(flip: Flip | None) -> FlipBlock | None:
    if flip is None:
        return None
    return FlipBlock(
        value=flip.value,
        method=flip.method,
        side_agrees_with_net=flip.side_agrees_with_net,
        distance_pct=round(flip.distance_pct) if flip.far else flip.distance_pct,
        far=flip.far or None,
        alternatives=flip.alternatives or None,
    )


def _level(level: Level | None) -> LevelBlock | None:
    if level is None:
        return None
    return LevelBlock(
        strike=level.strike,
        value=level.value,
        share=level.share,
        distance_pct=level.distance_pct,
    )


def _wall(level: Level | None, shape: WallShape | None) -> WallBlock | None:
    if level is None or shape is None:
        return None
    low, high = shape.zone
    usual = shape.on_usual_side
    return WallBlock(
        strike=level.strike,
        value=level.value,
        share=level.share,
        distance_pct=level.distance_pct,
        gap=shape.gap if shape.weak else None,
        runner_up=shape.runner_up if shape.weak else None,
        zone=[low, high] if low < high else None,
        on_usual_side=usual.strike if usual else None,
    )


def _shape(shape: Shape | None) -> ShapeBlock | None:
    if shape is None:
        return None
    return ShapeBlock(
        effective_strikes=round(shape.effective_strikes, 1),
        top5_share=shape.top_share,
        net_within_1pct=shape.near_net,
    )


def _magnet(magnet: Magnet | None, read: Positioning) -> MagnetBlock | None:
    if magnet is None:
        return None
    gross = read.stance.gross
    held = next((b.gross for b in read.gamma.bars if b.strike == magnet.strike), 0.0)
    return MagnetBlock(
        strike=magnet.strike,
        value=magnet.value,
        share=(held or abs(magnet.value)) / gross if gross else 0.0,
        distance_pct=magnet.distance_pct,
        pin_score=magnet.pin_score(read.stance.regime),
    )


def _hedges(read: Positioning) -> HedgesBlock:
    blocks = {h.move_pct: _hedge(h) for h in read.hedges}
    others = [_hedge(h, named=True) for h in read.hedges if abs(h.move_pct) != 1]
    return HedgesBlock(
        up_1pct=blocks.get(1), down_1pct=blocks.get(-1), moves=others or None
    )


def _hedge(hedge: Hedge, *, named: bool = False) -> HedgeBlock:
    return HedgeBlock(
        move_pct=hedge.move_pct if named else None,
        convex=hedge.convex,
        linear=hedge.linear,
        crosses_flip=hedge.crosses_flip,
    )


def _sensitivity(read: Sensitivity | None, unit: str) -> SensitivityBlock | None:
    if read is None:
        return None
    return SensitivityBlock(
        net=read.net,
        unit=unit,
        convention=read.convention,
        hedge=read.hedge,
        vs_1pct_gamma_hedge=read.against_gamma,
        near_share=read.near_share if read.greek == "vanna" else None,
        if_iv_rises_in_a_fall=iv_words(read),
    )


def _expiry(state: ExpiryState) -> ExpiryBlock:
    structure = state.structure
    largest = structure.largest
    return ExpiryBlock(
        as_of=iso_instant(state.provenance.as_of) if state.provenance.as_of else "",
        freshness=state.provenance.freshness,
        expirations=len(structure.columns) - len(structure.ended),
        front=str(structure.front.expiration) if structure.front else None,
        front_share=structure.front_share,
        zero_dte=structure.zero_dte,
        net=structure.net,
        roll_off_net=structure.roll_off_net,
        largest=str(largest.expiration) if largest else None,
        largest_share=largest.share if largest else None,
        coverage=state.coverage,
    )


def _flow(state: FlowState, regime: Regime) -> FlowBlock:
    tick = state.tick
    return FlowBlock(
        as_of=iso_instant(tick.ts),
        ndf=tick.ndf,
        state=state.utilisation.state if state.utilisation else None,
        threshold_used=state.utilisation.share if state.utilisation else None,
        fep=tick.fep,
        price_vs_fep_pct=price_vs_fep(tick),
        net_call_premium=tick.net_call_premium,
        net_put_premium=tick.net_put_premium,
        premium_direction=state.premium.direction,
        hedging=read_effect(state.utilisation, regime),
    )


def bars_near_spot(reading: PositioningReading) -> dict[str, list[float]]:
    """The gamma map's bars within 15 % of spot as columns, dealer-signed, for a page that draws them."""
    gamma = reading.positioning.gamma
    bars = [
        bar
        for bar in gamma.bars
        if gamma.spot is None or abs(bar.strike - gamma.spot) <= _SEEN * gamma.spot
    ]
    return {
        "strike": [bar.strike for bar in bars],
        "calls": [significant(bar.calls) for bar in bars],
        "puts": [significant(bar.puts) for bar in bars],
    }
