"""`live_snapshot`: what the stream says now, or that it is silent and why."""

from typing import Final

from gexfocus_mcp.analysis.flow import Premium, read_premium
from gexfocus_mcp.analysis.live import CHANGING, Window
from gexfocus_mcp.analysis.reading import LiveReading
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
from gexfocus_mcp.render.flow_words import fep_words, premium_words, utilisation_words
from gexfocus_mcp.render.numbers import (
    Exposure,
    Price,
    Seconds,
    Share,
    clock_time,
    counted,
    plain,
    scaled,
    significant,
)


_PRICES: Final = (
    "price",
    "fep",
    "gamma_flip",
    "max_gamma_strike",
    "call_wall_gamma",
    "put_wall_gamma",
)
_EVENTS_SHOWN: Final = 20
_OTHERS: Final = (
    "threshold_long",
    "threshold_short",
    "delta_exposure",
    "vanna_exposure",
    "charm_exposure",
    "gex_calls",
    "gex_puts",
    "buy_premium",
    "sell_premium",
    "call_buy_premium",
    "call_sell_premium",
    "put_buy_premium",
    "put_sell_premium",
    "net_premium_0dte",
    "net_call_premium_0dte",
    "net_put_premium_0dte",
    "call_buy_premium_0dte",
    "call_sell_premium_0dte",
    "put_buy_premium_0dte",
    "put_sell_premium_0dte",
)


class WindowBlock(Block):
    ticks: int
    seconds: Seconds
    change: dict[str, Exposure]


class EventBlock(Block):
    t: str
    what: str
    price: Price | None = None


class DirectionBlock(Block):
    imbalance: Share | None = None
    direction: Share
    call_share: Share | None = None
    share_0dte: Share | None = None


class LivePayload(Payload):
    stream: str
    reason: str
    latest: dict[str, float] | None = None
    premium: DirectionBlock | None = None
    window: WindowBlock
    events: list[EventBlock]
    events_total: int | None = None
    unavailable: list[str] | None = None
    cuts: int | None = None
    next_try_s: Seconds | None = None


def live_answer(reading: LiveReading) -> Answer:
    """Render the window; a stream that has nothing to say is an answer, not an error."""
    window = reading.window
    events = window.events[-_EVENTS_SHOWN:]
    payload = LivePayload(
        ticker=reading.ticker,
        **head(reading.provenance),
        stream=reading.verdict,
        reason=reading.reason,
        latest=_fields(window.latest) if window.latest else None,
        premium=_direction(window.latest) if window.latest else None,
        window=WindowBlock(
            ticks=window.ticks, seconds=window.seconds, change=window.change
        ),
        events=[
            EventBlock(t=clock_time(e.at), what=e.what, price=e.price) for e in events
        ],
        events_total=len(window.events) if len(window.events) > len(events) else None,
        unavailable=list(window.unavailable) or None,
        cuts=reading.cuts or None,
        next_try_s=reading.next_try_s,
    )
    price = window.latest.price if window.latest else None
    shown = f"{reading.ticker} {plain(price)}" if price is not None else reading.ticker
    age = dated(reading.provenance, "Last tick")
    lines = [
        flagged(
            reading.provenance,
            f"{shown}: stream {reading.verdict.replace('_', ' ')}, {reading.reason}. {age}",
        ),
        *_tick_lines(window),
        *(f"event {clock_time(e.at)} {e.what}" for e in events),
        *_left_out(len(window.events), len(events)),
    ]
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _left_out(events: int, shown: int) -> list[str]:
    return [f"the newest {shown} of {events} events"] if events > shown else []


def _direction(tick: Tick) -> DirectionBlock | None:
    premium = read_premium(tick)
    if premium.direction is None:
        return None
    return DirectionBlock(
        imbalance=premium.imbalance,
        direction=premium.direction,
        call_share=premium.call_share,
        share_0dte=premium.zero_dte_share,
    )


def _fields(tick: Tick) -> dict[str, float]:
    values = tick._asdict()
    del values["ts"]
    return {
        name: round(value, 2) if name in _PRICES else significant(value)
        for name, value in values.items()
        if value is not None
    }


def _tick_lines(window: Window) -> list[str]:
    tick = window.latest
    if tick is None:
        return []
    lines = list[str]()
    if tick.ndf is not None:
        lines.append(
            f"ndf {scaled(tick.ndf)}, {utilisation_words(tick)}; {fep_words(tick)}"
        )
    premium = read_premium(tick)
    if premium.net_call is not None or premium.net_put is not None:
        lines.append(
            f"premium {premium_words(premium)}{_direction_words(premium)} (since the open; trade sides are estimates)"
        )
    levels = _level_words(tick)
    if levels:
        lines.append(f"stream's own levels (method not documented): {levels}")
    others = _other_words(tick)
    if others:
        lines.append(others)
    if window.change:
        told = ", ".join(
            f"{name} {_change(name, window.change[name])}"
            for name in CHANGING
            if name in window.change
        )
        lines.append(
            f"over {counted(window.ticks, 'tick')}, {window.seconds:.0f} s: {told}"
        )
    if window.unavailable:
        lines.append(
            f"unavailable (null upstream, not zero): {', '.join(window.unavailable)}"
        )
    return lines


def _direction_words(premium: Premium) -> str:
    if premium.direction is None or premium.call_share is None:
        return ""
    words = f"; direction {premium.direction:+.2f} (range -1..+1), calls {premium.call_share:.0%} of premium"
    if premium.imbalance is not None:
        words += f", bought less sold {premium.imbalance:+.2f} of it"
    if premium.zero_dte_share is not None:
        words += f", 0DTE {premium.zero_dte_share:.0%}"
    return words


def _other_words(tick: Tick) -> str:
    """What else the stream sends, so that the text holds what the JSON holds."""
    named = {
        name.replace("_exposure", " exposure").replace("_premium", ""): value
        for name in _OTHERS
        if (value := getattr(tick, name)) is not None
    }
    return ", ".join(f"{name} {scaled(value)}" for name, value in named.items())


def _level_words(tick: Tick) -> str:
    named = (
        ("flip", tick.gamma_flip),
        ("call wall", tick.call_wall_gamma),
        ("put wall", tick.put_wall_gamma),
        ("max gamma", tick.max_gamma_strike),
    )
    words = [f"{name} {plain(value)}" for name, value in named if value is not None]
    if tick.gex_total is not None:
        words.append(f"net gamma {scaled(tick.gex_total)}")
    return ", ".join(words)


def _change(name: str, value: float) -> str:
    if name in _PRICES:
        return f"{value:+.2f}"
    return scaled(value)
