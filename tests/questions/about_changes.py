"""Questions about what is different between two moments: `compare_positioning`."""

from collections.abc import Callable, Sequence
from functools import partial

from tests.questions import reckoning as maps
from tests.questions import reckoning_time as time
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
    size,
)
from tests.questions.raw import Doc, Raw


NAMES = {
    "long_gamma": "LONG gamma",
    "short_gamma": "SHORT gamma",
    "neutral": "NEUTRAL gamma",
}


def opening(ticker: str, raw: Raw) -> Doc:
    """The first map at or after 09:30."""
    stored = raw.history(ticker, "gex", summary="true")
    first = next(row for row in stored if time.clock(row) >= "09:30")
    at = time.time_of(first)
    return raw.at(at.hour, at.minute).gamma(ticker)


def since_the_open(raw: Raw) -> Sequence[Fact]:
    before, after = opening("NVDA", raw), raw.gamma("NVDA")
    return [
        says("from.as_of", before["ts_iso"], rf"the open \({time.clock(before)} ET"),
        size("from.net", maps.net(before), r", <n> -> \S+\. "),
        size("to.net", maps.net(after), r", \S+ -> <n>\. "),
        Fact(
            "net_change",
            maps.net(after) - maps.net(before),
            r"net gamma changed by <n>,",
            exact=6e-4 * abs(maps.net(after) - maps.net(before)),
            rounded=6e-3 * abs(maps.net(after) - maps.net(before)),
        ),
        ratio("to.tilt", maps.tilt(after), r"tilt \S+ -> <n>"),
    ]


def regimes(raw: Raw) -> Sequence[Fact]:
    before, after = raw.at(11).gamma("MSFT"), raw.gamma("MSFT")
    was, now = maps.regime(before), maps.regime(after)
    said = f"{NAMES[was]} -> {NAMES[now]}" if was != now else f"{NAMES[now]} at both"
    crossed = (maps.net(before) > 0) != (maps.net(after) > 0)
    words = "net crossed zero" if crossed else "net kept its sign"
    return [
        says("from.regime", was, rf"dealers modelled {said};"),
        says(
            "to.regime", now, rf"(?m)^regime  {NAMES[was]} \(\w+\) -> {NAMES[now]} \("
        ),
        says(
            "from.as_of", before["ts_iso"], rf"\({time.clock(before)} ET Thu 19 Nov\)"
        ),
        says("net_crossed_zero", crossed, rf"; {words}\n"),
    ]


def rolled(ticker: str, raw: Raw) -> Sequence[Fact]:
    before, after = raw.at(17, day=18).gamma(ticker), raw.gamma(ticker)
    return [
        fact
        for path, name, find in (
            ("call_wall", "call wall", maps.call_wall),
            ("put_wall", "put wall", maps.put_wall),
        )
        for fact in _wall(path, name, find, before, after)
    ]


def _wall(
    path: str, name: str, find: Callable[[Doc], maps.Bar], before: Doc, after: Doc
) -> Sequence[Fact]:
    was, now = find(before)["strike"], find(after)["strike"]
    stays = r", stays" if was == now else r", [+-]"
    return [
        level(f"migration.{path}.from", was, rf"(?m)^{name}  <n> ->"),
        level(f"migration.{path}.to", now, rf"(?m)^{name}  \S+ -> <n>{stays}"),
    ]


def strikes(raw: Raw) -> Sequence[Fact]:
    before, after = raw.at(10, 30).gamma("AMZN"), raw.gamma("AMZN")
    strike, change, part = time.largest_change(before, after)
    row = rf"{strike:g},[^,]+,"
    found = f"by_strike[strike={strike:g}]"
    return [
        Fact(
            f"{found}.change",
            change,
            rf"in M;(?s:.)*\n{row}<n>,",
            exact=6e-4 * abs(change),
            rounded=0.51e6,
            per=1e-6,
        ),
        share(f"{found}.share", part, rf"\n{row}[^,]+,<n> %"),
        size(
            "change_total",
            sum(abs(c) for c in time.strike_changes(before, after).values()),
            r"of all \|change\|, <n>",
        ),
    ]


def with_spot(raw: Raw) -> Sequence[Fact]:
    before, after = raw.at(11, 30).gamma("META"), raw.gamma("META")
    one, other = maps.flip(before), maps.flip(after)
    off = 0.001 * after["spot"]
    return [
        near("from.flip", one, r"(?m)^flip  <n> ->", off=off),
        near("to.flip", other, r"(?m)^flip  \S+ -> <n>,", off=off),
        level("from.spot", before["spot"], r"(?m)^spot +<n> ->"),
        level("to.spot", after["spot"], r"(?m)^spot +\S+ -> <n> "),
        percent(
            "migration.flip.shift_pct",
            maps.distance(other, after["spot"]) - maps.distance(one, after["spot"]),
            r"(?m)^flip  \S+ -> [^,]+, <n> %",
            off=0.2,
        ),
    ]


def explained(raw: Raw) -> Sequence[Fact]:
    told = time.spot_alone(opening("TSLA", raw), raw.gamma("TSLA"))
    return [
        size("spot_alone.change", told, r"spot alone  about <n>:", digits=2),
    ]


QUESTIONS = [
    Question(
        "What changed in NVDA since the open?",
        "compare_positioning",
        {"ticker": "NVDA"},
        since_the_open,
        at=LATE,
    ),
    Question(
        "Is Microsoft in another regime than at eleven?",
        "compare_positioning",
        {"ticker": "MSFT", "since": "11:00"},
        regimes,
        at=LATE,
    ),
    Question(
        "Did GOOGL's walls roll since yesterday?",
        "compare_positioning",
        {"ticker": "GOOGL", "since": "yesterday"},
        partial(rolled, "GOOGL"),
    ),
    Question(
        "Which strike made AMZN's change since half past ten?",
        "compare_positioning",
        {"ticker": "AMZN", "since": "10:30"},
        strikes,
        at=LATE,
    ),
    Question(
        "Did META's flip follow the price since half past eleven?",
        "compare_positioning",
        {"ticker": "META", "since": "11:30"},
        with_spot,
        at=LATE,
    ),
    Question(
        "How much of TSLA's change today does the move itself explain?",
        "compare_positioning",
        {"ticker": "TSLA", "since": "open"},
        explained,
        at=AFTER,
    ),
]
