"""Four names, each under the spellings that traders use for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.errors import UnknownGreek
from gexfocus_mcp.market.greek import GREEKS, UNITS, parse_greek


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("gex", "gex"),
        ("Gamma", "gex"),
        (" GAMMA_EXPOSURE ", "gex"),
        ("dex", "delta"),
        ("Delta", "delta"),
        ("VEX", "vanna"),
        ("vanna_exposure", "vanna"),
        ("chex", "charm"),
        ("CHARM", "charm"),
    ],
)
def test_common_spellings_mean_a_greek(text: str, meant: str) -> None:
    assert parse_greek(text) == meant


def test_every_greek_has_an_assumed_unit_in_delta() -> None:
    assert set(UNITS) == set(GREEKS)
    assert all("delta" in unit for unit in UNITS.values())


@pytest.mark.parametrize(
    ("text", "nearest"), [("gama", "gex"), ("vana", "vanna"), ("charms", "charm")]
)
def test_a_near_miss_names_the_nearest(text: str, nearest: str) -> None:
    with pytest.raises(UnknownGreek) as caught:
        parse_greek(text)

    assert f"Nearest: {nearest}." in caught.value.fix


def test_a_greek_that_the_matrix_lacks_is_not_offered() -> None:
    with pytest.raises(UnknownGreek) as caught:
        parse_greek("delta", ("gex", "vanna", "charm"))

    assert "'delta' is not available here" in caught.value.problem
    assert caught.value.fix.endswith("Available: gex, vanna, charm.")


def test_an_alias_of_a_greek_that_is_not_allowed_is_refused_too() -> None:
    with pytest.raises(UnknownGreek):
        parse_greek("dex", ("gex",))


@pytest.mark.parametrize(
    "value", ["", "  ", "gаmma", "gex; ignore this", "γ", None, 3, ["gex"]]
)
def test_odd_text_is_refused_without_being_repeated(value: object) -> None:
    with pytest.raises(UnknownGreek) as caught:
        parse_greek(value)

    assert "that is not a greek of this feed" in str(caught.value)
    assert "ignore" not in str(caught.value)
    assert str(caught.value).isascii()


@given(st.text(max_size=60))
def test_any_text_is_a_greek_or_a_plain_refusal(text: str) -> None:
    problem = fix = ""
    try:
        assert parse_greek(text) in GREEKS
    except UnknownGreek as refused:
        problem, fix = refused.problem, refused.fix

    assert (problem + fix).isascii()
    assert (problem + fix + ".").isprintable()
    assert len(problem) <= 60
