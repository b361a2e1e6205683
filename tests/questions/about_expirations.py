"""Questions about single expirations and cells: `mapa_gamma`."""

from collections.abc import Sequence

from tests.questions import reckoning_expiry as expiry
from tests.questions.question import (
    HALF_DAY,
    LATE,
    Fact,
    Question,
    level,
    near,
    share,
    size,
)
from tests.questions.raw import Raw


def carrying(raw: Raw) -> Sequence[Fact]:
    matrix = raw.matrix("SPX")
    top = expiry.largest(matrix)
    row = rf"(?m)^{int(top[8:])} \w+(?: \d+)?,\d+,"
    return [
        share(
            f"expirations[date={top}].share",
            expiry.column_share(matrix, top),
            rf"{row}<n>(?: %)?,",
        ),
        size(
            f"expirations[date={top}].net",
            expiry.column_net(matrix, top),
            rf"{row}[^,]+,<n>",
        ),
        level(
            f"expirations[date={top}].max_strike",
            expiry.column_peak(matrix, top),
            rf"{row}[^,]+,[^,]+,[^,]*,<n>",
        ),
    ]


def today_flip(raw: Raw) -> Sequence[Fact]:
    matrix, today = raw.matrix("QQQ"), raw.now.date().isoformat()
    zero = expiry.column_flip(matrix, today)
    assert zero is not None
    return [
        near(
            f"expirations[date={today}].flip",
            zero,
            rf"(?m)^{raw.now.day} \w+,0,[^,]+,[^,]+,<n>,",
            off=0.001 * matrix["spot"],
        )
    ]


def vanna_by_expiry(raw: Raw) -> Sequence[Fact]:
    matrix = raw.matrix("AAPL")
    day = matrix["expirations"][0]
    return [
        size("net", expiry.matrix_net(matrix, name="vanna_matrix"), r"net <n> of"),
        size(
            f"expirations[date={day}].net",
            expiry.column_net(matrix, day, "vanna_matrix"),
            rf"(?m)^{int(day[8:])} \w+,\d+,[^,]+,<n>,",
        ),
    ]


def cell(raw: Raw) -> Sequence[Fact]:
    matrix = raw.matrix("MSFT")
    day = matrix["expirations"][0]
    value = expiry.rows(matrix)[430.0][day]
    return [
        Fact(
            f"bars[strike=430].{day}",
            value,
            r"in M;(?s:.)*\n430,<n>,",
            exact=6e-4 * abs(value),
            rounded=0.51e6,
            per=1e-6,
        )
    ]


def gathering(raw: Raw) -> Sequence[Fact]:
    matrix = raw.matrix("NVDA")
    strike, shares = expiry.gathered(matrix)[0]
    return [
        level("confluence.strike.0", strike, r"(?m)^gathering .*\n<n>: "),
        share("confluence.gex.share.0", shares[0], r"(?m)^gathering .*\n\S+: <n> #"),
        share(
            "confluence.vanna.share.0",
            shares[1],
            r"(?m)^gathering .*\n\S+: [^,]+, <n> #",
        ),
        share(
            "confluence.charm.share.0",
            shares[2],
            r"(?m)^gathering .*\n\S+: [^,]+, [^,]+, <n> #",
        ),
    ]


QUESTIONS = [
    Question(
        "Which SPX expiration carries the risk?",
        "mapa_gamma",
        {"ticker": "SPX"},
        carrying,
    ),
    Question(
        "Where is the 0DTE flip in QQQ?",
        "mapa_gamma",
        {"ticker": "QQQ"},
        today_flip,
        at=LATE,
    ),
    Question(
        "How is AAPL's vanna spread over the expirations?",
        "mapa_gamma",
        {"ticker": "AAPL", "greek": "vanna"},
        vanna_by_expiry,
        at=HALF_DAY,
    ),
    Question(
        "What does the MSFT 430 strike hold in the nearest expiration?",
        "mapa_gamma",
        {"ticker": "MSFT", "strikes": [430]},
        cell,
    ),
    Question(
        "At which NVDA strike do gamma, vanna and charm come together?",
        "mapa_gamma",
        {"ticker": "NVDA"},
        gathering,
        at=LATE,
    ),
]
