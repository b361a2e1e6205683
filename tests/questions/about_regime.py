"""Questions about the regime and how far to trust it: `dealer_positioning`."""

from collections.abc import Sequence
from functools import partial

from tests.questions import reckoning as maps
from tests.questions import reckoning_expiry as expiry
from tests.questions.question import (
    AFTER,
    LATE,
    SUNDAY,
    Fact,
    Question,
    level,
    near,
    ratio,
    says,
    size,
)
from tests.questions.raw import Raw


REGIMES = {"long_gamma": "LONG", "short_gamma": "SHORT", "neutral": "NEUTRAL"}
TOOL = "dealer_positioning"


def regime(ticker: str, raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma(ticker)
    read = maps.regime(gamma)
    return [
        says("regime", read, rf"{ticker} \S+: dealers modelled {REGIMES[read]}\b"),
        size("net", maps.net(gamma), r"net <n> of"),
        size("gross", maps.gross(gamma), r"of <n> gross"),
        ratio("tilt", maps.tilt(gamma), r"tilt <n>"),
    ]


def age(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("GOOGL")
    seconds = raw.now.timestamp() - gamma["ts"]
    return [
        says("as_of", gamma["ts_iso"], rf"Map {gamma['ts_iso'][11:19]} ET Thu 19 Nov"),
        Fact("age_s", seconds, r"<n> min old", exact=0.1, rounded=30, per=1 / 60),
        says("freshness", "closed", r"after the close"),
        level("spot", gamma["spot"], r"GOOGL <n>:"),
    ]


def weekend(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("SPX")
    return [
        says("map_session", f"{gamma['session_date']} Fri", r"ET Fri 20 Nov"),
        says("session.weekday", f"{raw.now:%a}", r"market closed"),
        level("spot", gamma["spot"], r"SPX <n>:"),
    ]


def sureness(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("NDX")
    told = maps.confidence(gamma, raw.tick("NDX")["gamma_flip"])
    return [
        says("confidence", told, rf"gamma, {told} confidence;"),
        ratio("tilt", maps.tilt(gamma), r"tilt <n>"),
    ]


def pin(raw: Raw) -> Sequence[Fact]:
    matrix, today = raw.matrix("SPY"), raw.now.date().isoformat()
    strike, value = expiry.magnet(matrix, today)
    read = maps.regime(raw.gamma("SPY"))
    score = expiry.pin_score(matrix, today, 0.5, read)
    return [
        level("levels.magnet.strike", strike, r"magnet <n> "),
        size("levels.magnet.value", value, r"magnet \S+ \S+ % <n> "),
        near("levels.magnet.pin_score", score, r"pin <n> of 100 \(house", off=1.5),
    ]


QUESTIONS = [
    Question(
        "Is NVDA in positive or negative gamma?",
        TOOL,
        {"ticker": "NVDA"},
        partial(regime, "NVDA"),
    ),
    Question(
        "What regime is Tesla in after today's close?",
        TOOL,
        {"ticker": "TSLA"},
        partial(regime, "TSLA"),
        at=AFTER,
    ),
    Question(
        "How old is what you are showing me for GOOGL?",
        TOOL,
        {"ticker": "GOOGL"},
        age,
        at=AFTER,
    ),
    Question(
        "It is Sunday: which day's SPX map is this?",
        TOOL,
        {"ticker": "SPX"},
        weekend,
        at=SUNDAY,
    ),
    Question("How sure are you about NDX?", TOOL, {"ticker": "NDX"}, sureness),
    Question(
        "How strong is today's pin in SPY?", TOOL, {"ticker": "SPY"}, pin, at=LATE
    ),
]
