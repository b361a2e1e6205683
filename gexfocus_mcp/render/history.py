"""`greeks_history`: net and max strike over time, what changed when, and the map at a moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gexfocus_mcp.analysis.history import HistoryReading, thin_maps
from gexfocus_mcp.analysis.migration import LevelPath, Migration, SignChange
from gexfocus_mcp.analysis.same_hour import Ranking
from gexfocus_mcp.analysis.trimming import Trimmed, trim
from gexfocus_mcp.market.greek import UNITS
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.render.answer import Answer, head, largest_fitting
from gexfocus_mcp.render.greeks import MAX_BARS, map_block
from gexfocus_mcp.render.history_blocks import (
    EarlierBlock,
    HistoryPayload,
    HistorySeries,
    LevelColumns,
    LevelPathBlock,
    MigrationBlock,
    MoveBlock,
    NetBlock,
    RankingBlock,
    SignChangeBlock,
)
from gexfocus_mcp.render.history_text import (
    MOVES_SHOWN,
    history_text,
    sign_word,
    stamp,
)
from gexfocus_mcp.render.numbers import (
    clock_time,
    iso_instant,
)
from gexfocus_mcp.render.turns import turn_blocks


POINTS: Final = 40
_FEWEST_POINTS: Final = 2
# Characters that keep the plain answer under 1,000 tokens; what is asked for beside adds its own.
_DEFAULT_TEXT: Final = 1_780
_MAP_TEXT: Final = 1_300
_LEVELS_TEXT: Final = 1_400
_SESSIONS_TEXT: Final = 900
# Of more than these the newest are listed; all are counted.
_SIGN_CHANGES: Final = 60
_SIGN_CHANGES_BESIDE: Final = 36
_SIGN_CHANGES_TOLD: Final = 12


def history_answer(reading: HistoryReading, *, points: int | None = None) -> Answer:
    """
    Render the history; the path is thinned last, everything else was read from all rows.

    Args:
        points: Rows of the path; None is 40, fewer where the text's default budget asks for it.
    """
    changes = [change.at for change in reading.sign_changes]
    cut = _trimmed(reading)

    told = _SIGN_CHANGES_TOLD if points is None else _SIGN_CHANGES_BESIDE

    def compose(limit: int) -> Answer:
        return _compose(reading, thin_maps(reading.maps, limit, changes), cut, told)

    if points is not None:
        return largest_fitting(compose, points, least=_FEWEST_POINTS)
    text = (
        _DEFAULT_TEXT
        + _MAP_TEXT * (reading.profile is not None)
        + _LEVELS_TEXT * (reading.levels is not None)
        + _SESSIONS_TEXT * (reading.ranking is not None)
    )
    return largest_fitting(compose, POINTS, least=_FEWEST_POINTS, text=text)


def _trimmed(reading: HistoryReading) -> Trimmed | None:
    profile = reading.profile
    if profile is None:
        return None
    strikes = profile.strikes
    return trim(strikes.bars, strikes.spot, limit=MAX_BARS, must=profile.must_show)


def _compose(
    reading: HistoryReading,
    shown: Sequence[StrikeMap],
    cut: Trimmed | None,
    told: int,
) -> Answer:
    profile = reading.profile
    provenance = reading.provenance.noting(
        *(profile.notes if profile else ()),
        *(reading.ranking.notes if reading.ranking else ()),
        *_sign_notes(reading),
    )
    plain = not (profile or reading.levels or reading.ranking)
    most = _SIGN_CHANGES if plain else _SIGN_CHANGES_BESIDE
    changes = reading.sign_changes[-most:]
    signed = [m.stored_net for m in reading.maps if m.stored_net]
    payload = HistoryPayload(
        ticker=reading.ticker,
        **head(provenance),
        greek=reading.greek,
        asked=reading.asked,
        rows=len(reading.maps),
        unit=f"assumed {UNITS[reading.greek]}; the feed states none",
        net=_net(reading),
        positive_share=sum(net > 0 for net in signed) / len(signed) if signed else None,
        sign_changes=[_change(reading, each) for each in changes],
        sign_changes_total=len(reading.sign_changes)
        if len(changes) < len(reading.sign_changes)
        else None,
        max_strike=_migration(reading, reading.max_strike),
        levels=_levels(reading, reading.levels) if reading.levels else None,
        ranking=_ranking(reading.ranking) if reading.ranking else None,
        map=map_block(profile, cut) if profile and cut else None,
        series=HistorySeries(
            t=[stamp(reading, m.as_of) for m in shown],
            spot=[m.spot for m in shown],
            net=[m.stored_net for m in shown],
            max_strike=[m.stored_max_strike for m in shown],
        ),
        turns_over=None if reading.turns is None else turn_blocks(reading.turns),
        turns_over_at=_instant(reading.turns_at) if reading.turns is not None else None,
    )
    text = history_text(reading, provenance, shown, changes[-told:], cut)
    return Answer(text, payload)


def _instant(at: datetime | None) -> str | None:
    return iso_instant(at) if at else None


def _sign_notes(reading: HistoryReading) -> list[str]:
    """What the sign of net is worth where the convention is unknown, or known not to be the dealer's."""
    convention = reading.profile.convention if reading.profile else "unknown"
    if convention == "raw_oi":
        return [
            f"the {reading.greek} map is raw open interest: net is as the feed gave it, its sign is not the dealer's"
        ]
    if convention == "unknown" and reading.greek != "gex":
        return [
            f"without bars the sign convention of {reading.greek} is unknown (dealer or raw open interest): net is as the feed gave it; at= shows which"
        ]
    return []


