"""Questions about how exposure moved over stored sessions: `greeks_history`."""

from collections.abc import Sequence

from tests.questions import reckoning as maps
from tests.questions import reckoning_time as time
from tests.questions.question import (
    AFTER,
    LATE,
    Fact,
    Question,
    count,
    level,
    near,
    says,
    share,
    size,
)
from tests.questions.raw import Raw


def turned(raw: Raw) -> Sequence[Fact]:
    rows = raw.history("MSFT", "gex", summary="true")
    changes = time.sign_changes(rows)
    last = changes[-1]
    sign, word = ("+", "positive") if maps.net(last) > 0 else ("-", "negative")
    return [
        says(
            "sign_changes",
            [
                {
                    "t": time.clock(row),
                    "from": "negative" if maps.net(row) > 0 else "positive",
                    "to": "positive" if maps.net(row) > 0 else "negative",
                    "spot": row["spot"],
                }
                for row in changes
            ],
            rf"{len(changes)} changes",
        ),
        says("sign_changes.-1.to", word, rf"{time.clock(last)} to \{sign}"),
        level(
            "sign_changes.-1.spot", last["spot"], rf"{time.clock(last)} to \S at <n>"
        ),
        share("positive_share", time.positive_share(rows), r"positive in <n> % of"),
    ]


def over_days(raw: Raw) -> Sequence[Fact]:
    rows = raw.history(
        "AAPL", "gex", start="2026-11-17", end="2026-11-19", summary="true"
    )
    changes = time.sign_changes(rows)
    low = min(rows, key=maps.net)
    told = [f"{time.time_of(row):%Y-%m-%d %H:%M:%S}" for row in changes]
    return [
        count("rows", len(rows), r"<n> snapshots"),
        says(
            "sign_changes.0.t", told[0], rf"{len(changes)} changes \(.*: {told[0]} to"
        ),
        says("sign_changes.-1.t", told[-1], rf"{told[-1]} to \S at \S+\n"),
        size(
            "net.min", maps.net(low), rf"low <n> at {time.time_of(low):%Y-%m-%d %H:%M}"
        ),
    ]


def steady(raw: Raw) -> Sequence[Fact]:
    rows = raw.history("TSLA", "gex", date="2026-11-18", summary="true")
    assert not time.sign_changes(rows), "the question needs a steady day"
    word = "positive" if maps.net(rows[0]) > 0 else "negative"
    return [
        says("sign_changes", [], rf"sign +{word} throughout, no change"),
        count("rows", len(rows), r"<n> snapshots"),
        says("map_session", "2026-11-18 Wed", r"Wed 18 Nov"),
    ]


def ran(raw: Raw) -> Sequence[Fact]:
    rows = raw.history("NVDA", "gex", summary="true")
    low, high = min(rows, key=maps.net), max(rows, key=maps.net)
    return [
        size("net.first", maps.net(rows[0]), r"(?m)^net +<n> ->"),
        size("net.last", maps.net(rows[-1]), r"(?m)^net +\S+ -> <n>;"),
        size("net.min", maps.net(low), r"low <n> at"),
        says("net.min_at", time.clock(low), rf"low \S+ at {time.clock(low)}"),
        size("net.max", maps.net(high), r"high <n> at"),
        says("net.max_at", time.clock(high), rf"high \S+ at {time.clock(high)}"),
    ]


def migrated(raw: Raw) -> Sequence[Fact]:
    rows = raw.history("META", "gex", summary="true")
    moves = time.moves(rows)
    strike, held = time.longest_held(rows)
    row, to = moves[-1]
    return [
        count("max_strike.changes_total", len(moves), r"; <n> moves?:"),
        says("max_strike.changes.-1.t", time.clock(row), rf"{time.clock(row)} {to:g}"),
        level("max_strike.longest", strike, r"longest at <n>,"),
        share("max_strike.longest_share", held, r"longest at \S+, <n> % of the time"),
    ]


