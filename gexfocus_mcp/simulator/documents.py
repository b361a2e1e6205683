"""
The upstream's JSON, field for field as its documentation prints it.

A stream message and a stored row take their aggregate exposures from the newest map at their instant,
so they agree with the maps to the cent. Rows are counted from the oldest: *every* picks each n-th of
the whole range, *limit* keeps the first.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from gexfocus_mcp.simulator.exposure import StrikeMap
from gexfocus_mcp.simulator.flow import LEGS
from gexfocus_mcp.simulator.greeks import GREEKS
from gexfocus_mcp.simulator.listings import LISTINGS
from gexfocus_mcp.simulator.tape import Tick
from gexfocus_mcp.simulator.timetable import map_instants, published
from gexfocus_mcp.simulator.world import Moment, World


Document = dict[str, Any]


def stream_message(
    world: World, ticker: str, tick: Tick, maps_until: datetime
) -> Document:
    """Return one push of the stream; its exposures are those of the newest map by *maps_until*."""
    totals = world.totals(world.latest(ticker, maps_until))
    return {
        "ticker": ticker,
        "ts": _microseconds(tick.at),
        **_flow(tick),
        **_premiums(tick),
        "gex_total": totals.gex,
        "gex_calls": totals.gex_calls,
        "gex_puts": totals.gex_puts,
        "vanna_exposure": totals.vanna,
        "charm_exposure": totals.charm,
        "delta_exposure": totals.delta,
        "gamma_flip": totals.flip,
        "max_gamma_strike": totals.max_gamma,
        "call_wall_gamma": totals.call_wall,
        "put_wall_gamma": totals.put_wall,
    }


def ndf_history(
    world: World,
    ticker: str,
    now: datetime,
    day: date | None,
    *,
    limit: int,
    every: int,
) -> Document:
    """Return the stored ticks of a session, the latest when *day* is None; none for an unknown one."""
    stored = world.tick_sessions(ticker, now)
    day = day or stored[-1]
    count = world.ticks_published(ticker, day, now) if day in stored else 0
    rows = [
        _ndf_row(world, ticker, day, index) for index in range(0, count, every)[:limit]
    ]
    return {
        "ticker": ticker,
        "session_date": day.isoformat(),
        "count": len(rows),
        "every": every,
        "data": rows,
    }


def ndf_sessions(world: World, ticker: str, now: datetime) -> Document:
    """List the sessions with stored ticks."""
    sessions = []
    for day in world.tick_sessions(ticker, now):
        times = world.stored_times(ticker, day)[
            : world.ticks_published(ticker, day, now)
        ]
        sessions.append(
            _session(day, len(times), _microseconds(times[0]), _microseconds(times[-1]))
        )
    return {"ticker": ticker, "sessions": sessions}


def latest_map(world: World, ticker: str, greek: str, now: datetime) -> Document:
    """Return the newest strike map of one greek."""
    moment = world.latest(ticker, now)
    return _map(moment, greek, world.maps(moment, (greek,))[greek])


def latest_greeks(
    world: World, ticker: str, greeks: Sequence[str], now: datetime
) -> Document:
    """Return the newest strike maps of the greeks asked for, all of one moment."""
    moment = world.latest(ticker, now)
    maps = world.maps(moment, greeks)
    return {
        "ticker": ticker,
        **{
            greek: _map(moment, greek, maps[greek]) for greek in GREEKS if greek in maps
        },
    }


def latest_matrix(world: World, ticker: str, now: datetime) -> Document:
    """
    Return the newest multi-expiration matrices.

    They cover the nearest twelve expirations, so their columns sum to the bars of those expirations,
    not of the whole chain. Out of session they are those of the last map.
    """
    moment = world.latest(ticker, now, every=LISTINGS[ticker].matrix_every)
    found = world.matrix(moment)
    return {
        "ticker": ticker,
        "ts": int(moment.at.timestamp()),
        "ts_iso": moment.at.isoformat(),
        "spot": moment.spot,
        "expirations": [expiry.isoformat() for expiry in found.expirations],
        "strikes": list(found.strikes),
        "matrix": found.cells["gex"],
        "vanna_matrix": found.cells["vanna"],
        "charm_matrix": found.cells["charm"],
    }


def greek_history(
    world: World,
    ticker: str,
    greek: str,
    now: datetime,
    span: tuple[date, date] | None,
    *,
    limit: int,
    every: int,
    summary: bool,
) -> Document:
    """Return stored maps of the sessions in *span*, of the latest session when it is None."""
    sessions = world.map_sessions(ticker, now)
    start, end = span or (sessions[-1], sessions[-1])
    slots = [
        (day, index)
        for day in sessions
        if start <= day <= end
        for index in range(world.maps_published(ticker, day, now))
    ]
    rows = [
        _greek_row(world, world.moment(ticker, *slot), greek, summary=summary)
        for slot in slots[::every][:limit]
    ]
    return {
        "ticker": ticker,
        "greek": greek,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "count": len(rows),
        "every": every,
        "summary": summary,
        "data": rows,
    }


def greek_sessions(world: World, ticker: str, greek: str, now: datetime) -> Document:
    """List the sessions with stored maps."""
    sessions = []
    for day in world.map_sessions(ticker, now):
        count = world.maps_published(ticker, day, now)
        instants = map_instants(world.seed, ticker, day)
        sessions.append(
            _session(
                day, count, instants[0].isoformat(), instants[count - 1].isoformat()
            )
        )
    return {"ticker": ticker, "greek": greek, "sessions": sessions}


def _flow(tick: Tick) -> Document:
    return {
        "ndf": tick.ndf,
        "price": tick.price,
        "fep": tick.fep,
        "threshold_long": tick.threshold_long,
        "threshold_short": tick.threshold_short,
    }


def _premiums(tick: Tick) -> Document:
    """Return the premium fields. Legs are whole dollars, so every sum of them is exact."""
    (
        call_buy,
        call_sell,
        put_buy,
        put_sell,
        call_buy_0,
        call_sell_0,
        put_buy_0,
        put_sell_0,
    ) = tick.legs
    sums = {
        "buy_premium": call_buy + put_buy,
        "sell_premium": call_sell + put_sell,
        "net_premium": call_buy + put_buy - call_sell - put_sell,
        "net_call_premium": call_buy - call_sell,
        "net_put_premium": put_buy - put_sell,
        "net_premium_0dte": call_buy_0 - call_sell_0 + put_buy_0 - put_sell_0,
        "net_call_premium_0dte": call_buy_0 - call_sell_0,
        "net_put_premium_0dte": put_buy_0 - put_sell_0,
        **dict(zip(LEGS, tick.legs, strict=True)),
    }
    return {name: float(dollars) for name, dollars in sums.items()}


def _ndf_row(world: World, ticker: str, day: date, index: int) -> Document:
    tick = world.stored_tick(ticker, day, index)
    newest = published(map_instants(world.seed, ticker, day), tick.at) - 1
    premiums = _premiums(tick)
    return {
        "ts": _microseconds(tick.at),
        "ticker": ticker,
        **_flow(tick),
        "net_premium": premiums["net_premium"],
        "delta_exposure": world.summary(world.moment(ticker, day, newest), "delta").net,
        "net_call_premium": premiums["net_call_premium"],
        "net_put_premium": premiums["net_put_premium"],
        "net_call_premium_0dte": premiums["net_call_premium_0dte"],
        "net_put_premium_0dte": premiums["net_put_premium_0dte"],
    }


def _greek_row(world: World, moment: Moment, greek: str, *, summary: bool) -> Document:
    if not summary:
        return _map(moment, greek, world.unkept_map(moment, greek))
    found = world.summary(moment, greek)
    return {
        **_envelope(moment),
        "net_exposure": found.net,
        "max_strike": found.max_strike,
    }


def _map(moment: Moment, greek: str, found: StrikeMap) -> Document:
    bars = [
        {
            "strike": strike,
            "calls": calls,
            "puts": puts,
            "total": total,
            "gross": round(abs(calls) + abs(puts), 2) if greek == "gex" else None,
        }
        for strike, calls, puts, total in zip(
            found.strikes, found.calls, found.puts, found.totals, strict=True
        )
    ]
    return {
        **_envelope(moment),
        "net_exposure": found.net,
        "max_strike": found.max_strike,
        "bars": bars,
    }


def _envelope(moment: Moment) -> Document:
    return {
        "ticker": moment.ticker,
        "ts": int(moment.at.timestamp()),
        "ts_iso": moment.at.isoformat(),
        "session_date": moment.day.isoformat(),
        "spot": moment.spot,
    }


def _session(day: date, snapshots: int, first: str, last: str) -> Document:
    return {
        "session_date": day.isoformat(),
        "snapshots": snapshots,
        "from": first,
        "to": last,
    }


def _microseconds(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
