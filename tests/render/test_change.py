"""A comparison in both channels: as printed, strikes add up to the change."""

from collections.abc import Callable
from datetime import timedelta
from math import fsum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.reading import ChangeReading
from gexfocus_mcp.market.moment import Moment
from gexfocus_mcp.render.change import adding_up, change_answer
from tests.render.conftest import AS_OF, GEX


Changes = Callable[..., ChangeReading]

CHANGE_TEXT = """\
SPY since the open (09:30:00 ET Fri 10 Jul) until now (11:30:00 ET): dealers modelled LONG gamma at both; net gamma changed by +3M, +54M -> +57M. Map 11:30:00 ET Fri 10 Jul, 22 s old, market open.
Model: open interest, dealers long calls and short puts; real books unseen. Net and sizes = $ delta per +1 % spot, ASSUMED (feed states no unit); %, tilt, shares and strikes need none.
regime  LONG gamma (high) -> LONG gamma (high); net kept its sign
        confidence: |tilt| >= 0.20 and flip over 2 % away -> |tilt| >= 0.20 and flip over 2 % away
gross   90M -> 93M; tilt +0.60 -> +0.61 (range -1..+1)
spot    99.5 -> 100 (+0.50 %); above the flip both times
level: from -> to, shift in % of spot, strikes passed, size; flips repriced by one width for the whole book
flip  95.86 -> 96.69, +0.83 %, 0
call wall  100 -> 105, +5.00 %, +1, +40M -> +37M; 100 holds +36M at the later moment: MARGINAL, under 5 % apart
put wall  95 -> 95, stays, -9M -> -9M
max |net|  100 -> 105, +5.00 %, +1, +32M -> +36M; 100 holds +28M at the later moment
spot alone  about +9.4M: the earlier book repriced at 100, time and volatility held (kernel estimate: direction dependable, size rough); rest -6.4M: positions, time and volatility not separable further
strike,from,change,share,spot alone in K; 2 of 3 strikes made 100 % of all |change|, 11M
105,29000,7000,64 %,7570
100,32000,-4000,36 %,519
rest below spot: 1 strikes, 0 (spot alone +1.3M)
turns over  spot < 96.69 (-3.3 %): short gamma. spot < 97.17 (-2.8 %): low confidence, flip near"""


def test_a_change_in_full(change_reading: Changes) -> None:
    assert change_answer(change_reading()).text == CHANGE_TEXT


def parts(read: dict[str, Any]) -> list[float]:
    rests = [read[k]["change"] for k in ("rest_below", "rest_above") if k in read]
    return [*read["by_strike"]["change"], *rests, read.get("not_by_strike", 0)]


@pytest.mark.parametrize("nets", [(None, None), (1.23456e10, -9.8765e10)])
def test_printed_strikes_rests_and_remainder_add_up_to_the_printed_change(
    change_reading: Changes, nets: tuple[float | None, float | None]
) -> None:
    reading = change_reading(large=True, nets=nets)
    read = change_answer(reading).json

    told = parts(read)
    assert abs(fsum(told) - read["net_change"]) <= 1e-9 * max(map(abs, told))
    assert ("not_by_strike" in read) is (nets != (None, None))
    n = read["rest_below"]["n"] + read["rest_above"]["n"]
    assert n + len(read["by_strike"]["strike"]) == read["strikes_total"] == 600


@given(
    st.floats(-1e12, 1e12, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-3),
    st.lists(
        st.floats(-1e12, 1e12, allow_nan=False).filter(
            lambda v: v == 0 or abs(v) > 1e-3
        ),
        min_size=1,
        max_size=20,
    ),
    st.data(),
)
def test_rounded_parts_add_up_and_only_one_takes_what_is_left(
    total: float, some: list[float], data: st.DataObject
) -> None:
    giving = data.draw(st.integers(0, len(some)))
    every = [*some[:giving], total - fsum(some), *some[giving:]]
    told = adding_up(total, every, giving=giving)

    size = max(map(abs, every))
    # Half a unit of the fourth digit each, of the total too.
    slack = 5.1e-4 * (fsum(map(abs, some)) + abs(total))
    assert abs(fsum(told) - total) <= 5.1e-4 * abs(total) + 1e-12 * size
    for i, (printed, wanted) in enumerate(zip(told, every, strict=True)):
        assert (
            abs(printed - wanted)
            <= (slack if i == giving else 5.1e-4 * abs(wanted)) + 1e-9
        )