def _net(reading: HistoryReading) -> NetBlock | None:
    known = [(m.stored_net, m.as_of) for m in reading.maps if m.stored_net is not None]
    if not known:
        return None
    low, high = min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0])
    return NetBlock(
        first=known[0][0],
        last=known[-1][0],
        min=low[0],
        min_at=stamp(reading, low[1]),
        max=high[0],
        max_at=stamp(reading, high[1]),
    )


def _change(reading: HistoryReading, change: SignChange) -> SignChangeBlock:
    return SignChangeBlock(
        t=stamp(reading, change.at),
        from_=sign_word(positive=not change.to_positive),
        to=sign_word(positive=change.to_positive),
        spot=change.spot,
    )


def _migration(
    reading: HistoryReading, moved: Migration | None
) -> MigrationBlock | None:
    if moved is None:
        return None
    return MigrationBlock(
        first=moved.first,
        last=moved.last,
        shift_pct=moved.shift_pct,
        strikes_moved=moved.strikes_moved,
        changes=[
            MoveBlock(t=stamp(reading, at), to=strike)
            for at, strike in moved.changes[-MOVES_SHOWN:]
        ],
        changes_total=len(moved.changes),
        ignored=moved.ignored or None,
        longest=moved.mode,
        longest_share=moved.mode_share,
    )


def _levels(reading: HistoryReading, path: LevelPath) -> LevelPathBlock:
    return LevelPathBlock(
        snapshots=len(path.points),
        # Past matrices are not stored.
        flip_method="kernel",
        flip_with_spot=path.flip_with_spot,
        call_wall=_migration(reading, path.call_wall),
        put_wall=_migration(reading, path.put_wall),
        path=LevelColumns(
            t=[stamp(reading, p.at) for p in path.points],
            spot=[p.spot for p in path.points],
            flip=[p.flip for p in path.points],
            call_wall=[p.call_wall for p in path.points],
            put_wall=[p.put_wall for p in path.points],
        ),
    )


def _ranking(ranking: Ranking) -> RankingBlock:
    nets = [then.net for then in ranking.earlier]
    return RankingBlock(
        at=f"{ranking.clock:%H:%M:%S}",
        net=ranking.net,
        rank=ranking.rank,
        of=len(nets) + 1,
        percentile=ranking.percentile,
        min=min(nets, default=None),
        max=max(nets, default=None),
        earlier=EarlierBlock(
            date=[str(then.at.date()) for then in ranking.earlier],
            t=[clock_time(then.at) for then in ranking.earlier],
            net=nets,
        ),
        absent=[str(day) for day in ranking.absent] or None,
    )
