"""`watch_levels` in words."""

from typing import Final

from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.watch import Fired
from gexfocus_mcp.analysis.watched import Watched, WatchReading
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.answer import dated
from gexfocus_mcp.render.numbers import clock_time, counted, pct, price, scaled, share


_METHODS: Final = {"matrix": "expiry", "kernel": "one width"}
PRICE_LEVELS: Final = {"flip", "call_wall", "put_wall", "price"}
"""Conditions whose level is a price."""

_RULE: Final = "Fixed at the start; fires at the level, or on the other side of it than the map's spot"


def outcome(reading: WatchReading) -> str:
    if reading.fired:
        names = ", ".join(f.condition.text for f in reading.fired)
        already = all(f.already for f in reading.fired)
        return f"FIRED {names}{' (already so at the start)' if already else ''} after {_waited(reading)}"
    early = reading.seconds - reading.waited_s > 1
    return f"nothing fired in {_waited(reading)}{', no use waiting longer' if early else ''}"


def _waited(reading: WatchReading) -> str:
    return f"{reading.waited_s:.1f} s, {counted(reading.live.window.ticks, 'tick')}"


def fired_words(fired: Fired) -> str:
    tick, kind = fired.tick, fired.condition.kind
    at = f"at {clock_time(tick.ts)}{' (already)' if fired.already else ''}"
    now = "" if tick.price is None else f"price {price(tick.price)}"
    if kind == "net_sign":
        value = tick.gex_total or 0.0
        turned = "positive" if value > 0 else "negative"
        return f"net_sign: stream's net gamma {turned} ({scaled(value)}), {now or 'price n/a'} {at}"
    if fired.level is None:
        return f"{fired.condition.text}: {now} {at}"
    if kind not in PRICE_LEVELS:
        told = f"NDF {scaled(tick.ndf or 0.0)} beyond {scaled(fired.level)}"
        return f"{fired.condition.text}: {told}, {now or 'price n/a'} {at}"
    if kind == "price":
        return f"{fired.condition.text}: {now} {at}"
    side = "at" if tick.price == fired.level else _side(tick.price, fired.level)
    return f"{fired.condition.text}: {now} {side} {price(fired.level)} {at}"


def _side(value: float | None, level: float) -> str:
    return "above" if value is not None and value > level else "below"


def watched_words(watched: Watched) -> str:
    name, kind = watched.condition.text, watched.condition.kind
    if watched.unavailable is not None:
        return f"{name} unavailable ({watched.unavailable}){_stream_words(watched)}"
    if kind == "net_sign":
        return name
    if kind not in PRICE_LEVELS:
        if watched.level is None:
            return f"{name} threshold unavailable"
        used = (
            ""
            if watched.of_threshold is None
            else f", NDF at {share(watched.of_threshold)} of it"
        )
        return f"{name} {scaled(watched.level)}{used}"
    level = (
        "" if kind == "price" or watched.level is None else f" {price(watched.level)}"
    )
    away = "" if watched.distance_pct is None else f" ({pct(watched.distance_pct, 2)})"
    return f"{name}{level}{away}{_stream_words(watched)}"


def _stream_words(watched: Watched) -> str:
    if watched.stream_level is None:
        return ""
    return f", stream's own {price(watched.stream_level)}"


def levels_words(reading: WatchReading) -> list[str]:
    known = reading.map_provenance
    if known is None:
        return []
    spot, net = reading.marks.spot, reading.marks.net
    method = reading.marks.flip_method
    told = [
        "map's spot unavailable" if spot is None else f"spot then {price(spot)}",
        *([] if net is None else [f"net {scaled(net)}"]),
        *([] if method is None else [f"flip repriced by {_METHODS[method]}"]),
    ]
    return [
        f"levels   {_freshness(known)}{dated(known, 'Map')[:-1]}; {', '.join(told)}. {_RULE}"
    ]


def _freshness(known: Provenance) -> str:
    return "STALE " if known.is_stale else ""


def latest_words(tick: Tick | None) -> list[str]:
    if tick is None:
        return []
    words = [
        f"{name} {scaled(value)}"
        for name, value in (("NDF", tick.ndf), ("stream's net gamma", tick.gex_total))
        if value is not None
    ]
    return [f"latest   {', '.join(words)}"] if words else []
