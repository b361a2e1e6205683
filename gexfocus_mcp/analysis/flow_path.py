"""A session's flow from the open to its last row: extremes, threshold crossings, divergence, and a thinned path."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean, pstdev
from typing import Final, Literal

from gexfocus_mcp.analysis.flow import (
    Premium,
    Side,
    Utilisation,
    read_premium,
    read_sides,
    read_utilisation,
)
from gexfocus_mcp.market.flow import Tick


_BIN: Final = timedelta(minutes=1)
_FEWEST: Final = 30
_NOTABLE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Track:
    """First, last and extreme values of one field, with the instants of the extremes."""

    first: float
    last: float
    low: float
    high: float
    low_at: datetime
    high_at: datetime


@dataclass(frozen=True, slots=True)
class Crossing:
    """NDF went beyond a threshold or came back inside; *at* is the first row on the new side."""

    at: datetime
    threshold: Side
    beyond: bool
    ndf: float
    price: float | None


@dataclass(frozen=True, slots=True)
class Divergence:
    """
    Price against NDF over the last window.

    Attributes:
        state: `diverge` when they moved in opposite directions, both by more than half a standard deviation of
            the session's own moves over such a window; `agree` in the same direction; else `inconclusive`.
        ndf_z: The window's change of NDF over the standard deviation of the session's own such changes; None
            where they do not differ. Levels wander, so only changes are scored.
        correlation: Of one-minute changes over the session, -1 to +1; None when either did not change.
        extreme: `high` when price made its session high in this window with NDF below where it stood at the
            high before; `low` for the mirror image; None otherwise.
    """

    window_min: int
    state: Literal["diverge", "agree", "inconclusive"]
    price_change_pct: float
    ndf_change: float
    ndf_z: float | None
    correlation: float | None
    extreme: Literal["high", "low"] | None


@dataclass(frozen=True, slots=True)
class FlowPath:
    """
    The reading of one session's rows.

    Attributes:
        beyond_share: Share of the rows with a readable threshold on which NDF was beyond it; None without any.
        divergence: None where the session is too short or a field is unavailable.
    """

    rows: int
    last: Tick
    ndf: Track | None
    price: Track | None
    fep: Track | None
    utilisation: Utilisation | None
    crossings: tuple[Crossing, ...]
    beyond_share: float | None
    divergence: Divergence | None
    premium: Premium


def read_flow_path(ticks: Sequence[Tick]) -> FlowPath:
    """Read a session's rows, ascending in time and at least one."""
    placed = list(read_sides(ticks))
    return FlowPath(
        rows=len(ticks),
        last=ticks[-1],
        ndf=_track(ticks, [t.ndf for t in ticks]),
        price=_track(ticks, [t.price for t in ticks]),
        fep=_track(ticks, [t.fep for t in ticks]),
        utilisation=read_utilisation(ticks[-1]),
        crossings=_find_changes(placed),
        beyond_share=fmean(side is not None for _, side in placed) if placed else None,
        divergence=read_divergence(ticks),
        premium=read_premium(ticks[-1]),
    )


