"""`latest_greeks`: up to four strike maps, trimmed so that the sums still hold."""

from collections.abc import Mapping, Sequence
from typing import Final

from gexfocus_mcp.analysis.profile import Profile
from gexfocus_mcp.analysis.reading import StrikesReading
from gexfocus_mcp.analysis.trimming import Cutter, Trimmed
from gexfocus_mcp.market.greek import UNITS, Greek
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.render.answer import (
    Answer,
    Block,
    Payload,
    dated,
    flagged,
    head,
    largest_fitting,
    noted,
)
from gexfocus_mcp.render.conventions import CONVENTIONS
from gexfocus_mcp.render.numbers import (
    Exposure,
    Pct,
    Price,
    Scale,
    Share,
    plain,
    price,
    scaled,
    share,
)


MAX_BARS: Final = 30
# One map alone is shown until this share of its gross is visible, even past the default number of bars.
_PROMISED_SHARE: Final = 0.72
_WIDEST: Final = 200
# Characters within which four maps of an index stay under 1,600 tokens of text and 2,200 of JSON.
_DEFAULT_TEXT: Final = 3_150
_DEFAULT_JSON: Final = 5_150


class RestBlock(Block):
    n: int
    calls: Exposure
    puts: Exposure


class BarsBlock(Block):
    strike: list[Price]
    calls: list[Exposure]
    puts: list[Exposure]


class MapBlock(Block):
    net: Exposure
    gross: Exposure | None = None
    tilt: Share | None = None
    max_strike: Price | None = None
    coverage: Share | None = None
    convention: str
    unit: str
    bars: BarsBlock
    rest_below: RestBlock
    rest_above: RestBlock
    bars_total: int
    bars_shown: int
    gross_share_shown: Share
    gross_share_in_window: Share | None = None


class GreeksPayload(Payload):
    spot: Price | None = None
    window_pct: Pct | None = None
    maps: dict[Greek, MapBlock]
    missing: list[str] | None = None


def greeks_answer(
    reading: StrikesReading,
    *,
    max_bars: int | None = None,
    window_pct: float | None = None,
    strikes: Sequence[float] = (),
) -> Answer:
    """
    Render the maps within the budget.

    Args:
        max_bars: Bars per map; None is 30, or more where one map alone needs them to show 70 % of its
            gross, or fewer where several share the budget.
    """

    cutters = {
        greek: Cutter(
            profile.strikes.bars,
            reading.spot,
            must=profile.must_show,
            asked=strikes,
            window_pct=window_pct,
        )
        for greek, profile in reading.profiles.items()
    }

    def compose(limit: int) -> Answer:
        cut = {greek: cutter.cut(limit) for greek, cutter in cutters.items()}
        return _compose(reading, cut, window_pct)

    if max_bars is not None:
        return largest_fitting(compose, max_bars)
    if len(reading.profiles) == 1:
        wanted = _bars_for_promise(reading, window_pct)
        return largest_fitting(compose, wanted)
    return largest_fitting(compose, MAX_BARS, text=_DEFAULT_TEXT, data=_DEFAULT_JSON)


def _bars_for_promise(reading: StrikesReading, window_pct: float | None) -> int:
    if window_pct is not None:
        return MAX_BARS
    (profile,) = reading.profiles.values()
    cutter = Cutter(profile.strikes.bars, reading.spot, must=profile.must_show)
    return next(
        (n for n in range(MAX_BARS, _WIDEST) if cutter.cut(n).share >= _PROMISED_SHARE),
        _WIDEST,
    )


def _compose(
    reading: StrikesReading, cut: Mapping[Greek, Trimmed], window_pct: float | None
) -> Answer:
    provenance = reading.provenance.noting(
        *(note for p in reading.profiles.values() for note in p.notes),
        *_absent_strikes(cut),
    )
    payload = GreeksPayload(
        ticker=reading.ticker,
        **head(provenance),
        spot=reading.spot,
        window_pct=window_pct,
        maps={g: map_block(p, cut[g]) for g, p in reading.profiles.items()},
        missing=list(reading.missing) or None,
    )
    spot = price(reading.spot) if reading.spot else "spot unavailable,"
    lines = [
        flagged(provenance, f"{reading.ticker} {spot} by strike. {dated(provenance)}"),
    ]
    if reading.profiles:
        lines.append(_legend(reading, window_pct))
    for greek, profile in reading.profiles.items():
        lines += map_lines(profile, cut[greek])
    if reading.missing:
        lines.append(
            f"unavailable now (null upstream, not zero): {', '.join(reading.missing)}"
        )
    return Answer("\n".join(lines + noted(payload.notes)), payload)


