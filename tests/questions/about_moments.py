"""Questions about where dealers stood at a past moment: `dealer_positioning` with `at`."""

from collections.abc import Sequence
from functools import partial

from tests.questions import reckoning as maps
from tests.questions import reckoning_time as time
from tests.questions.about_regime import REGIMES
from tests.questions.question import (
    LATE,
    Fact,
    Question,
    level,
    near,
    percent,
    ratio,
    says,
    size,
    trades,
)
from tests.questions.raw import Raw


def stood(ticker: str, hour: int, minute: int, raw: Raw) -> Sequence[Fact]:
    gamma = raw.at(hour, minute).gamma(ticker)
    read = maps.regime(gamma)
    return [
        says("as_of", gamma["ts_iso"], rf"{time.clock(gamma)} ET Thu 19 Nov"),
        says("regime", read, rf"dealers modelled {REGIMES[read]}\b"),
        level("spot", gamma["spot"], rf"{ticker} <n>:"),
        size("net", maps.net(gamma), r"net <n> of"),
        ratio("tilt", maps.tilt(gamma), r"tilt <n>"),
    ]


def flip_then(raw: Raw) -> Sequence[Fact]:
    gamma = raw.at(9, 30).gamma("AAPL")
    stored = raw.history("AAPL", "gex", summary="true")
    opening = next(row for row in stored if time.clock(row) >= "09:30")
    if opening["ts"] != gamma["ts"]:
        late = time.time_of(opening)
        gamma = raw.at(late.hour, late.minute).gamma("AAPL")
    zero = maps.flip(gamma)
    return [
        says("as_of", opening["ts_iso"], rf"{time.clock(opening)} ET"),
        near("levels.flip.value", zero, r"; flip <n>,", off=0.001 * gamma["spot"]),
    ]


def walls_then(raw: Raw) -> Sequence[Fact]:
    gamma = raw.at(17, day=18).gamma("META")
    call, put = maps.call_wall(gamma), maps.put_wall(gamma)
    return [
        says("map_session", "2026-11-18 Wed", r"Wed 18 Nov"),
        says("freshness", "historical", r"historical"),
        level("levels.call_wall.strike", call["strike"], r"call wall <n> "),
        percent(
            "levels.call_wall.distance_pct",
            maps.distance(call["strike"], gamma["spot"]),
            r"call wall \S+ <n> %",
        ),
        level("levels.put_wall.strike", put["strike"], r"put wall <n> "),
    ]


def hedge_then(raw: Raw) -> Sequence[Fact]:
    gamma = raw.at(17, day=17).gamma("NVDA")
    told = maps.hedge(gamma["spot"], maps.reprice(gamma), -1)
    return [
        says("map_session", "2026-11-17 Tue", r"Tue 17 Nov"),
        size(
            "hedge.down_1pct.convex",
            told,
            rf"\(-1 %\): {trades(told)} <n>",
            digits=2,
        ),
    ]


QUESTIONS = [
    Question(
        "Where did TSLA dealers stand at half past eleven?",
        "dealer_positioning",
        {"ticker": "TSLA", "at": "11:30"},
        partial(stood, "TSLA", 11, 30),
        at=LATE,
    ),
    Question(
        "Where was AAPL's flip at the open?",
        "dealer_positioning",
        {"ticker": "AAPL", "at": "open"},
        flip_then,
        at=LATE,
    ),
    Question(
        "Which walls did META carry into yesterday's close?",
        "dealer_positioning",
        {"ticker": "META", "at": "yesterday"},
        walls_then,
    ),
    Question(
        "What would a 1 % fall have meant for NVDA dealers on Tuesday?",
        "dealer_positioning",
        {"ticker": "NVDA", "at": "2026-11-17"},
        hedge_then,
    ),
]
