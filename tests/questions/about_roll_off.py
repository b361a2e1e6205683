"""Questions about what expires and what is left then: `mapa_gamma`."""

from collections.abc import Sequence

from tests.questions import reckoning as maps
from tests.questions import reckoning_expiry as expiry
from tests.questions.question import (
    AFTER,
    LATE,
    Fact,
    Question,
    count,
    level,
    percent,
    says,
    share,
    size,
)
from tests.questions.raw import Raw


def tonight(raw: Raw) -> Sequence[Fact]:
    matrix, today = raw.matrix("QQQ"), raw.now.date().isoformat()
    return [
        share("zero_dte", expiry.column_share(matrix, today), r"0DTE, .* holds <n> %"),
        size("net", expiry.matrix_net(matrix), r"net <n> of"),
        size(
            "roll_off_net",
            expiry.matrix_net(matrix, after=today),
            r"after it net is <n>",
        ),
    ]


def magnet(raw: Raw) -> Sequence[Fact]:
    matrix, today = raw.matrix("SPY"), raw.now.date().isoformat()
    strike, value = expiry.magnet(matrix, today)
    return [
        level("magnet.strike", strike, r"magnet <n> \("),
        percent(
            "magnet.distance_pct",
            maps.distance(strike, matrix["spot"]),
            r"magnet \S+ \(<n> %",
        ),
        share(
            "magnet.share_of_today",
            value / expiry.column_gross(matrix, today),
            r"<n> % of today's",
        ),
    ]


def behind_the_wall(raw: Raw) -> Sequence[Fact]:
    matrix = raw.matrix("NVDA")
    strike, total = expiry.peak(matrix, -1)
    (day, held), *_ = expiry.held_by(matrix, strike)
    then, _ = expiry.peak(matrix, -1, after=matrix["expirations"][0])
    after = "stays after" if then == strike else rf"after \d+ \w+: {then:g}"
    return [
        level("walls.negative.strike", strike, r"most negative <n> "),
        size("walls.negative.value", total, r"most negative \S+ <n>"),
        says(
            "walls.negative.by_expiry.0.date",
            day,
            rf"most negative \S+ \S+ \d+ % {int(day[8:])} \w+",
        ),
        share("walls.negative.by_expiry.0.share", held, r"most negative \S+ \S+ <n> %"),
        level("walls.negative.after_roll_off", then, rf"most negative .*{after}"),
    ]


def after_the_close(raw: Raw) -> Sequence[Fact]:
    matrix, today = raw.matrix("SPY"), raw.now.date().isoformat()
    ahead = [day for day in matrix["expirations"] if day > today]
    return [
        says("front", ahead[0], rf"{int(ahead[0][8:])} \w+ .*holds"),
        share(
            "front_share",
            expiry.column_share(matrix, ahead[0], after=today),
            r"holds <n> %",
        ),
        size("net", expiry.matrix_net(matrix, after=today), r"net <n> of"),
    ]


def left_over(raw: Raw) -> Sequence[Fact]:
    matrix, through = raw.matrix("SPY"), "2026-11-20"
    ahead = [day for day in matrix["expirations"] if day > through]
    kept = expiry.matrix_gross(matrix, after=through) / expiry.matrix_gross(matrix)
    strike, value = expiry.peak(matrix, 1, after=through)
    line = "(?m)^after 20 Nov: "
    return [
        count("after.expirations", len(ahead), rf"{line}<n> expirations,"),
        share("after.share_left", kept, rf"{line}.* <n> % of gross"),
        size(
            "after.net",
            expiry.matrix_net(matrix, after=through),
            rf"{line}.* net <n>[,;]",
        ),
        level("after.positive.strike", strike, rf"{line}.* most positive <n> "),
        size("after.positive.value", value, rf"{line}.* most positive \S+ <n>,"),
    ]


QUESTIONS = [
    Question(
        "What rolls off tonight in QQQ?",
        "mapa_gamma",
        {"ticker": "QQQ"},
        tonight,
        at=LATE,
    ),
    Question(
        "0DTE setup: is there a pin for SPY this afternoon?",
        "mapa_gamma",
        {"ticker": "SPY"},
        magnet,
        at=LATE,
    ),
    Question(
        "Which expirations make the NVDA put side, and is it there after Friday?",
        "mapa_gamma",
        {"ticker": "NVDA"},
        behind_the_wall,
    ),
    Question(
        "Today's SPY contracts are gone: what is next and how big is it?",
        "mapa_gamma",
        {"ticker": "SPY"},
        after_the_close,
        at=AFTER,
    ),
    Question(
        "What is left of SPY's gamma after Friday's expiration?",
        "mapa_gamma",
        {"ticker": "SPY", "drop_through": "2026-11-20"},
        left_over,
        at=LATE,
    ),
]
