"""What the order flow says, reckoned from stored rows and stream messages as the upstream sends them."""

import itertools
from datetime import datetime, timedelta
from math import sqrt
from typing import Any


Doc = dict[str, Any]


def time_of(row: Doc) -> datetime:
    return datetime.fromisoformat(row["ts"])


def clock(row: Doc) -> str:
    return time_of(row).strftime("%H:%M:%S")


def threshold(row: Doc) -> str:
    return "long" if row["ndf"] >= 0 else "short"


def used(row: Doc) -> float:
    """NDF over the threshold of its own sign."""
    return float(row["ndf"] / row[f"threshold_{threshold(row)}"])


def state(row: Doc) -> str:
    if used(row) < 0.25:
        return "neutral"
    return threshold(row) if used(row) < 1 else f"beyond_{threshold(row)}"


def above_fep(row: Doc) -> float:
    """Price over FEP, percent."""
    return float((row["price"] / row["fep"] - 1) * 100)


def lowest(rows: list[Doc], field: str) -> Doc:
    return min(rows, key=lambda row: row[field])


def highest(rows: list[Doc], field: str) -> Doc:
    return max(rows, key=lambda row: row[field])


def side(row: Doc) -> str:
    """The threshold that NDF is beyond, or nothing."""
    return threshold(row) if used(row) >= 1 else ""


def crossings(rows: list[Doc]) -> list[tuple[Doc, str, bool]]:
    """Rows on which NDF changed its side of a threshold, with the threshold and whether it went beyond."""
    found = []
    for before, row in itertools.pairwise(rows):
        if side(before) == side(row):
            continue
        if side(before):
            found.append((row, side(before), False))
        if side(row):
            found.append((row, side(row), True))
    return found


def beyond_share(rows: list[Doc]) -> float:
    return sum(bool(side(row)) for row in rows) / len(rows)


def by_minute(rows: list[Doc]) -> list[Doc]:
    """The row in force at each whole minute after the first, and the last one."""
    start, kept, at = time_of(rows[0]), [], 0
    whole = int((time_of(rows[-1]) - start) / timedelta(minutes=1))
    for minute in range(whole):
        while time_of(rows[at + 1]) <= start + timedelta(minutes=minute):
            at += 1
        kept.append(rows[at])
    return [*kept, rows[-1]]


def deviation(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sqrt(sum((v - mean) ** 2 for v in values) / len(values))


def moves(rows: list[Doc], field: str, minutes: int) -> list[float]:
    values = [row[field] for row in by_minute(rows)]
    return [b - a for a, b in zip(values, values[minutes:], strict=False)]


def divergence(rows: list[Doc], minutes: int = 30) -> str:
    """Opposite directions, both by more than half a deviation of the session's own moves."""
    signs = []
    for field in ("price", "ndf"):
        told = moves(rows, field, minutes)
        if abs(told[-1]) <= 0.5 * deviation(told):
            return "inconclusive"
        signs.append(told[-1] > 0)
    return "agree" if signs[0] == signs[1] else "diverge"


def score(rows: list[Doc], minutes: int = 30) -> float:
    told = moves(rows, "ndf", minutes)
    return told[-1] / deviation(told)


def price_change(rows: list[Doc], minutes: int = 30) -> float:
    prices = [row["price"] for row in by_minute(rows)]
    return float((prices[-1] / prices[-1 - minutes] - 1) * 100)


def correlation(rows: list[Doc]) -> float:
    a, b = moves(rows, "price", 1), moves(rows, "ndf", 1)
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    joint = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    return joint / len(a) / deviation(a) / deviation(b)


LEGS = ("call_buy_premium", "call_sell_premium", "put_buy_premium", "put_sell_premium")


def premium(tick: Doc) -> float:
    return float(sum(tick[leg] for leg in LEGS))


def premium_direction(tick: Doc) -> float:
    call_buy, call_sell, put_buy, put_sell = (tick[leg] for leg in LEGS)
    return float((call_buy + put_sell - call_sell - put_buy) / premium(tick))


def call_share(tick: Doc) -> float:
    return float((tick["call_buy_premium"] + tick["call_sell_premium"]) / premium(tick))


def zero_dte_share(tick: Doc) -> float:
    return float(sum(tick[f"{leg}_0dte"] for leg in LEGS) / premium(tick))
