"""Questions about single strikes: the bars of `latest_greeks`."""

from collections.abc import Sequence
from functools import partial

from tests.questions import reckoning as maps
from tests.questions.question import (
    LATE,
    Fact,
    Question,
    count,
    level,
    ratio,
    says,
    share,
    size,
)
from tests.questions.raw import Raw


def at_strike(raw: Raw) -> Sequence[Fact]:
    """Bars share one scale, so the text tells a small leg to the million."""
    bar = maps.at_strike(raw.gamma("META"), 610)
    return [
        Fact(
            f"maps.gex.bars[strike=610].{leg}",
            bar[leg],
            rf"in M(?s:.)*\n610,{before}<n>",
            exact=6e-4 * abs(bar[leg]),
            rounded=0.51e6,
            per=1e-6,
        )
        for leg, before in (("calls", ""), ("puts", r"[^,]+,"))
    ]


def net_of(greek: str, ticker: str, raw: Raw) -> Sequence[Fact]:
    held = raw.maps(ticker)[greek]
    path, line = f"maps.{greek}", rf"(?m)^{greek} net "
    return [
        size(f"{path}.net", maps.net(held), rf"{line}<n> of"),
        size(f"{path}.gross", maps.gross(held), rf"{line}\S+ of <n> gross"),
        ratio(f"{path}.tilt", maps.tilt(held), rf"{line}.* tilt <n>,"),
        level(
            f"{path}.max_strike",
            maps.max_net(held)["strike"],
            rf"{line}.* max \|net\| <n>;",
        ),
    ]


def window(raw: Raw) -> Sequence[Fact]:
    """Walls and the largest strikes are shown wherever they are."""
    gamma = raw.gamma("SPX")
    always = [
        find(gamma)
        for find in (maps.call_wall, maps.put_wall, maps.max_net, maps.max_gross)
    ]
    shown = maps.within(gamma, 1)
    shown += [bar for bar in always if bar not in shown]
    return [
        count("maps.gex.bars_shown", len(shown), r"; <n> of \d+ bars"),
        count("maps.gex.bars_total", len(maps.bars(gamma)), r"\d+ of <n> bars"),
        share(
            "maps.gex.gross_share_shown",
            sum(maps.gross_share(gamma, bar) for bar in shown),
            r"bars = <n> % of gross",
        ),
    ]


def convention(raw: Raw) -> Sequence[Fact]:
    """Calls and puts of one sign in vanna, as summed open interest has them, would be `raw_oi`."""
    held = maps.bars(raw.maps("NDX")["vanna"])
    alike = sum(
        min(abs(bar["calls"]), abs(bar["puts"]))
        for bar in held
        if bar["calls"] * bar["puts"] > 0
    )
    both = sum(min(abs(bar["calls"]), abs(bar["puts"])) for bar in held)
    signed = alike / both < 0.5
    return [
        says(
            "maps.vanna.convention",
            "dealer_signed" if signed else "raw_oi",
            r"(?m)^vanna .* dealer-signed" if signed else r"(?m)^vanna .* raw",
        ),
        size("maps.vanna.net", maps.net(raw.maps("NDX")["vanna"]), r"vanna net <n> of"),
    ]


QUESTIONS = [
    Question(
        "How much gamma do calls and puts hold at the META 610 strike?",
        "latest_greeks",
        {"ticker": "META", "greeks": ["gex"], "max_bars": 10, "strikes": [610]},
        at_strike,
    ),
    Question(
        "Are dealers net long delta in NVDA?",
        "latest_greeks",
        {"ticker": "NVDA", "greeks": ["delta"]},
        partial(net_of, "delta", "NVDA"),
        at=LATE,
    ),
    Question(
        "Where does vanna sit in AAPL?",
        "latest_greeks",
        {"ticker": "AAPL", "greeks": ["vanna"]},
        partial(net_of, "vanna", "AAPL"),
    ),
    Question(
        "Which MSFT strike carries the most charm?",
        "latest_greeks",
        {"ticker": "MSFT"},
        partial(net_of, "charm", "MSFT"),
    ),
    Question(
        "SPX strikes within 1 % and the walls: how much of all gamma is that?",
        "latest_greeks",
        {"ticker": "SPX", "greeks": ["gex"], "window_pct": 1, "max_bars": 60},
        window,
        at=LATE,
    ),
    Question(
        "Is the NDX vanna map dealer-signed or plain open interest?",
        "latest_greeks",
        {"ticker": "NDX", "greeks": ["vanna"]},
        convention,
    ),
]
