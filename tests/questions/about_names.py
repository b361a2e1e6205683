"""Questions across names: `scan_tickers`."""

from collections.abc import Sequence

from tests.questions import reckoning as maps
from tests.questions import reckoning_basket as basket
from tests.questions.question import (
    LATE,
    Fact,
    Question,
    count,
    level,
    near,
    percent,
    ratio,
    says,
    share,
    side,
    size,
)
from tests.questions.raw import Doc, Raw


MAG7 = ("AAPL", "MSFT", "AMZN", "GOOGL", "META", "NVDA", "TSLA")
ALL = ("SPX", "NDX", "SPY", "QQQ", *MAG7)
BOOK = {"NVDA": 50.0, "TSLA": 30.0, "AAPL": 20.0}


def read(raw: Raw, names: Sequence[str] = ALL) -> dict[str, Doc]:
    return {name: raw.gamma(name) for name in names}


def sides(raw: Raw) -> Sequence[Fact]:
    names = read(raw)
    short, long = (basket.count(names, f"{s}_gamma") for s in ("short", "long"))
    words = {"long_gamma": "long", "short_gamma": "short", "neutral": "neutral"}
    return [
        count("breadth.short", short, r"<n> SHORT gamma"),
        count("breadth.long", long, r"<n> LONG"),
        *(
            says(
                f"rows[ticker={name}].regime",
                maps.regime(gamma),
                rf"(?m)^{name},{words[maps.regime(gamma)]},",
            )
            for name, gamma in names.items()
        ),
        says("missing", [], r"scan of 11 names"),
    ]


def megacap(raw: Raw) -> Sequence[Fact]:
    names = read(raw, MAG7)
    return [
        share(
            "breadth.negative_share",
            basket.below_zero(names),
            r"below zero in <n> % of names",
        ),
        ratio("aggregate.mean_tilt", basket.mean_tilt(names), r"<n> name by name"),
        *(
            ratio(
                f"rows[ticker={name}].tilt",
                maps.tilt(gamma),
                rf"(?m)^{name},\w+,\w+,<n>,",
            )
            for name, gamma in names.items()
        ),
    ]


def together(raw: Raw) -> Sequence[Fact]:
    names = read(raw, MAG7)
    return [
        size(
            "aggregate.sum_net",
            basket.sum_net(names),
            r"sum of nets <n> if every name moves 1 %",
        ),
        ratio("aggregate.tilt", basket.joint_tilt(names), r"tilt <n> by size"),
    ]


def my_book(raw: Raw) -> Sequence[Fact]:
    names = read(raw, tuple(BOOK))
    parts = {name: basket.contribution(names, BOOK, name) for name in BOOK}
    top = max(parts, key=lambda name: parts[name])
    return [
        size("aggregate.book_net", basket.book_net(names, BOOK), r"\): net <n>, tilt"),
        ratio(
            "aggregate.weighted_tilt",
            basket.book_tilt(names, BOOK),
            r"\): net \S+ tilt <n>",
        ),
        near(
            f"aggregate.contribution.{top}",
            parts[top],
            rf"largest part {top} <n> %",
            off=0.5,
        ),
        count("weight_coverage", 1, r"weight read 100 %"),
    ]


def pair(raw: Raw) -> Sequence[Fact]:
    index, etf = raw.gamma("SPX"), raw.gamma("SPY")
    spots = index["spot"] / etf["spot"]
    wall = maps.call_wall(etf)["strike"] * spots
    own = maps.call_wall(index)["strike"]
    agree = maps.regime(index) == maps.regime(etf)
    words = "same regime" if agree else "regimes DIFFER"
    return [
        says("pairs.0.regime_agrees", agree, rf"pair SPX-SPY  {words}"),
        near("pairs.0.ratio", spots, r"SPY x <n>,", off=1e-4),
        level("pairs.0.call_wall.index", own, r"call wall <n> and"),
        level("pairs.0.call_wall.etf_in_points", wall, r"call wall \S+ and <n> \("),
        percent(
            "pairs.0.call_wall.apart_pct",
            (wall - own) / index["spot"] * 100,
            r"call wall \S+ and \S+ \(<n> %",
        ),
    ]


def in_points(raw: Raw) -> Sequence[Fact]:
    index, etf = raw.gamma("NDX"), raw.gamma("QQQ")
    wall = maps.put_wall(etf)["strike"] * index["spot"] / etf["spot"]
    return [
        level("pairs.0.put_wall.etf_in_points", wall, r"put wall \S+ and <n> \("),
        level("rows[ticker=NDX].spot", index["spot"], r"(?m)^NDX,.*,<n>,[^,]+$"),
    ]


def dispersion(raw: Raw) -> Sequence[Fact]:
    sleeve = basket.mean_tilt(read(raw, MAG7))
    gap = maps.tilt(raw.gamma("SPX")) - sleeve
    opposed = [t for t in ALL[:4] if maps.tilt(raw.gamma(t)) * sleeve < 0]
    return [
        ratio("dispersion.mag7_tilt", sleeve, r"Mag7 sleeve .* tilt <n>;"),
        ratio("dispersion.tilt_minus_mag7.SPX", gap, r"minus sleeve: SPX <n>,"),
        says(
            "dispersion.opposite_sign",
            opposed,
            rf"opposite sign: {', '.join(opposed) or 'none'}",
        ),
    ]


def nearest(raw: Raw) -> Sequence[Fact]:
    names = read(raw)
    name = basket.nearest_to_flip(names)
    gamma = names[name]
    away = maps.distance(maps.flip(gamma), gamma["spot"])
    beyond = "<" if side(away) == "below" else ">"
    return [
        says("rows.ticker.0", name, rf"put wall %,spot,age\n{name},"),
        near(
            "rows.flip_distance_pct.0",
            away,
            rf"turns over  {name} spot {beyond} \S+ \(<n> %\)",
            off=0.1,
        ),
        says("turns_over.0.ticker", name, rf"turns over  {name} spot"),
    ]


def ages(raw: Raw) -> Sequence[Fact]:
    names = read(raw)
    oldest = min(gamma["ts"] for gamma in names.values())
    old = raw.now.timestamp() - oldest
    return [
        Fact("age_s", old, r"Oldest map .*, <n> s old", exact=0.1, rounded=0.6),
        Fact(
            "spread_s",
            basket.spread(names),
            r"Maps <n> s apart",
            exact=0.1,
            rounded=0.6,
        ),
    ]


SCAN = "scan_tickers"
QUESTIONS = [
    Question("Which names are short gamma right now?", SCAN, {}, sides, at=LATE),
    Question("Is megacap tech short gamma?", SCAN, {"tickers": list(MAG7)}, megacap),
    Question(
        "What do dealers trade if all seven megacaps move 1 %?",
        SCAN,
        {"tickers": list(MAG7)},
        together,
        at=LATE,
    ),
    Question(
        "My book is half NVDA, 30 TSLA and 20 AAPL: how does it stand?",
        SCAN,
        {"tickers": list(BOOK), "weights": list(BOOK.values())},
        my_book,
    ),
    Question("Do SPX and SPY say the same?", SCAN, {"tickers": ["SPX", "SPY"]}, pair),
    Question(
        "Where is the QQQ put wall in NDX points?",
        SCAN,
        {"tickers": ["NDX", "QQQ"]},
        in_points,
        at=LATE,
    ),
    Question("Megacap gamma against the index: any dispersion?", SCAN, {}, dispersion),
    Question("Which name is closest to its flip?", SCAN, {"sort": "distance"}, nearest),
    Question("How old are the maps in the scan?", SCAN, {}, ages, at=LATE),
]
