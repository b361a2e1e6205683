"""The JSON of `dealer_positioning`."""

from gexfocus_mcp.render.answer import Block, Payload
from gexfocus_mcp.render.numbers import Exposure, Pct, Price, Score, Share
from gexfocus_mcp.render.turns import TurnBlock


class FlipBlock(Block):
    value: Price
    method: str
    side_agrees_with_net: bool | None = None
    distance_pct: Pct
    far: bool | None = None
    alternatives: dict[str, Price] | None = None


class LevelBlock(Block):
    strike: Price
    value: Exposure
    share: Share
    distance_pct: Pct | None = None


class WallBlock(LevelBlock):
    gap: Share | None = None
    runner_up: Price | None = None
    zone: list[Price] | None = None
    on_usual_side: Price | None = None


class MagnetBlock(LevelBlock):
    pin_score: Score


class LevelsBlock(Block):
    flip: FlipBlock | None = None
    call_wall: WallBlock | None = None
    put_wall: WallBlock | None = None
    max_gamma: LevelBlock | None = None
    max_gross: LevelBlock | None = None
    magnet: MagnetBlock | None = None
    same_strike: bool | None = None


class HedgeBlock(Block):
    move_pct: Pct | None = None
    convex: Exposure
    linear: Exposure
    crosses_flip: bool


class HedgesBlock(Block):
    up_1pct: HedgeBlock | None = None
    down_1pct: HedgeBlock | None = None
    moves: list[HedgeBlock] | None = None


class SensitivityBlock(Block):
    net: Exposure
    unit: str
    convention: str
    hedge: Exposure | None = None
    vs_1pct_gamma_hedge: Share | None = None
    near_share: Share | None = None
    if_iv_rises_in_a_fall: str | None = None


class ShapeBlock(Block):
    effective_strikes: Pct
    top5_share: Share
    net_within_1pct: Share | None = None


class ExpiryBlock(Block):
    as_of: str
    freshness: str | None = None
    expirations: int
    front: str | None = None
    front_share: Share | None = None
    zero_dte: Share | None = None
    net: Exposure
    roll_off_net: Exposure | None = None
    largest: str | None = None
    largest_share: Share | None = None
    coverage: Share | None = None


class FlowBlock(Block):
    as_of: str
    ndf: Exposure | None = None
    state: str | None = None
    threshold_used: Share | None = None
    fep: Price | None = None
    price_vs_fep_pct: Pct | None = None
    net_call_premium: Exposure | None = None
    net_put_premium: Exposure | None = None
    premium_direction: Share | None = None
    hedging: str | None = None


class UnreadBlock(Block):
    not_read: str


class PositioningPayload(Payload):
    asked: str | None = None
    spot: Price | None = None
    regime: str
    confidence: str
    reasons: list[str]
    tilt: Share | None = None
    net: Exposure
    gross: Exposure | None = None
    coverage: Share | None = None
    unit: str
    convention: str
    levels: LevelsBlock
    shape: ShapeBlock | None = None
    hedge: HedgesBlock
    vanna: SensitivityBlock | None = None
    charm: SensitivityBlock | None = None
    expiry: ExpiryBlock | UnreadBlock
    flow: FlowBlock | UnreadBlock
    turns_over: list[TurnBlock]
    spot_live: Price | None = None
    crossed_since_map: bool | None = None
    missing: list[str] | None = None
    not_in_feed: str
