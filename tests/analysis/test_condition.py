"""Conditions as models and people write them, and those that cannot be meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.analysis.condition import (
    DEFAULT_CONDITIONS,
    parse_condition,
    price_condition,
)
from gexfocus_mcp.errors import BadArgument


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("flip", "flip"),
        (" Gamma Flip ", "flip"),
        ("zero-gamma", "flip"),
        ("call wall", "call_wall"),
        ("CALL_WALL", "call_wall"),
        ("put-wall", "put_wall"),
        ("ndf long", "ndf_long"),
        ("ndf_short", "ndf_short"),
        ("Net Sign", "net_sign"),
    ],
)
def test_a_named_condition_is_read_however_it_is_spelt(text: str, kind: str) -> None:
    read = parse_condition(text)

    assert (read.kind, read.text, read.level) == (kind, kind, None)


@pytest.mark.parametrize(
    ("text", "canonical", "level", "above", "reached"),
    [
        ("price>755.20", "price>755.20", 755.2, True, False),
        ("price<750", "price<750", 750, False, False),
        ("price >= 755.2", "price>=755.2", 755.2, True, True),
        ("spot<750", "price<750", 750, False, False),
        ("Spot  <=  $750", "price<=750", 750, False, True),
        ("price above 755", "price>755", 755, True, False),
        ("spot below 7,400.5", "price<7400.5", 7400.5, False, False),
        ("755<price", "price>755", 755, True, False),
        ("750.5 >= spot", "price<=750.5", 750.5, False, True),
        ("price≥755", "price>=755", 755, True, True),
    ],
)
def test_a_price_is_read_as_it_is_written(
    text: str,
    canonical: str,
    level: float,
    *,
    above: bool,
    reached: bool,
) -> None:
    read = parse_condition(text)

    assert read.kind == "price"
    assert (read.text, read.level, read.above, read.reached) == (
        canonical,
        level,
        above,
        reached,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ndf",
        "price",
        "755",
        "price=755",
        "price>",
        "price>abc",
        "price>0",
        "price>-5",
        "price>1e9",
        "price>99999999",
        "price>7,5",
        "price>٧٥٠",
        "vix>20",
        "price>1>2",
        "flip; drop",
    ],
)
def test_what_cannot_be_meant_is_refused_with_every_spelling(text: str) -> None:
    with pytest.raises(BadArgument, match=r"price>755\.20") as raised:
        parse_condition(text)
    assert "net_sign" in str(raised.value)


def test_a_near_miss_names_what_was_meant() -> None:
    with pytest.raises(BadArgument, match="Nearest: call_wall"):
        parse_condition("cal_wall")


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse_condition(text)
    except BadArgument:
        return
    assert parse_condition(read.text) == read


@given(st.floats(0.01, 1e6), st.booleans())
def test_a_price_condition_can_be_asked_for_again(level: float, above: bool) -> None:
    made = price_condition(level, above=above)

    assert parse_condition(made.text) == made
    assert made.level == pytest.approx(level, abs=0.00501)


def test_by_default_flip_walls_and_thresholds_are_waited_for() -> None:
    assert [c.text for c in DEFAULT_CONDITIONS] == [
        "flip",
        "call_wall",
        "put_wall",
        "ndf_long",
        "ndf_short",
    ]
