"""Questions about what has not happened yet, and about the server itself: `watch_levels`, `api_status`."""

from collections.abc import Sequence

from tests.questions import reckoning as maps
from tests.questions import reckoning_flow as flow
from tests.questions import reckoning_reprice as sharp
from tests.questions.question import (
    LATE,
    SUNDAY,
    Fact,
    Question,
    count,
    has,
    level,
    near,
    percent,
    says,
    share,
    size,
)
from tests.questions.raw import Raw


def already(raw: Raw) -> Sequence[Fact]:
    tick = raw.tick("QQQ")
    assert flow.side(tick) == "long", "the question needs flow beyond its threshold"
    return [
        says("fired.0.condition", "ndf_long", r"FIRED ndf_long \(already so"),
        says("fired.0.already", True, r"\(already\)"),
        size("fired.0.ndf", tick["ndf"], r"NDF <n> beyond"),
        size("fired.0.level", tick["threshold_long"], r"beyond <n>,"),
    ]


def far_off(raw: Raw) -> Sequence[Fact]:
    gamma, tick = raw.gamma("NVDA"), raw.tick("NVDA")
    zero = sharp.flip(gamma, raw.matrix("NVDA"))
    away = maps.distance(zero, tick["price"])
    return [
        says("fired", [], r"nothing fired"),
        near(
            "watched.0.level", zero, r"watched  flip <n> \(", off=0.005 * gamma["spot"]
        ),
        near("watched.0.distance_pct", away, r"flip \S+ \(<n> %\)", off=0.5),
        says(
            "resume",
            'watch_levels ticker=NVDA conditions=["flip"] seconds=0.5',
            r'resume .*conditions=\["flip"\]',
        ),
    ]


def price_alarm(raw: Raw) -> Sequence[Fact]:
    price = raw.tick("SPY")["price"]
    assert price > 700
    return [
        says("fired.0.condition", "price>700", r"FIRED price>700 \(already so"),
        level("fired.0.price", price, r"price>700: price <n> "),
    ]


def all_levels(raw: Raw) -> Sequence[Fact]:
    gamma, tick = raw.gamma("AMZN"), raw.tick("AMZN")
    call, put = maps.call_wall(gamma)["strike"], maps.put_wall(gamma)["strike"]
    used = flow.used(tick)
    side = flow.threshold(tick)
    return [
        level("watched[condition=call_wall].level", call, r"call_wall <n> \("),
        percent(
            "watched[condition=call_wall].distance_pct",
            maps.distance(call, tick["price"]),
            r"call_wall \S+ \(<n> %\)",
        ),
        level("watched[condition=put_wall].level", put, r"put_wall <n> \("),
        share(
            f"watched[condition=ndf_{side}].of_threshold",
            used,
            rf"ndf_{side} \S+ NDF at <n> % of it",
        ),
    ]


def no_use(raw: Raw) -> Sequence[Fact]:
    assert raw.now.weekday() == 6
    gamma = raw.gamma("META")
    return [
        says("stream", "market_closed", r"Stream market closed"),
        says("fired", [], r"nothing fired"),
        level(
            "watched.0.level",
            maps.put_wall(gamma)["strike"],
            r"watched  put_wall <n> \(",
        ),
    ]


def calls_left(raw: Raw) -> Sequence[Fact]:
    """The API's own limits, of which a margin is kept; a server that has asked nothing has used nothing."""
    assert raw.now
    own = "limits are the API's 120 and 60 per 60 s"
    return [
        near("buckets.last.limit", 120, r"last requests: \d+ of <n> used", off=3),
        near("buckets.last.left", 120, r"last requests: .*, <n> left", off=3),
        near("buckets.history.limit", 60, r"history requests: \d+ of <n> used", off=3),
        count("buckets.history.used", 0, r"history requests: <n> of"),
        has("notes.0", own, own),
    ]


def what_time(raw: Raw) -> Sequence[Fact]:
    now = raw.now
    return [
        says(
            "session.date", f"{now:%Y-%m-%d}", rf"{now:%H:%M:%S} ET {now:%a} {now.day} "
        ),
        says("session.phase", "open", r"[Mm]arket open"),
        says("source", "simulated", r"source simulated"),
        count("cooldown_s", 0, r"cooldown: none"),
    ]


WATCH = "watch_levels"
QUESTIONS = [
    Question(
        "Tell me when QQQ flow goes beyond its long threshold.",
        WATCH,
        {"ticker": "QQQ", "conditions": ["ndf_long"], "seconds": 1},
        already,
        at=LATE,
    ),
    Question(
        "Wake me when NVDA loses its flip.",
        WATCH,
        {"ticker": "NVDA", "conditions": ["flip"], "seconds": 0.5},
        far_off,
    ),
    Question(
        "Alert me when SPY trades above 700.",
        WATCH,
        {"ticker": "SPY", "conditions": ["price>700"], "seconds": 1},
        price_alarm,
    ),
    Question(
        "How close is AMZN to any level worth watching?",
        WATCH,
        {"ticker": "AMZN", "seconds": 0},
        all_levels,
    ),
    Question(
        "Can you watch META's put wall over the weekend?",
        WATCH,
        {"ticker": "META", "conditions": "put_wall", "seconds": 1},
        no_use,
        at=SUNDAY,
    ),
    Question("How many calls have I left?", "api_status", {}, calls_left),
    Question(
        "What time is it in New York, and is the market open?",
        "api_status",
        {},
        what_time,
        at=LATE,
    ),
]
