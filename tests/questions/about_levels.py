"""Questions about the flip, the walls and how gamma is spread: `dealer_positioning`."""

from collections.abc import Sequence
from functools import partial

from tests.questions import reckoning as maps
from tests.questions import reckoning_reprice as sharp
from tests.questions.question import (
    AFTER,
    LATE,
    Fact,
    Question,
    level,
    near,
    percent,
    ratio,
    says,
    share,
    side,
    size,
)
from tests.questions.raw import Raw


OTHERS = {"long_gamma": "short gamma", "short_gamma": "long gamma"}
TOOL = "dealer_positioning"


def flip(ticker: str, raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma(ticker)
    spot, zero = gamma["spot"], sharp.flip(gamma, raw.matrix(ticker))
    away = maps.distance(zero, spot)
    return [
        near("levels.flip.value", zero, r"; flip <n>,", off=0.004 * spot),
        percent(
            "levels.flip.distance_pct", away, rf"flip \S+ <n> % {side(away)}", off=0.4
        ),
        says("levels.flip.method", "matrix", r"all strikes repriced by expiry"),
    ]


def whose_flip(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("SPY")
    return [
        level(
            "levels.flip.alternatives.stream",
            raw.tick("SPY")["gamma_flip"],
            r"stream <n>",
        ),
        near(
            "levels.flip.alternatives.kernel",
            maps.flip(gamma),
            r"one width <n>",
            off=0.001 * gamma["spot"],
        ),
        level(
            "levels.flip.alternatives.cumulative_strike",
            maps.running_flip(gamma),
            r"cumulative-by-strike <n>, not used",
        ),
    ]


def turning(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("TSLA")
    zero = sharp.flip(gamma, raw.matrix("TSLA"))
    above = zero > gamma["spot"]
    then = OTHERS[maps.regime(gamma)]
    return [
        percent(
            "turns_over.0.distance_pct",
            maps.distance(zero, gamma["spot"]),
            rf"turns over  spot {'>' if above else '<'} \S+ \(<n> %\)",
            off=0.4,
        ),
        says("turns_over.0.then", then, rf"turns over  spot [^:]+: {then}"),
    ]


def walls(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("SPX")
    call, put, spot = maps.call_wall(gamma), maps.put_wall(gamma), gamma["spot"]
    return [
        level("levels.call_wall.strike", call["strike"], r"call wall <n> "),
        percent(
            "levels.call_wall.distance_pct",
            maps.distance(call["strike"], spot),
            r"call wall \S+ <n> %",
        ),
        size("levels.call_wall.value", call["calls"], r"call wall \S+ \S+ % <n> "),
        level("levels.put_wall.strike", put["strike"], r"put wall <n> "),
        percent(
            "levels.put_wall.distance_pct",
            maps.distance(put["strike"], spot),
            r"put wall \S+ <n> %",
        ),
        size("levels.put_wall.value", put["puts"], r"put wall \S+ \S+ % <n> "),
    ]


def one_strike(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("TSLA")
    call, put = maps.call_wall(gamma)["strike"], maps.put_wall(gamma)["strike"]
    return [
        says("levels.same_strike", call == put, r"both walls on one strike"),
        level("levels.call_wall.strike", call, r"call wall <n> "),
        level("levels.put_wall.strike", put, r"put wall <n> .* above spot"),
    ]


def weak_wall(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("TSLA")
    return [
        Fact(
            "levels.call_wall.gap",
            maps.lead(gamma, "calls"),
            r"call wall .* only <n> % smaller",
            exact=6e-4,
            rounded=0.0051,
            per=100,
        )
    ]


def largest(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("AMZN")
    bar = maps.max_net(gamma)
    return [
        level("levels.max_gamma.strike", bar["strike"], r"max \|net\| <n> "),
        size(
            "levels.max_gamma.value", maps.total_of(bar), r"max \|net\| \S+ \S+ % <n> "
        ),
        Fact(
            "levels.max_gamma.share",
            maps.gross_share(gamma, bar),
            r"max \|net\| \S+ \S+ % \S+ <n>",
            exact=6e-4,
            rounded=6e-4,
            per=100,
        ),
    ]


def concentration(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("META")
    near_spot = sum(maps.total_of(bar) for bar in maps.within(gamma, 1))
    return [
        share(
            "shape.top5_share", maps.top_share(gamma), r"top 5 strikes <n> % of gross"
        ),
        near(
            "shape.effective_strikes",
            maps.effective_strikes(gamma),
            r"over <n> equal ones",
            off=0.51,
        ),
        ratio(
            "shape.net_within_1pct",
            near_spot / maps.gross(gamma),
            r"net within 1 % of spot <n>",
        ),
    ]


QUESTIONS = [
    Question(
        "What's the gamma flip for SPY right now, and how far is it?",
        TOOL,
        {"ticker": "SPY"},
        partial(flip, "SPY"),
    ),
    Question(
        "Where would AAPL flip?",
        TOOL,
        {"ticker": "AAPL"},
        partial(flip, "AAPL"),
        at=LATE,
    ),
    Question(
        "My chart shows another SPY flip than you: whose is it?",
        TOOL,
        {"ticker": "spy"},
        whose_flip,
    ),
    Question(
        "At which price would your TSLA read turn over?",
        TOOL,
        {"ticker": "TSLA"},
        turning,
        at=AFTER,
    ),
    Question(
        "Where are the call wall and the put wall of SPX?",
        TOOL,
        {"ticker": "SPX"},
        walls,
        at=LATE,
    ),
    Question(
        "Are both TSLA walls on the same strike?",
        TOOL,
        {"ticker": "TSLA"},
        one_strike,
        at=AFTER,
    ),
    Question(
        "How solid is the TSLA call wall?",
        TOOL,
        {"ticker": "$TSLA"},
        weak_wall,
        at=AFTER,
    ),
    Question(
        "Which AMZN strike holds the most gamma?", TOOL, {"ticker": "AMZN"}, largest
    ),
    Question(
        "Is META's gamma spread out or sitting on a few strikes?",
        TOOL,
        {"ticker": "META"},
        concentration,
    ),
]