def test_both_channels_tell_the_same_strikes(change_reading: Changes) -> None:
    answer = change_answer(change_reading(large=True))

    rows = [line.split(",") for line in answer.text.splitlines() if line[0].isdigit()]
    columns = answer.json["by_strike"]
    assert [float(r[0]) for r in rows] == columns["strike"]
    assert 8 <= len(rows) <= 12
    for row, share in zip(rows, columns["share"], strict=True):
        assert float(row[3].removesuffix(" %")) == pytest.approx(100 * share, abs=0.6)
    assert set(columns) == {"strike", "from", "change", "share", "spot_alone"}


def test_a_new_strike_has_no_earlier_value_which_is_not_zero(
    change_reading: Changes,
) -> None:
    answer = change_answer(change_reading(now=[*GEX, (110, 50e6, -1e6)]))

    columns = answer.json["by_strike"]
    assert columns["from"][columns["strike"].index(110)] is None
    assert "from n/a: no such strike then" in answer.text


def test_across_sessions_the_rest_holds_new_open_interest(
    change_reading: Changes,
) -> None:
    answer = change_answer(change_reading(apart=timedelta(days=1)))

    assert "new open interest and expirations, not separable" in answer.text
    assert answer.json["spot_alone"]["rest_holds"][-1].startswith("new open interest")
    assert "(11:30:00 ET Thu 9 Jul) until now (11:30:00 ET Fri 10 Jul)" in answer.text


def test_spot_that_hardly_moved_is_not_set_apart(change_reading: Changes) -> None:
    answer = change_answer(change_reading(spots=(100.0, 100.01)))

    why = "spot moved less than 0.02 %"
    assert answer.json["spot_alone"] == {"not_told": why}
    assert f"spot alone  not set apart: {why}" in answer.text
    assert "spot_alone" not in answer.json["by_strike"]


def test_one_snapshot_is_told_as_no_change(change_reading: Changes) -> None:
    answer = change_answer(change_reading(apart=timedelta(0)))

    assert "nothing changed, both moments are ONE snapshot" in answer.text
    assert answer.json["same_snapshot"] is True
    assert answer.json["net_change"] == 0
    assert answer.json["from"] == answer.json["to"]
    assert "by_strike" not in answer.json


def test_another_scale_is_said_and_no_amount_compared(change_reading: Changes) -> None:
    answer = change_answer(change_reading(now=[(k, c * 99, p * 99) for k, c, p in GEX]))

    assert "amounts NOT comparable, gross gamma differs 99-fold" in answer.text
    assert not answer.json.keys() & {"net_change", "by_strike", "spot_alone"}
    assert answer.json["not_comparable"] in answer.text


@pytest.mark.parametrize(
    ("spots", "now", "words", "key"),
    [
        (
            (99.5, 95.5),
            [(95, 2e6, -90e6), (100, 40e6, -8e6), (105, 30e6, -1e6)],
            "CROSSED the flip, now below it",
            "spot_moved",
        ),
        (
            (99.5, 99.5),
            [(95, 2e6, -90e6), (100, 40e6, -8e6), (105, 30e6, -1e6)],
            "now below the flip, because the flip moved through it",
            "flip_moved",
        ),
    ],
)
def test_a_crossed_flip_says_which_of_the_two_moved(
    change_reading: Changes,
    spots: tuple[float, float],
    now: list[tuple[float, float, float]],
    words: str,
    key: str,
) -> None:
    answer = change_answer(change_reading(now=now, spots=spots))

    assert words in answer.text
    assert answer.json["spot_crossed_flip"] == key


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (Moment("yesterday", "last", AS_OF.date()), "the last map of yesterday ("),
        (Moment("09:30", "until", AS_OF.date(), AS_OF), "since 09:30 ("),
        (Moment("now", "now"), "since now ("),
    ],
)
def test_the_first_line_tells_the_moment_asked_and_the_snapshot_used(
    change_reading: Changes, moment: Moment, words: str
) -> None:
    answer = change_answer(change_reading(since=moment))

    first = answer.text.splitlines()[0]
    assert f"{words}09:30:00 ET Fri 10 Jul)" in first
    assert answer.json["since"] == moment.said
    assert answer.json["from"]["as_of"] == "2026-07-10T09:30:00-04:00"


def test_the_largest_comparison_keeps_to_a_thousand_tokens(
    change_reading: Changes,
) -> None:
    bpe = pytest.importorskip(
        "rs_bpe.bpe", reason="no offline tokenizer for this Python"
    )
    answer = change_answer(
        change_reading(large=True, nets=(1.2e10, -9.8e10), apart=timedelta(days=1))
    )

    assert len(bpe.openai.o200k_base().encode(answer.text)) <= 1_000
