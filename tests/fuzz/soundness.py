"""
What a sound reply is, written from the API's document alone: nothing of the reader is imported.

Null is sound wherever the document allows it. What is only informative (gross, counts) is not judged.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from tests.fuzz.corpus import TICKER, TODAY


_LARGEST = 1e18


def is_sound(kind: str, body: object, tool: str = "") -> bool:
    """Whether a careful client may take *body* at its word, as far as *tool* reads it."""
    if tool == "dealer_positioning" and kind == "greeks" and isinstance(body, dict):
        # The everyday read looks at no delta.
        body = {**body, "delta": body.get("gex")}
    return isinstance(body, dict) and _CHECKS[kind](body)


def _number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _LARGEST


def _maybe(value: object) -> bool:
    return value is None or _number(value)


def _price(value: object) -> bool:
    return _number(value) and value >= 0.01  # type: ignore[operator]  # a number by the first half


def _instant(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _day(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _ticker(body: dict[str, Any], *, may_be_absent: bool) -> bool:
    """A row inside a reply need not repeat whose it is."""
    said = body.get("ticker")
    if said is None:
        return may_be_absent
    return isinstance(said, str) and said.strip().upper() == TICKER


def _stamps(body: dict[str, Any]) -> bool:
    """`ts` in seconds and `ts_iso` with its offset, of one moment; one of them may be missing."""
    ts, iso = body.get("ts"), body.get("ts_iso")
    if ts is None or iso is None:
        return _number(ts) or _instant(iso)
    if _instant(ts):
        ts = datetime.fromisoformat(ts).timestamp()
    if not (_number(ts) and _instant(iso)):
        return False
    return bool(abs(datetime.fromisoformat(iso).timestamp() - ts) <= 60)


def _map(body: dict[str, Any], *, bars: bool = True) -> bool:
    return (
        _ticker(body, may_be_absent=not bars)
        and _stamps(body)
        and body.get("session_date") == str(TODAY)
        and _price(body.get("spot"))
        and _maybe(body.get("net_exposure"))
        and (body.get("max_strike") is None or _price(body.get("max_strike")))
        and (not bars or _bars(body.get("bars")))
    )


def _bars(bars: object) -> bool:
    if not isinstance(bars, list) or not bars:
        return False
    strikes = []
    for bar in bars:
        if not isinstance(bar, dict) or not _price(bar.get("strike")):
            return False
        if not (_number(bar.get("calls")) and _number(bar.get("puts"))):
            return False
        total = bar.get("total")
        if total is not None and (
            not _number(total)
            or abs(total - bar["calls"] - bar["puts"])
            > 0.002 * (abs(bar["calls"]) + abs(bar["puts"]))
        ):
            return False
        strikes.append(bar["strike"])
    return strikes == sorted(set(strikes))


def _greeks(body: dict[str, Any]) -> bool:
    maps = [body.get(greek) for greek in ("gex", "delta", "vanna", "charm")]
    return _ticker(body, may_be_absent=False) and all(
        isinstance(each, dict) and _map(each) for each in maps
    )


def _matrix(body: dict[str, Any]) -> bool:
    days, strikes = body.get("expirations"), body.get("strikes")
    if not (isinstance(days, list) and isinstance(strikes, list)):
        return False
    return (
        _ticker(body, may_be_absent=False)
        and _stamps(body)
        and _price(body.get("spot"))
        and bool(days)
        and all(map(_day, days))
        and days == sorted(set(days))
        and all(map(_price, strikes))
        and strikes == sorted(set(strikes))
        and all(
            body.get(key) is None or _cells(body[key], len(strikes), len(days))
            for key in ("matrix", "vanna_matrix", "charm_matrix")
        )
    )


def _cells(matrix: object, height: int, width: int) -> bool:
    return (
        isinstance(matrix, list)
        and len(matrix) == height
        and all(
            row is None
            or (isinstance(row, list) and len(row) == width and all(map(_maybe, row)))
            for row in matrix
        )
    )


def _ascending(rows: list[dict[str, Any]]) -> bool:
    times = [_moment(row) for row in rows]
    return times == sorted(times)


def _moment(row: dict[str, Any]) -> float:
    for key in ("ts_iso", "ts"):
        if _instant(row.get(key)):
            return datetime.fromisoformat(row[key]).timestamp()
    return float(row["ts"])


_FLOW = ("ndf", "threshold_long", "threshold_short", "net_premium", "net_call_premium",
         "net_put_premium", "net_call_premium_0dte", "net_put_premium_0dte")  # fmt: skip


def _tick(row: object) -> bool:
    return (
        isinstance(row, dict)
        and _ticker(row, may_be_absent=True)
        and (_instant(row.get("ts")) or _stamps(row))
        and all(row.get(key) is None or _price(row[key]) for key in ("price", "fep"))
        and all(_maybe(row.get(key)) for key in _FLOW)
    )


def _flow(body: dict[str, Any]) -> bool:
    rows = body.get("data")
    if not isinstance(rows, list) or not all(map(_tick, rows)):
        return False
    return (
        _ticker(body, may_be_absent=False)
        and body.get("session_date") == str(TODAY)
        and _ascending(rows)
    )


def _summaries(body: dict[str, Any]) -> bool:
    rows = body.get("data")
    return (
        _ticker(body, may_be_absent=False)
        and body.get("greek") in ("gex", None)
        and isinstance(rows, list)
        and all(isinstance(row, dict) and _map(row, bars=False) for row in rows)
        and _ascending(rows)
    )


def _sessions(body: dict[str, Any]) -> bool:
    rows = body.get("sessions")
    return (
        _ticker(body, may_be_absent=False)
        and isinstance(rows, list)
        and all(
            isinstance(row, dict)
            and _day(row.get("session_date"))
            and (
                row.get("snapshots") is None
                or (_number(row["snapshots"]) and row["snapshots"] >= 0)
            )
            and all(
                row.get(key) is None or _instant(row[key]) for key in ("from", "to")
            )
            for row in rows
        )
        and len({row["session_date"] for row in rows}) == len(rows)
    )


def _frame(body: dict[str, Any]) -> bool:
    others = {"ticker", "ts", "ts_iso", "price"}
    return _tick(body) and all(
        _maybe(value)
        for key, value in body.items()
        if key not in others and key in _FRAME
    )


_FRAME = {*_FLOW, "gex_total", "gamma_flip", "call_wall_gamma", "put_wall_gamma", "max_gamma_strike",
          "vanna_exposure", "charm_exposure", "delta_exposure", "buy_premium", "sell_premium"}  # fmt: skip

_CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "greeks": _greeks,
    "map": _map,
    "matrix": _matrix,
    "flow": _flow,
    "summaries": _summaries,
    "sessions": _sessions,
    "frame": _frame,
}
