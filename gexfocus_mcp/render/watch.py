"""`watch_levels`: what came true while waiting, or what is still ahead, and how to go on."""

import json

from gexfocus_mcp.analysis.condition import Condition
from gexfocus_mcp.analysis.provenance import Freshness
from gexfocus_mcp.analysis.watch import Fired
from gexfocus_mcp.analysis.watched import Watched, WatchReading
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.answer import (
    Answer,
    Block,
    Payload,
    dated,
    flagged,
    head,
    noted,
)
from gexfocus_mcp.render.numbers import (
    Exposure,
    Pct,
    Price,
    Seconds,
    Share,
    iso_instant,
    price,
)
from gexfocus_mcp.render.watch_text import (
    PRICE_LEVELS,
    fired_words,
    latest_words,
    levels_words,
    outcome,
    watched_words,
)


class FiredBlock(Block):
    condition: str
    level: Exposure | None = None
    price: Price | None = None
    ndf: Exposure | None = None
    gex_total: Exposure | None = None
    at: str
    already: bool


class WatchedBlock(Block):
    condition: str
    level: Exposure | None = None
    distance_pct: Pct | None = None
    of_threshold: Share | None = None
    stream_level: Price | None = None
    unavailable: str | None = None


class LatestBlock(Block):
    price: Price | None = None
    ndf: Exposure | None = None
    gex_total: Exposure | None = None


class LevelsFromBlock(Block):
    """Where the levels come from: `net` is dealer-signed."""

    as_of: str
    freshness: Freshness
    spot: Price | None = None
    net: Exposure | None = None
    flip_method: str | None = None


class WatchPayload(Payload):
    fired: list[FiredBlock]
    waited_s: Seconds
    ticks: int
    stream: str
    reason: str
    latest: LatestBlock | None = None
    watched: list[WatchedBlock]
    levels_from: LevelsFromBlock | None = None
    resume: str


def watch_answer(reading: WatchReading) -> Answer:
    """Render how the wait ended; that nothing came true is an answer, not an error."""
    live, latest = reading.live, reading.live.window.latest
    provenance = live.provenance.noting(*_notes(reading))
    payload = WatchPayload(
        ticker=live.ticker,
        **head(provenance),
        fired=[_fired(f) for f in reading.fired],
        waited_s=reading.waited_s,
        ticks=live.window.ticks,
        stream=live.verdict,
        reason=live.reason,
        latest=_latest(latest) if latest else None,
        watched=[_watched(w) for w in reading.watched],
        levels_from=_levels_from(reading),
        resume=_resume(reading),
    )
    known = latest.price if latest else None
    shown = live.ticker if known is None else f"{live.ticker} {price(known)}"
    lines = [
        flagged(
            provenance,
            f"{shown}: {outcome(reading)}. Stream {live.verdict.replace('_', ' ')}, {live.reason}. "
            f"{dated(provenance, 'Last tick')}",
        ),
        *(f"fired {fired_words(f)}" for f in reading.fired),
        f"watched  {'; '.join(watched_words(w) for w in reading.watched)}",
        *levels_words(reading),
        *latest_words(latest),
        f"resume   {payload.resume}",
    ]
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _fired(fired: Fired) -> FiredBlock:
    tick, kind = fired.tick, fired.condition.kind
    return FiredBlock(
        condition=fired.condition.text,
        level=_level(kind, fired.level),
        price=tick.price,
        ndf=tick.ndf if kind.startswith("ndf") else None,
        gex_total=tick.gex_total if kind == "net_sign" else None,
        at=iso_instant(tick.ts),
        already=fired.already,
    )


def _level(kind: str, level: float | None) -> float | None:
    return round(level, 2) if level is not None and kind in PRICE_LEVELS else level


def _watched(watched: Watched) -> WatchedBlock:
    return WatchedBlock(
        condition=watched.condition.text,
        level=_level(watched.condition.kind, watched.level),
        distance_pct=watched.distance_pct,
        of_threshold=watched.of_threshold,
        stream_level=watched.stream_level,
        unavailable=watched.unavailable,
    )


def _latest(tick: Tick) -> LatestBlock:
    return LatestBlock(price=tick.price, ndf=tick.ndf, gex_total=tick.gex_total)


def _levels_from(reading: WatchReading) -> LevelsFromBlock | None:
    known = reading.map_provenance
    if known is None or known.as_of is None:
        return None
    return LevelsFromBlock(
        as_of=iso_instant(known.as_of),
        freshness=known.freshness,
        spot=reading.marks.spot,
        net=reading.marks.net,
        flip_method=reading.marks.flip_method,
    )


def _notes(reading: WatchReading) -> tuple[str, ...]:
    known = reading.map_provenance
    notes = tuple(f"levels: {note}" for note in known.notes) if known else ()
    if reading.live.verdict == "cut":
        notes += (
            "the stream is cut: what happens meanwhile is not seen, only where price is afterwards",
        )
    return notes


def _resume(reading: WatchReading) -> str:
    return call(reading.live.ticker, reading.following, reading.seconds)


def call(ticker: str, conditions: tuple[Condition, ...], seconds: float) -> str:
    """The call as a model writes it: levels by name are taken anew, prices stay."""
    names = json.dumps([c.text for c in conditions], separators=(",", ":"))
    return f"watch_levels ticker={ticker} conditions={names} seconds={seconds:g}"
