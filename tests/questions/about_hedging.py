"""Questions about what dealers would trade, and why: moves, volatility, time, expiry, flow: `dealer_positioning`."""

import re
from collections.abc import Sequence
from functools import partial

from tests.questions import reckoning as maps
from tests.questions import reckoning_expiry as expiry
from tests.questions import reckoning_flow as flow
from tests.questions import reckoning_reprice as sharp
from tests.questions.question import (
    HALF_DAY,
    LATE,
    Fact,
    Question,
    level,
    near,
    says,
    share,
    size,
    trades,
)
from tests.questions.raw import Raw


TOOL = "dealer_positioning"


def hedging(ticker: str, move: float, raw: Raw) -> Sequence[Fact]:
    """By the matrix's volatilities; what lies beyond the matrix is an estimate in the answer and here."""
    gamma = raw.gamma(ticker)
    repriced = sharp.reprice(gamma, raw.matrix(ticker))
    facts = []
    for signed in (move, -move):
        told = maps.hedge(gamma["spot"], repriced, signed)
        path = f"moves[move_pct={signed:g}]"
        if move == 1:
            path = "up_1pct" if signed > 0 else "down_1pct"
        words = rf"\({re.escape(f'{signed:+g}')} %\): {trades(told)} <n>"
        facts.append(
            near(f"hedge.{path}.convex", told, words, off=0.08 * abs(told), digits=2)
        )
    return facts


def straight(raw: Raw) -> Sequence[Fact]:
    gamma = raw.gamma("SPY")
    told = maps.straight_hedge(gamma, 1)
    return [
        size(
            "hedge.up_1pct.linear",
            told,
            rf"\(\+1 %\): \w+ \S+ \(linear: {trades(told)} <n>\)",
            digits=2,
        )
    ]


def vanna(raw: Raw) -> Sequence[Fact]:
    held = raw.maps("GOOGL")["vanna"]
    told = maps.vanna_hedge(held)
    beside = abs(told / maps.net(raw.gamma("GOOGL")))
    close = sum(maps.gross_of(bar) for bar in maps.within(held, 2))
    worse = "adds to" if maps.net(held) > 0 else "leans against"
    return [
        size("vanna.hedge", told, rf"IV \+1 pt: {trades(told)} <n>", digits=2),
        says("vanna.if_iv_rises_in_a_fall", worse, rf"{worse} a fall with rising IV"),
        near("vanna.vs_1pct_gamma_hedge", beside, r"\(<n>x the", off=6e-4, digits=2),
        share("vanna.near_share", close / maps.gross(held), r"<n> % within 2 %"),
    ]


def charm(raw: Raw) -> Sequence[Fact]:
    held = raw.maps("QQQ")["charm"]
    told = maps.charm_hedge(held, 16 - raw.now.hour - raw.now.minute / 60)
    return [
        size("charm.hedge", told, rf"to the close: {trades(told)} <n>", digits=2),
    ]


def short_day(raw: Raw) -> Sequence[Fact]:
    told = maps.charm_hedge(raw.maps("SPY")["charm"], 13 - raw.now.hour)
    return [
        says("session.phase", "early_close", r"early close 13:00"),
        size("charm.hedge", told, rf"to the close: {trades(told)} <n>", digits=2),
    ]


def rolling_off(raw: Raw) -> Sequence[Fact]:
    matrix = raw.matrix("SPY")
    today = raw.now.date().isoformat()
    top = expiry.largest(matrix)
    return [
        share(
            "expiry.zero_dte",
            expiry.column_share(matrix, today),
            r"0DTE <n> % of exposure",
        ),
        size("expiry.net", expiry.matrix_net(matrix), r"net of 12 expiries <n> ->"),
        size("expiry.roll_off_net", expiry.matrix_net(matrix, after=today), r"-> <n>;"),
        says("expiry.largest", top, rf"largest \w+ {int(top[8:])} \w+"),
        share(
            "expiry.largest_share",
            expiry.column_share(matrix, top),
            r"largest [^,]+, <n> %",
        ),
        Fact(
            "expiry.coverage",
            expiry.matrix_net(matrix) / maps.net(raw.gamma("SPY")),
            r", <n> % of the map's net\)",
            exact=6e-4,
            rounded=0.0051,
            per=100,
        ),
    ]


def flow_and_gamma(raw: Raw) -> Sequence[Fact]:
    tick, read = raw.tick("NVDA"), maps.regime(raw.gamma("NVDA"))
    effect, verb = {
        "long_gamma": ("damped", "damps"),
        "short_gamma": ("amplified", "amplifies"),
    }[read]
    return [
        size("flow.ndf", tick["ndf"], r"flow    NDF <n>,"),
        share(
            "flow.threshold_used",
            flow.used(tick),
            rf"<n> % of its {flow.threshold(tick)} threshold",
        ),
        says("flow.state", flow.state(tick), rf"its {flow.threshold(tick)} threshold"),
        says("flow.hedging", effect, f"hedging {verb} its push"),
    ]


def not_in_feed(raw: Raw, *, ticker: str, words: str) -> Sequence[Fact]:
    return [
        says(
            "not_in_feed",
            "IV, skew, VRP, expected move; OI change, max pain (need open interest)",
            rf"not in this feed: .*{words}",
        ),
        level("spot", raw.gamma(ticker)["spot"], rf"{ticker} <n>:"),
    ]


QUESTIONS = [
    Question(
        "How much do AAPL dealers trade on a 1 % move either way?",
        TOOL,
        {"ticker": "AAPL"},
        partial(hedging, "AAPL", 1),
    ),
    Question(
        "Hedging pressure in QQQ for half a percent?",
        TOOL,
        {"ticker": "QQQ", "moves": [0.5]},
        partial(hedging, "QQQ", 0.5),
        at=LATE,
    ),
    Question(
        "How wrong is net GEX times one percent for SPY?",
        TOOL,
        {"ticker": "SPY"},
        straight,
    ),
    Question(
        "If vol jumps one point, what do GOOGL dealers do?",
        TOOL,
        {"ticker": "GOOGL"},
        vanna,
    ),
    Question("Charm flows into the close for QQQ?", TOOL, {"ticker": "QQQ"}, charm),
    Question(
        "It closes at one today: how much charm is left in SPY?",
        TOOL,
        {"ticker": "SPY"},
        short_day,
        at=HALF_DAY,
    ),
    Question(
        "SPY 0DTE brief: how much rolls off tonight and what is left?",
        TOOL,
        {"ticker": "SPY"},
        rolling_off,
        at=LATE,
    ),
    Question(
        "Does NVDA's hedging damp or amplify today's flow?",
        TOOL,
        {"ticker": "NVDA"},
        flow_and_gamma,
        at=LATE,
    ),
    Question(
        "What is max pain for MSFT?",
        TOOL,
        {"ticker": "MSFT"},
        partial(not_in_feed, ticker="MSFT", words="max pain"),
    ),
    Question(
        "What is TSLA's IV rank and expected move?",
        TOOL,
        {"ticker": "TSLA"},
        partial(not_in_feed, ticker="TSLA", words=r"expected move"),
    ),
]
