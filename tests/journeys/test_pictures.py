"""What a client gets for a picture, and what stands in it: read as shapes before it is painted."""

import math
import re
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from mcp_types import ImageContent, TextContent
from pydantic import SecretStr

from gexfocus_mcp.desk.desk import Desk
from gexfocus_mcp.desk.span import HistoryQuestion
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.render.pictures.drawing import Drawing
from gexfocus_mcp.render.pictures.flow import draw_flow
from gexfocus_mcp.render.pictures.heatmap import draw_heatmap, find_rows, shade
from gexfocus_mcp.render.pictures.history import draw_history
from gexfocus_mcp.render.pictures.sheet import CALLS, FLIP, PUTS
from gexfocus_mcp.render.pictures.strikes import draw_strikes
from gexfocus_mcp.settings import Settings
from gexfocus_mcp.simulator.app import create_app
from gexfocus_mcp.simulator.clock import FixedClock
from gexfocus_mcp.wiring import open_desk, open_simulated_desk
from tests.journeys.asking import Assistant, Connect, PlainUpstream


pytestmark = pytest.mark.anyio

KINDS = ("strikes", "heatmap", "flow", "history")
SPY = Ticker("SPY")
NOT_GIVEN = "#dde0e5"


async def see(it: Assistant, **arguments: Any) -> tuple[str, bytes]:
    result = await it.client.call_tool("positioning_chart", arguments)
    assert not result.is_error, result.content
    # Some clients show a model either the JSON or the picture.
    assert result.structured_content is None
    words, image = result.content
    assert isinstance(words, TextContent)
    assert isinstance(image, ImageContent)
    assert image.mime_type == "image/png"
    return words.text, b64decode(image.data)


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_picture_comes_with_its_numbers(
    market: Connect, era: str, kind: str
) -> None:
    async with market(era) as it:
        text, png = await see(it, ticker="SPY", kind=kind)

    assert text.startswith("SIMULATED SPY ")
    assert len(re.findall(r"\d+", text)) > 20
    assert text.splitlines()[-1].startswith("picture  ")
    width, height = size_of(png)
    assert (width >= 700, height <= 900) == (True, True)
    assert 10_000 < len(png) < 100_000


@pytest.mark.parametrize("kind", KINDS)
async def test_its_words_keep_to_a_thousand_tokens(market: Connect, kind: str) -> None:
    bpe = pytest.importorskip(
        "rs_bpe.bpe", reason="no offline tokenizer for this Python"
    )
    async with market() as it:
        for ticker in ("SPX", "TSLA"):
            text, png = await see(it, ticker=ticker, kind=kind)
            assert len(bpe.openai.o200k_base().encode(text)) <= 1_000
            assert len(png) < 100_000


async def test_an_unknown_kind_is_refused_with_the_kinds(market: Connect) -> None:
    async with market() as it:
        heard = await it.ask("positioning_chart", ticker="SPY", kind="pie")

    assert heard.refused
    assert all(kind in heard.text for kind in KINDS)


@asynccontextmanager
async def at_a_desk(clock: FixedClock, **options: Any) -> AsyncIterator[Desk]:
    async with open_simulated_desk(create_app(clock, **options), clock) as desk:
        yield desk


