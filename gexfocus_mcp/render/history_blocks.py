"""The JSON of `greeks_history`."""

from pydantic import Field

from gexfocus_mcp.render.answer import Block, Payload
from gexfocus_mcp.render.greeks import MapBlock
from gexfocus_mcp.render.numbers import Exposure, Pct, Price, Share
from gexfocus_mcp.render.turns import TurnBlock


class SignChangeBlock(Block):
    t: str
    # `from` is a keyword, so it cannot be a field's own name.
    from_: str = Field(serialization_alias="from")
    to: str
    spot: Price | None = None


class HistorySeries(Block):
    t: list[str]
    spot: list[Price | None]
    net: list[Exposure | None]
    max_strike: list[Price | None]


class NetBlock(Block):
    first: Exposure
    last: Exposure
    min: Exposure
    min_at: str
    max: Exposure
    max_at: str


class MoveBlock(Block):
    t: str
    to: Price


class MigrationBlock(Block):
    first: Price
    last: Price
    shift_pct: Pct | None = None
    strikes_moved: int | None = None
    changes: list[MoveBlock]
    changes_total: int
    ignored: int | None = None
    longest: Price
    longest_share: Share


class LevelColumns(Block):
    t: list[str]
    spot: list[Price | None]
    flip: list[Price | None]
    call_wall: list[Price | None]
    put_wall: list[Price | None]


class LevelPathBlock(Block):
    snapshots: int
    flip_method: str
    flip_with_spot: Share | None = None
    call_wall: MigrationBlock | None = None
    put_wall: MigrationBlock | None = None
    path: LevelColumns


class EarlierBlock(Block):
    date: list[str]
    t: list[str]
    net: list[Exposure]


class RankingBlock(Block):
    at: str
    net: Exposure
    rank: int
    of: int
    percentile: Pct | None = None
    min: Exposure | None = None
    max: Exposure | None = None
    earlier: EarlierBlock
    absent: list[str] | None = None


class HistoryPayload(Payload):
    greek: str
    asked: str | None = None
    rows: int
    unit: str
    net: NetBlock | None = None
    positive_share: Share | None = None
    sign_changes: list[SignChangeBlock]
    sign_changes_total: int | None = None
    max_strike: MigrationBlock | None = None
    levels: LevelPathBlock | None = None
    ranking: RankingBlock | None = None
    map: MapBlock | None = None
    series: HistorySeries
    turns_over: list[TurnBlock] | None = None
    turns_over_at: str | None = None