def bars_then(raw: Raw) -> Sequence[Fact]:
    gamma = raw.at(10, 15).gamma("AMZN")
    bar = maps.max_gross(gamma)
    return [
        says("as_of", gamma["ts_iso"], rf"map {time.clock(gamma)}"),
        size("map.net", maps.net(gamma), r"(?m)^gex net <n> of"),
        size("map.gross", maps.gross(gamma), r"(?m)^gex net \S+ of <n> gross"),
        Fact(
            f"map.bars[strike={bar['strike']:g}].calls",
            bar["calls"],
            rf"in M(?s:.)*\n{bar['strike']:g},<n>,",
            exact=6e-4 * abs(bar["calls"]),
            rounded=0.51e6,
            per=1e-6,
        ),
    ]


def rolled(raw: Raw) -> Sequence[Fact]:
    first, last = raw.at(9, 29).gamma("GOOGL"), raw.gamma("GOOGL")
    wall = maps.call_wall(last)["strike"]
    return [
        level(
            "levels.call_wall.first",
            maps.call_wall(first)["strike"],
            r"call wall  <n> ->",
        ),
        level("levels.call_wall.last", wall, r"call wall  \S+ -> <n>\b"),
        level(
            "levels.put_wall.last",
            maps.put_wall(last)["strike"],
            r"put wall  \S+ -> <n>\b",
        ),
        near(
            "levels.path.flip.-1",
            maps.flip(last),
            r"(?m)^flip +\S+ -> <n>;",
            off=0.001 * last["spot"],
        ),
    ]


def ranked(raw: Raw) -> Sequence[Fact]:
    now = raw.history("NVDA", "gex", summary="true")[-1]
    clock = time.time_of(now)
    nets = [
        maps.net(raw.at(clock.hour, clock.minute, day=day).gamma("NVDA"))
        for day in (18, 17, 16, 13, 12)
    ]
    higher = sum(net > maps.net(now) for net in nets)
    return [
        says("ranking.at", time.clock(now), rf"net \S+ at {time.clock(now)} is"),
        count("ranking.rank", 1 + higher, r"is <n> of \d+ \(1 = highest\)"),
        count("ranking.of", 6, r"is \d+ of <n> \("),
        size("ranking.min", min(nets), r"which ran <n> to"),
        size("ranking.max", max(nets), r"which ran \S+ to <n>"),
    ]


QUESTIONS = [
    Question(
        "When did MSFT's net gamma change sign today?",
        "greeks_history",
        {"ticker": "MSFT"},
        turned,
        at=LATE,
    ),
    Question(
        "When did AAPL turn short or long gamma since Tuesday?",
        "greeks_history",
        {"ticker": "AAPL", "start": "2026-11-17", "end": "2026-11-19"},
        over_days,
        at=LATE,
    ),
    Question(
        "Was Tesla ever short gamma yesterday?",
        "greeks_history",
        {"ticker": "TSLA", "date": "yesterday"},
        steady,
        at=LATE,
    ),
    Question(
        "What range did NVDA's net gamma run through today?",
        "greeks_history",
        {"ticker": "NVDA", "greek": "gamma"},
        ran,
        at=LATE,
    ),
    Question(
        "Did META's biggest strike move today, and where was it most of the time?",
        "greeks_history",
        {"ticker": "META"},
        migrated,
        at=AFTER,
    ),
    Question(
        "What did the AMZN bars look like at a quarter past ten?",
        "greeks_history",
        {"ticker": "AMZN", "at": "10:15"},
        bars_then,
        at=LATE,
    ),
    Question(
        "Did GOOGL's walls roll during the day?",
        "greeks_history",
        {"ticker": "GOOGL", "detail": "levels"},
        rolled,
        at=LATE,
    ),
    Question(
        "Is NVDA's net gamma high for this time of day?",
        "greeks_history",
        {"ticker": "NVDA", "sessions": 5},
        ranked,
    ),
]