def _track(ticks: Sequence[Tick], values: Sequence[float | None]) -> Track | None:
    """The first of equal extremes counts."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    low_at, high_at = (ticks[values.index(v)].ts for v in (low, high))
    return Track(known[0], known[-1], low, high, low_at, high_at)


def find_crossings(ticks: Sequence[Tick]) -> tuple[Crossing, ...]:
    """Every change of the side of a threshold; rows that cannot be placed are passed over."""
    return _find_changes(list(read_sides(ticks)))


def _find_changes(placed: Sequence[tuple[Tick, Side | None]]) -> tuple[Crossing, ...]:
    found = list[Crossing]()
    for (_, was), (tick, now) in pairwise(placed):
        if was == now:
            continue
        ndf = tick.ndf or 0.0
        if was is not None:
            found.append(Crossing(tick.ts, was, False, ndf, tick.price))
        if now is not None:
            found.append(Crossing(tick.ts, now, True, ndf, tick.price))
    return tuple(found)


def read_divergence(ticks: Sequence[Tick]) -> Divergence | None:
    """
    Compare price and NDF over the last half hour (10 minutes in a young session).

    Rows come unevenly, so they are first resampled to one-minute last values; standard deviations are of
    the session's own overlapping moves, of which there must be at least 30.
    """
    series = [(t.ts, t.price, t.ndf) for t in ticks if t.price and t.ndf is not None]
    if len(series) < 2:
        return None
    prices, flows = _resample(series)
    window = next((w for w in (30, 10) if len(prices) - w >= _FEWEST), None)
    if window is None:
        return None
    price_moves = [b - a for a, b in zip(prices, prices[window:], strict=False)]
    flow_moves = [b - a for a, b in zip(flows, flows[window:], strict=False)]
    scale = pstdev(price_moves), pstdev(flow_moves)
    moved = price_moves[-1], flow_moves[-1]
    state: Literal["diverge", "agree", "inconclusive"] = "inconclusive"
    if all(s > 0 and abs(m) > _NOTABLE * s for m, s in zip(moved, scale, strict=True)):
        state = "agree" if moved[0] * moved[1] > 0 else "diverge"
    return Divergence(
        window_min=window,
        state=state,
        price_change_pct=moved[0] / prices[-1 - window] * 100,
        ndf_change=moved[1],
        ndf_z=moved[1] / scale[1] if scale[1] > 0 else None,
        correlation=_correlation(
            [b - a for a, b in pairwise(prices)], [b - a for a, b in pairwise(flows)]
        ),
        extreme=_unmatched_extreme(prices, flows, window),
    )


def _resample(
    series: Sequence[tuple[datetime, float, float]],
) -> tuple[list[float], list[float]]:
    start, times = series[0][0], [at for at, _, _ in series]
    minutes = int((series[-1][0] - start) / _BIN)
    kept = [series[bisect_right(times, start + i * _BIN) - 1] for i in range(minutes)]
    kept.append(series[-1])
    return [p for _, p, _ in kept], [f for _, _, f in kept]


def _unmatched_extreme(
    prices: Sequence[float], flows: Sequence[float], window: int
) -> Literal["high", "low"] | None:
    earlier, recent = (
        range(len(prices) - window),
        range(len(prices) - window, len(prices)),
    )
    for name, sign in (("high", 1), ("low", -1)):
        before = max(earlier, key=lambda i: sign * prices[i])
        now = max(recent, key=lambda i: sign * prices[i])
        if (
            sign * prices[now] > sign * prices[before]
            and sign * flows[now] < sign * flows[before]
        ):
            return "high" if name == "high" else "low"
    return None


def _correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    mean_a, mean_b = fmean(a), fmean(b)
    spread = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    if spread <= 0:
        return None
    joint = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    return joint / sqrt(spread)


def thin(ticks: Sequence[Tick], points: int) -> tuple[Tick, ...]:
    """
    At most *points* rows (at least 2) that keep the path's shape.

    First and last row, the extremes of NDF and price, as many of the newest threshold crossings as
    half of the rows (at least 2), then the last row of equal spans of time: levels survive, nothing is averaged.
    """
    if len(ticks) <= points:
        return tuple(ticks)
    times = [t.ts for t in ticks]
    crossed = [bisect_right(times, c.at) - 1 for c in reversed(find_crossings(ticks))]
    ends = list(dict.fromkeys((0, len(ticks) - 1, *_extremes(ticks))))
    keep = set((ends + crossed[: max(2, points // 2)])[:points])
    spans = points - len(keep)
    for i in range(1, spans + 1):
        edge = times[0] + (times[-1] - times[0]) * i / (spans + 1)
        keep.add(max(0, bisect_right(times, edge) - 1))
    return tuple(ticks[i] for i in sorted(keep))


def _extremes(ticks: Sequence[Tick]) -> list[int]:
    """Where NDF and price were lowest and highest."""
    found = list[int]()
    for field in ("ndf", "price"):
        known = [i for i, t in enumerate(ticks) if getattr(t, field) is not None]
        if known:
            found.append(min(known, key=lambda i: getattr(ticks[i], field)))
            found.append(max(known, key=lambda i: getattr(ticks[i], field)))
    return found