def _absent_strikes(cut: Mapping[Greek, Trimmed]) -> list[str]:
    if not cut:
        return []
    missing = set.intersection(*(set(c.missing) for c in cut.values()))
    if not missing:
        return []
    return [f"no bar at {', '.join(plain(k) for k in sorted(missing))}"]


def _legend(reading: StrikesReading, window_pct: float | None) -> str:
    units = "; ".join(f"{g} {UNITS[g]}" for g in reading.profiles)
    window = (
        f" Window {window_pct:g} % each side of spot; levels outside it are shown too."
        if window_pct
        else ""
    )
    return f"Rows: strike,calls,puts (net = calls + puts).{window} Units ASSUMED, the feed states none: {units}."


def map_block(profile: Profile, cut: Trimmed) -> MapBlock:
    strikes = profile.strikes
    return MapBlock(
        net=strikes.net,
        gross=strikes.gross if strikes.bars else None,
        tilt=profile.tilt,
        max_strike=profile.max_strike,
        coverage=profile.coverage,
        convention=profile.convention,
        unit=f"assumed {UNITS[strikes.greek]}",
        bars=BarsBlock(
            strike=[b.strike for b in cut.shown],
            calls=[b.calls for b in cut.shown],
            puts=[b.puts for b in cut.shown],
        ),
        rest_below=RestBlock(
            n=cut.rest_below.n, calls=cut.rest_below.calls, puts=cut.rest_below.puts
        ),
        rest_above=RestBlock(
            n=cut.rest_above.n, calls=cut.rest_above.calls, puts=cut.rest_above.puts
        ),
        bars_total=cut.total,
        bars_shown=len(cut.shown),
        gross_share_shown=cut.share,
        gross_share_in_window=cut.window_share,
    )


def gross_words(strikes: StrikeMap) -> str:
    if not strikes.bars:
        return "unavailable gross"
    return f"{scaled(strikes.gross, sign=False)} gross"


def map_lines(profile: Profile, cut: Trimmed) -> list[str]:
    strikes = profile.strikes
    unit = Scale(
        [v for b in cut.shown for v in (b.calls, b.puts)]
        + [
            v
            for rest in (cut.rest_below, cut.rest_above)
            for v in (rest.calls, rest.puts)
        ]
    )
    facts = [f"{strikes.greek} net {scaled(strikes.net)} of {gross_words(strikes)}"]
    if profile.tilt is not None:
        facts.append(f"tilt {profile.tilt:+.2f}")
    facts.append(CONVENTIONS[profile.convention])
    if profile.max_strike is not None:
        facts.append(f"max |net| {plain(profile.max_strike)}")
    if profile.coverage is not None and abs(profile.coverage - 1) > 0.01:
        facts.append(f"bars add up to {plain(profile.coverage, 2)} of net")
    shown = (
        f"{len(cut.shown)} of {cut.total} bars = {share(cut.share)} of gross"
        if cut.total
        else "no bars"
    )
    if cut.window_share is not None:
        shown += f", {share(cut.window_share)} of gross inside the window"
    rows = [f"{plain(b.strike)},{unit(b.calls)},{unit(b.puts)}" for b in cut.shown]
    rest = [
        f"rest {side}: {left.n} strikes,{unit(left.calls)},{unit(left.puts)}"
        for side, left in (("below spot", cut.rest_below), ("above", cut.rest_above))
        if left.n
    ]
    head_line = f"{', '.join(facts)}; {shown}" + (
        f", in {unit.suffix}" if unit.suffix else ""
    )
    return [head_line, *rows, *rest]
