"""Names and weights as they are asked for: matched by position, refused where two things may be meant."""

from math import inf, nan

import pytest

from gexfocus_mcp.errors import (
    BadArgument,
    CallerMistake,
    MissingArgument,
    OutOfRange,
    UnknownTicker,
)
from gexfocus_mcp.market.basket import parse_basket
from gexfocus_mcp.market.ticker import TICKERS


def test_all_eleven_are_meant_where_none_is_named() -> None:
    basket = parse_basket(None)
    assert basket.tickers == TICKERS
    assert basket.weights is None
    assert basket.notes == ()


def test_weights_belong_to_the_name_at_their_place() -> None:
    basket = parse_basket(["tsla", "$SPX", "GOOG"], [3, 0, 0.5])
    assert basket.tickers == ("TSLA", "SPX", "GOOGL")
    assert basket.weights == {"TSLA": 3, "SPX": 0, "GOOGL": 0.5}


def test_a_name_given_twice_is_counted_once_aloud() -> None:
    basket = parse_basket(["SPX", "SPY", "SPXW"])
    assert basket.tickers == ("SPX", "SPY")
    assert basket.notes == ("SPX given twice: counted once",)


def test_a_name_given_twice_with_weights_is_refused() -> None:
    with pytest.raises(BadArgument, match="SPX is given twice"):
        parse_basket(["SPX", "SPY", "SPXW"], [1, 2, 3])


@pytest.mark.parametrize(
    ("names", "weights", "failure", "words"),
    [
        (None, [1.0], MissingArgument, "weights need tickers"),
        ([], None, OutOfRange, "empty"),
        (["SPY", "QQQ"], [1.0], BadArgument, "2 tickers but 1 weights"),
        (["SPY", "QQQ"], [1.0, -0.1], OutOfRange, "below zero"),
        (["SPY", "QQQ"], [1.0, nan], OutOfRange, "not finite"),
        (["SPY", "QQQ"], [inf, 1.0], OutOfRange, "not finite"),
        (["SPY", "QQQ"], [0.0, 0.0], OutOfRange, "add up to zero"),
        (["SPY", "IBM"], [1.0, 1.0], UnknownTicker, "IBM"),
    ],
)
def test_weights_that_mean_nothing_are_refused(
    names: list[str] | None,
    weights: list[float] | None,
    failure: type[CallerMistake],
    words: str,
) -> None:
    with pytest.raises(failure, match=words):
        parse_basket(names, weights)
