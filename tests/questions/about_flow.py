"""Questions about a session's order flow: `ndf_history`."""

from collections.abc import Sequence
from functools import partial

from tests.questions import reckoning_flow as flow
from tests.questions.question import (
    LATE,
    Fact,
    Question,
    count,
    level,
    percent,
    ratio,
    says,
    share,
    side,
    size,
)
from tests.questions.raw import Raw


DIVERGENCE = {
    "diverge": "flow DIVERGES from price",
    "agree": "flow and price agree",
    "inconclusive": "inconclusive",
}


def leaning(raw: Raw) -> Sequence[Fact]:
    row = raw.flow("AMZN")[-1]
    return [
        size("ndf.last", row["ndf"], r"(?m)^ndf +<n>,"),
        share(
            "threshold_used",
            flow.used(row),
            rf"ndf .* <n> % of its {flow.threshold(row)} threshold",
        ),
        says("state", flow.state(row), rf"its {flow.threshold(row)} threshold"),
        size("threshold_long", row["threshold_long"], r"thresholds long <n>,"),
        size("threshold_short", row["threshold_short"], r"short <n>;"),
    ]


def extremes(raw: Raw) -> Sequence[Fact]:
    rows = raw.flow("MSFT")
    low, high = flow.lowest(rows, "ndf"), flow.highest(rows, "ndf")
    return [
        size("ndf.min", low["ndf"], r"low <n> at"),
        says("ndf.min_at", flow.clock(low), rf"low \S+ at {flow.clock(low)[:5]}"),
        size("ndf.max", high["ndf"], r"high <n> at"),
        says("ndf.max_at", flow.clock(high), rf"high \S+ at {flow.clock(high)[:5]}"),
        count("rows", len(rows), r"of <n> rows"),
    ]


def beyond(raw: Raw) -> Sequence[Fact]:
    rows = raw.flow("QQQ")
    crossings = flow.crossings(rows)
    row, threshold, gone = crossings[-1]
    words = "beyond" if gone else "back inside"
    return [
        count("crossings_total", len(crossings), rf"\({len(crossings) - 4} earlier\)"),
        says(
            "crossings.-1.t",
            flow.clock(row),
            rf"{flow.clock(row)[:5]} {words} {threshold} \(",
        ),
        says("crossings.-1.beyond", gone, rf"{words} {threshold} \("),
        share("beyond_share", flow.beyond_share(rows), r"in <n> % of rows"),
    ]


def confirmed(ticker: str, raw: Raw) -> Sequence[Fact]:
    rows = raw.flow(ticker)
    read = flow.divergence(rows)
    return [
        says("divergence.state", read, DIVERGENCE[read]),
        percent(
            "divergence.price_change_pct", flow.price_change(rows), r"min: price <n> %"
        ),
        size(
            "divergence.ndf_change", flow.moves(rows, "ndf", 30)[-1], r"%, NDF <n> \("
        ),
        Fact(
            "divergence.ndf_z",
            flow.score(rows),
            r"\(<n> sd",
            exact=0.006,
            rounded=0.051,
        ),
        ratio("divergence.correlation", flow.correlation(rows), r"changes <n>"),
    ]


def fair(raw: Raw) -> Sequence[Fact]:
    row = raw.flow("META")[-1]
    apart = flow.above_fep(row)
    return [
        percent("price_vs_fep_pct", apart, rf"price <n> % {side(apart)} FEP"),
        level("fep.last", row["fep"], r"FEP <n>"),
    ]


def premium(raw: Raw) -> Sequence[Fact]:
    row = raw.flow("SPY")[-1]
    calls, puts = row["net_call_premium"], row["net_put_premium"]
    zero = row["net_call_premium_0dte"] + row["net_put_premium_0dte"]
    return [
        size("premium.net_call", calls, rf"calls net {_side(calls)} <n>"),
        size("premium.net_put", puts, rf"puts net {_side(puts)} <n>"),
        size("premium.direction_net", calls - puts, r"; calls less puts <n>"),
        size("premium.net_0dte", zero, r"0DTE net <n>"),
    ]


def yesterday(raw: Raw) -> Sequence[Fact]:
    rows = raw.flow("GOOGL", "2026-11-18")
    first, last = rows[0]["price"], rows[-1]["price"]
    return [
        says("map_session", "2026-11-18 Wed", r"Wed 18 Nov, historical"),
        level("price.first", first, r"price +<n> ->"),
        level("price.last", last, r"price +\S+ -> <n>"),
        size("ndf.last", rows[-1]["ndf"], r"(?m)^ndf +<n>,"),
    ]


def _side(net: float) -> str:
    return "bought" if net > 0 else "sold"


QUESTIONS = [
    Question(
        "Is AMZN flow leaning long or short, and how far is the threshold?",
        "ndf_history",
        {"ticker": "AMZN"},
        leaning,
    ),
    Question(
        "When did MSFT's delta flow peak and bottom today?",
        "ndf_history",
        {"ticker": "MSFT"},
        extremes,
        at=LATE,
    ),
    Question(
        "Did QQQ's flow break its threshold today, and when?",
        "ndf_history",
        {"ticker": "QQQ"},
        beyond,
        at=LATE,
    ),
    Question(
        "Is NVDA's move confirmed by flow?",
        "ndf_history",
        {"ticker": "NVDA"},
        partial(confirmed, "NVDA"),
        at=LATE,
    ),
    Question(
        "Any divergence between price and flow in NDX?",
        "ndf_history",
        {"ticker": "NDX"},
        partial(confirmed, "NDX"),
        at=LATE,
    ),
    Question(
        "Is META rich against its flow-weighted price?",
        "ndf_history",
        {"ticker": "META"},
        fair,
    ),
    Question(
        "Who is buying premium in SPY, calls or puts, and how much of it 0DTE?",
        "ndf_history",
        {"ticker": "SPY"},
        premium,
    ),
    Question(
        "How did yesterday's GOOGL flow end?",
        "ndf_history",
        {"ticker": "GOOGL", "date": "yesterday"},
        yesterday,
    ),
]