class Shapes:
    """A drawing as its reader sees it."""

    def __init__(self, drawing: Drawing) -> None:
        self.width, self.height = drawing.width, drawing.height
        # Our own drawing, of a moment ago.
        root = ET.fromstring(drawing.svg())  # noqa: S314
        self.parts = [(e.tag.rpartition("}")[2], e.attrib, e.text or "") for e in root]

    @property
    def words(self) -> list[str]:
        return [text for tag, _, text in self.parts if tag == "text"]

    def place_of(self, words: str) -> float:
        """The baseline of *words*."""
        (y,) = {
            float(attributes["y"])
            for tag, attributes, text in self.parts
            if tag == "text" and text == words
        }
        return y

    def rects(self, fill: str) -> list[tuple[float, float, float, float]]:
        return [
            (float(a["x"]), float(a["y"]), float(a["width"]), float(a["height"]))
            for tag, a, _ in self.parts
            if tag == "rect" and a["fill"] == fill
        ]

    def lines(self, stroke: str) -> list[list[tuple[float, float]]]:
        return [
            [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", a["points"])]
            for tag, a, _ in self.parts
            if tag == "polyline" and a["stroke"] == stroke
        ]  # fmt: skip

    def check_inside(self) -> None:
        """Nothing leaves the sheet, words by their usual width."""
        for tag, a, text in self.parts:
            if tag == "text":
                wide = 0.56 * float(a["font-size"]) * len(text)
                x = float(a["x"])
                x -= {"start": 0.0, "middle": wide / 2, "end": wide}[a["text-anchor"]]
                assert x >= 0, text
                assert x + wide <= self.width, text
                assert 0 < float(a["y"]) < self.height, text
            if tag == "rect":
                assert -1 <= float(a["x"]) <= self.width
                assert float(a["x"]) + float(a["width"]) <= self.width + 1


async def test_bars_and_levels_stand_at_their_strikes(clock: FixedClock) -> None:
    async with at_a_desk(clock) as desk:
        reading = await desk.positioning(SPY)
    read = reading.positioning
    shapes = Shapes(draw_strikes(reading))
    shapes.check_inside()

    widest = max(shapes.rects(CALLS), key=lambda rect: rect[2])
    middle = widest[1] + widest[3] / 2
    largest = max(read.gamma.bars, key=lambda bar: bar.calls)
    assert read.levels.call_wall is not None
    assert read.levels.call_wall.strike == largest.strike
    across = [line for line in shapes.lines(CALLS) if line[1][0] - line[0][0] > 300]
    assert [line[0][1] for line in across] == pytest.approx([middle], abs=0.2)
    # Puts reach to the left of the zero that calls start from.
    lowest = max(shapes.rects(PUTS)[1:], key=lambda rect: rect[2])
    assert lowest[0] + lowest[2] == pytest.approx(widest[0], abs=0.2)

    assert read.levels.flip is not None
    (flip,) = [line for line in shapes.lines(FLIP) if line[1][0] - line[0][0] > 300]
    assert (flip[0][1] < middle) == (read.levels.flip.value > largest.strike)
    assert any(
        word.startswith(f"spot {read.gamma.spot:.2f}"[:9]) for word in shapes.words
    )
    assert "SIMULATED" in shapes.words
    assert any("SHORT gamma" in w or "LONG gamma" in w for w in shapes.words)


async def test_a_stale_map_says_so_in_the_picture(clock: FixedClock) -> None:
    async with at_a_desk(clock, fault="stale") as desk:
        drawings = [
            draw_strikes(await desk.positioning(SPY)),
            draw_heatmap(await desk.matrix(SPY)),
        ]
    for drawing in drawings:
        assert "STALE" in Shapes(drawing).words


async def test_a_closed_market_is_said_in_the_picture() -> None:
    sunday = FixedClock(datetime(2026, 11, 22, 12, 0, tzinfo=NEW_YORK))
    async with at_a_desk(sunday) as desk:
        shapes = Shapes(draw_strikes(await desk.positioning(SPY)))

    assert "CLOSED" in shapes.words
    assert any("market closed" in word for word in shapes.words)


async def test_a_heatmap_has_a_column_an_expiration_and_spot_between_its_rows(
    clock: FixedClock,
) -> None:
    async with at_a_desk(clock) as desk:
        reading = await desk.matrix(SPY)
    shapes = Shapes(draw_heatmap(reading))
    shapes.check_inside()

    ahead = [c for c in reading.structure.columns if c.dte >= 0][:12]
    for column in ahead:
        assert f"{column.expiration:%-d %b}" in shapes.words
    framed = [a for tag, a, _ in shapes.parts if tag == "rect" and a["fill"] == "none"]
    assert len(framed) == len(ahead)
    spot = reading.expiries.spot
    assert spot is not None
    (line,) = [p for p in shapes.lines("#1d2430") if p[1][0] - p[0][0] > 300]
    # Of dense rows every second has its strike beside it, four pixels above the words' baseline.
    named = {k: f"{k:g}" for k in reading.expiries.strikes if f"{k:g}" in shapes.words}
    below = max(k for k in named if k <= spot)
    above = min(k for k in named if k >= spot)
    high, low = (shapes.place_of(named[k]) - 4 for k in (above, below))
    part = (spot - below) / (above - below)
    assert line[0][1] == pytest.approx(low + part * (high - low), abs=1)


async def test_cells_that_were_not_given_are_no_zeros(
    upstream: PlainUpstream,
) -> None:
    matrix: list[list[float | None]] = [[1e6, -1e6], [2e6, 0.0], [3e6, None]]
    upstream.say("/mapa_gamma/last/SPY", as_matrix([590, 600, 610], matrix))
    settings = Settings(api_key=SecretStr("x"), base_url=upstream.base_url, shared=None)
    async with open_desk(settings) as desk:
        shapes = Shapes(draw_heatmap(await desk.matrix(SPY)))

    # The legend shows the colour too, on a small square.
    assert len([rect for rect in shapes.rects(NOT_GIVEN) if rect[2] > 50]) == 1
    assert len([rect for rect in shapes.rects(shade(0, 1)) if 50 < rect[2] < 700]) == 1


def test_shades_grow_with_the_value_and_tell_its_sign() -> None:
    def blue_over_red(colour: str) -> int:
        return int(colour[5:7], 16) - int(colour[1:3], 16)

    lean = [blue_over_red(shade(v, 9)) for v in (-9, -4, -1, 0, 1, 4, 9)]
    assert lean == sorted(lean)
    assert len(set(lean)) == 7
    assert (shade(9, 9), shade(-9, 9)) == (CALLS, PUTS)
    assert shade(0, 0) == shade(0, 9)


def test_rows_are_chosen_around_spot_without_a_hole() -> None:
    strikes = [float(k) for k in range(100, 700)]
    sizes = [1 / (1 + abs(k - 400)) for k in strikes]
    low, high = find_rows(strikes, sizes, 400.3)

    assert high - low == 110
    assert strikes[low] < 400 < strikes[high - 1]
    assert abs((400 - strikes[low]) - (strikes[high - 1] - 400)) <= 1
    assert find_rows([5.0], [1.0], 9.0) == (0, 1)
    assert find_rows([], [], 9.0) == (0, 0)
    assert find_rows([1.0, 2.0, 3.0], [0.0, 9.0, 0.1], None) == (1, 2)


async def test_flow_is_drawn_between_its_thresholds_and_marked_where_it_crosses(
    clock: FixedClock,
) -> None:
    async with at_a_desk(clock) as desk:
        reading = await desk.flow_path(SPY, "yesterday")
    shapes = Shapes(draw_flow(reading))
    shapes.check_inside()

    (ndf, price) = [p for p in shapes.lines("#1d2430") if len(p) > 50]
    top = max(
        (t for t in reading.history.ticks if t.ndf is not None),
        key=lambda t: t.ndf or 0,
    )
    highest = min(ndf, key=lambda point: point[1])
    minutes = (
        top.ts - top.ts.replace(hour=9, minute=30, second=0, microsecond=0)
    ).total_seconds() / 60
    assert (highest[0] - ndf[0][0]) / (ndf[-1][0] - ndf[0][0]) == pytest.approx(
        minutes / 390, abs=0.02
    )
    dots = [a for tag, a, _ in shapes.parts if tag == "circle"]
    assert len(dots) == len(reading.path.crossings)
    assert len(price) == len([t for t in reading.history.ticks if t.price is not None])


async def test_history_follows_net_and_the_levels(clock: FixedClock) -> None:
    async with at_a_desk(clock) as desk:
        reading = await desk.history(
            SPY, HistoryQuestion(greek="gex", date="yesterday", levels=True)
        )
    shapes = Shapes(draw_history(reading))
    shapes.check_inside()

    assert reading.levels is not None
    flips = [line for line in shapes.lines(FLIP) if len(line) > 5]
    assert [len(line) for line in flips] == [len(reading.levels.flips)]
    assert any(w.startswith("call wall ") for w in shapes.words)
    assert "net gex, as the feed gave it" in shapes.words
    assert any(
        w.endswith("the flip by one width for the whole book") for w in shapes.words
    )
    changes = f"{len(reading.sign_changes)} time"
    assert any(changes in w for w in shapes.words)


def as_maps(bars: list[dict[str, float]], spot: float | None) -> dict[str, Any]:
    now = datetime.now(NEW_YORK)
    head = {
        "ticker": "SPY",
        "session_date": f"{now:%Y-%m-%d}",
        "spot": spot,
        "ts_iso": now.isoformat(),
        "max_strike": None,
        "net_exposure": sum(bar["calls"] + bar["puts"] for bar in bars),
    }
    return {"ticker": "SPY", "gex": {**head, "bars": bars}}


def as_matrix(
    strikes: list[float], matrix: list[list[float | None]], spot: float | None = 600.0
) -> dict[str, Any]:
    now = datetime.now(NEW_YORK)
    days = [now + timedelta(days=3 + n) for n in range(len(matrix[0]))]
    return {
        "ticker": "SPY",
        "ts_iso": now.isoformat(),
        "spot": spot,
        "expirations": [f"{day:%Y-%m-%d}" for day in days],
        "strikes": strikes,
        "matrix": matrix,
    }


def many(number: int) -> list[dict[str, float]]:
    return [
        {
            "strike": 600.0 + n - number // 2,
            "calls": 1e9 * math.exp(-(((n - 0.55 * number) / 40) ** 2)),
            "puts": -1e9 * math.exp(-(((n - 0.45 * number) / 40) ** 2)),
        }
        for n in range(number)
    ]


@pytest.mark.parametrize(
    ("bars", "spot"),
    [
        (many(600), 600.0),
        (many(1), 600.0),
        (many(30), None),
        ([], 600.0),
        ([{"strike": 600.0, "calls": 0.0, "puts": 0.0}], 600.0),
        ([{"strike": 5.0, "calls": 1e9, "puts": 0.0}], 600.0),
        ([{"strike": 600.0, "calls": 1e-9, "puts": -1e-9}], 600.0),
        ([{"strike": 600.0, "calls": 1e300, "puts": -1e300}], 600.0),
    ],
    ids=["600", "one", "no spot", "empty", "zeros", "far away", "tiny", "huge"],
)
async def test_any_map_makes_a_picture(
    live: Connect,
    upstream: PlainUpstream,
    bars: list[dict[str, float]],
    spot: float | None,
) -> None:
    upstream.say("/greeks/last/SPY", as_maps(bars, spot))
    async with live() as it:
        text, png = await see(it, ticker="SPY")

    assert size_of(png) == (760, 900)
    assert 5_000 < len(png) < 100_000
    assert text.startswith(("SPY", "STALE SPY"))


@pytest.mark.parametrize("rows", [1, 2, 600])
@pytest.mark.parametrize("columns", [1, 40])
async def test_any_matrix_makes_a_picture(
    live: Connect, upstream: PlainUpstream, rows: int, columns: int
) -> None:
    strikes = [600.0 + n - rows // 2 for n in range(rows)]
    cells: list[list[float | None]] = [
        [((r * 7 + c * 13) % 29 - 14) * 1e6 for c in range(columns)]
        for r in range(rows)
    ]
    upstream.say("/mapa_gamma/last/SPY", as_matrix(strikes, cells))
    async with live() as it:
        _, png = await see(it, ticker="SPY", kind="heatmap")

    assert size_of(png) == (820, 900)
    assert len(png) < 100_000
