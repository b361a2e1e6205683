"""The names that a question about several is asked of, and what each weighs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from gexfocus_mcp.errors import BadArgument, MissingArgument, OutOfRange
from gexfocus_mcp.market.ticker import TICKERS, Ticker, parse_ticker


Sort = Literal["tilt", "distance", "ticker"]
"""What a table of several names is ordered by."""


@dataclass(frozen=True, slots=True)
class Basket:
    """
    Attributes:
        tickers: Each once, in the order asked.
        weights: Of every ticker, finite, none below zero, not all zero; None where none were given.
        notes: What was read otherwise than written.
    """

    tickers: tuple[Ticker, ...]
    weights: Mapping[Ticker, float] | None = None
    notes: tuple[str, ...] = ()


def parse_basket(
    names: Sequence[object] | None, weights: Sequence[float] | None = None
) -> Basket:
    """
    Read names as `parse_ticker` does, and their weights in the same order; all eleven without names.

    A name given twice is counted once and said; with weights it is refused, since either weight may be meant.

    Raises:
        UnknownTicker: A name is none of the feed's.
        CallerMistake: Weights without names, of another length, below zero, not finite or adding up to zero.
    """
    if names is None:
        if weights is not None:
            raise MissingArgument(
                "weights need tickers", "Give tickers in the order of the weights."
            )
        return Basket(TICKERS)
    parsed = [parse_ticker(name) for name in names]
    if not parsed:
        raise OutOfRange("tickers is empty", "Give 1 to 11, or leave it out for all.")
    once = tuple(dict.fromkeys(parsed))
    twice = [t for t in once if parsed.count(t) > 1]
    if weights is None:
        return Basket(
            once, None, tuple(f"{t} given twice: counted once" for t in twice)
        )
    if twice:
        raise BadArgument(
            f"{twice[0]} is given twice", "Give each ticker once, with one weight."
        )
    return Basket(once, _weigh(once, weights))


def _weigh(
    tickers: tuple[Ticker, ...], weights: Sequence[float]
) -> dict[Ticker, float]:
    if len(weights) != len(tickers):
        raise BadArgument(
            f"{len(tickers)} tickers but {len(weights)} weights",
            "Give one weight a ticker, in the same order.",
        )
    if not all(isfinite(weight) and weight >= 0 for weight in weights):
        raise OutOfRange(
            "a weight is below zero or not finite", "Give weights of 0 or more."
        )
    if not any(weights):
        raise OutOfRange("the weights add up to zero", "Give at least one above 0.")
    return dict(zip(tickers, weights, strict=True))
