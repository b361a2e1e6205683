"""Questions about this second, and about what is stored: `live_snapshot`, `list_sessions`."""

from collections.abc import Sequence

from tests.questions import reckoning_flow as flow
from tests.questions.question import (
    LATE,
    SUNDAY,
    Fact,
    Question,
    count,
    level,
    ratio,
    says,
    share,
    side,
    size,
)
from tests.questions.raw import Raw


def pushing(raw: Raw) -> Sequence[Fact]:
    tick = raw.tick("GOOGL")
    apart = flow.above_fep(tick)
    return [
        says("stream", "live", r"stream live"),
        level("latest.price", tick["price"], r"GOOGL <n>: "),
        size("latest.ndf", tick["ndf"], r"(?m)^ndf <n>,"),
        level("latest.fep", tick["fep"], rf"price \S+ % {side(apart)} FEP <n>"),
    ]


def paying(raw: Raw) -> Sequence[Fact]:
    tick = raw.tick("SPX")
    return [
        ratio("premium.direction", flow.premium_direction(tick), r"direction <n> \("),
        share("premium.call_share", flow.call_share(tick), r"calls <n>% of premium"),
        share("premium.share_0dte", flow.zero_dte_share(tick), r"0DTE <n>%"),
    ]


def own_levels(raw: Raw) -> Sequence[Fact]:
    tick = raw.tick("NVDA")
    return [
        level("latest.gamma_flip", tick["gamma_flip"], r"flip <n>, call wall"),
        level("latest.call_wall_gamma", tick["call_wall_gamma"], r"call wall <n>,"),
        level("latest.put_wall_gamma", tick["put_wall_gamma"], r"put wall <n>,"),
        size("latest.gex_total", tick["gex_total"], r"net gamma <n>"),
    ]


def quiet(raw: Raw) -> Sequence[Fact]:
    assert raw.now.weekday() == 6
    return [
        says("stream", "market_closed", r"stream market closed"),
        count("window.ticks", 0, r"stream market closed"),
        says("session.phase", "closed", r"[Mm]arket closed"),
    ]


def stored(raw: Raw) -> Sequence[Fact]:
    days = raw.sessions("META", "gex")
    newest = max(days, key=lambda each: each["session_date"])
    day = newest["session_date"]
    return [
        count("total", len(days), r"of <n> stored gex sessions"),
        says("sessions.0.date", day, rf"(?m)^{day},Thu,"),
        count("sessions.0.snapshots", newest["snapshots"], rf"{day},Thu,<n>,"),
        says("sessions.0.to", newest["to"], rf"(?m)^{day},.*,{newest['to'][11:19]}$"),
    ]


def oldest(raw: Raw) -> Sequence[Fact]:
    days = sorted(each["session_date"] for each in raw.sessions("TSLA", "ndf"))
    last = len(days) - 1
    today = len(raw.flow("TSLA"))
    return [
        count("total", len(days), r"of <n> stored ndf sessions"),
        says(f"sessions.{last}.date", days[0], rf"(?m)^{days[0]},"),
        count("sessions.0.snapshots", today, rf"(?m)^{days[-1]},\w+,<n>,"),
    ]


QUESTIONS = [
    Question(
        "What is GOOGL doing this second?",
        "live_snapshot",
        {"ticker": "GOOGL", "seconds": 1},
        pushing,
        at=LATE,
    ),
    Question(
        "Which way does SPX premium lean right now, and how much is 0DTE?",
        "live_snapshot",
        {"ticker": "SPX", "seconds": 1},
        paying,
    ),
    Question(
        "Which flip and walls does the stream itself send for NVDA?",
        "live_snapshot",
        {"ticker": "NVDA", "seconds": 1},
        own_levels,
    ),
    Question(
        "Why is the AAPL stream silent?",
        "live_snapshot",
        {"ticker": "AAPL", "seconds": 1},
        quiet,
        at=SUNDAY,
    ),
    Question(
        "How many META gamma sessions are stored, and how complete is the last?",
        "list_sessions",
        {"ticker": "META", "series": "gex", "limit": 3},
        stored,
        at=LATE,
    ),
    Question(
        "How far back does TSLA's flow go?",
        "list_sessions",
        {"ticker": "TSLA", "limit": 60},
        oldest,
    ),
]
