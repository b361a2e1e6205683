"""Volatilities out of ratios, and the units and sides that must not be believed."""

from dataclasses import replace
from math import exp, isclose, log
from random import Random

import pytest

from gexfocus_mcp.analysis.smile import read_smiles, years_to
from gexfocus_mcp.analysis.smile_fit import Smile
from gexfocus_mcp.market.expiries import ExpiryMap, Matrix, MatrixGreek
from tests.analysis.chains import AS_OF, CARRY, NEAR, Chain, skewed


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain(seed=2)


def smiles_of(expiries: ExpiryMap) -> list[Smile | None]:
    found = read_smiles(expiries, AS_OF)
    return list(found.columns) if found else []


def with_matrix(expiries: ExpiryMap, greek: MatrixGreek, matrix: Matrix) -> ExpiryMap:
    return replace(expiries, matrices={**expiries.matrices, greek: matrix})


@pytest.mark.parametrize(
    ("raw", "basis", "close"),
    [(False, "vanna/gamma", 0.02), (True, "charm/vanna", 0.25)],
)
def test_the_volatility_that_priced_each_strike_is_found(
    chain: Chain, raw: bool, basis: str, close: float
) -> None:
    found = read_smiles(chain.expiries(raw=raw), AS_OF)

    assert found is not None
    assert found.basis == basis
    for day, smile in zip(NEAR, found.columns, strict=True):
        assert smile is not None
        years = years_to(day, AS_OF)
        deviation = 0.14 * years**0.5
        for z in (-2, -1.5, 1, 1.5):
            x = z * deviation
            true = skewed(log(round(6000 * exp(x) / 25) * 25 / 6000), years)
            assert isclose(smile.width_at(x) / years**0.5, true, rel_tol=close)


def test_the_forward_is_found_from_vanna_over_gamma(chain: Chain) -> None:
    for day, smile in zip(NEAR, smiles_of(chain.expiries()), strict=True):
        assert smile is not None
        years = years_to(day, AS_OF)
        assert abs(smile.forward - CARRY * years) < 0.1 * 0.14 * years**0.5


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("vanna", [10.0, 1 / 10, 1 / 60, 1 / 100])
def test_a_wrong_unit_of_vanna_is_recognised(
    chain: Chain, vanna: float, raw: bool
) -> None:
    assert read_smiles(chain.expiries(raw=raw, vanna=vanna), AS_OF) is None


def test_vanna_of_a_whole_volatility_is_recognised_too(chain: Chain) -> None:
    point, whole = (
        [s.middle for s in smiles_of(expiries) if s]
        for expiries in (chain.expiries(), chain.expiries(vanna=100.0))
    )

    assert len(point) == len(NEAR)
    assert whole == pytest.approx(point)
    # Gamma per index point instead of per 1 % looks much the same, where charm does not tell.
    assert read_smiles(chain.expiries(vanna=100.0, charm=None), AS_OF) is None


def test_two_ratios_that_contradict_each_other_are_both_left_alone(
    chain: Chain,
) -> None:
    twice = tuple(
        tuple(v and v * 1.6 for v in row) for row in chain.expiries().matrices["gex"]
    )

    # Vanna over gamma then says 1.6 times the volatility that charm over vanna does.
    assert read_smiles(with_matrix(chain.expiries(), "gex", twice), AS_OF) is None
    alone = with_matrix(chain.expiries(charm=None), "gex", twice)
    assert read_smiles(alone, AS_OF) is not None


def test_gamma_per_point_beside_vanna_per_one_percent_is_recognised(
    chain: Chain,
) -> None:
    rows = chain.expiries().matrices["gex"]
    per_point = tuple(tuple(v and v / 60 for v in row) for row in rows)

    for charm in (1.0, None):
        expiries = with_matrix(chain.expiries(charm=charm), "gex", per_point)
        assert read_smiles(expiries, AS_OF) is None


def test_a_charm_of_an_odd_unit_does_not_spoil_vanna(chain: Chain) -> None:
    found = read_smiles(chain.expiries(charm=365.0), AS_OF)

    assert found is not None
    assert found.basis == "vanna/gamma"


@pytest.mark.parametrize(
    "expiries",
    [
        pytest.param({"vanna": None}, id="no vanna"),
        pytest.param({"vanna": None, "charm": None}, id="gamma alone"),
        pytest.param({"raw": True, "charm": None}, id="raw vanna alone"),
        pytest.param({"vanna": 0.0}, id="vanna all zero"),
    ],
)
def test_without_a_usable_ratio_there_is_no_smile(
    chain: Chain, expiries: dict[str, float | None]
) -> None:
    assert read_smiles(chain.expiries(**expiries), AS_OF) is None  # type: ignore[arg-type]  # a union over the cases


def test_noise_is_no_smile(chain: Chain) -> None:
    expiries, draw = chain.expiries(charm=None), Random(4)
    spot = chain.spot
    # Of the right sign everywhere, but of any size.
    noise = tuple(
        tuple(
            v and v * (1 if k > spot else -1) * draw.lognormvariate(0, 2) for v in row
        )
        for k, row in zip(expiries.strikes, expiries.matrices["gex"], strict=True)
    )

    assert read_smiles(with_matrix(expiries, "vanna", noise), AS_OF) is None


def test_an_expiration_that_has_ended_has_no_smile(chain: Chain) -> None:
    evening = AS_OF.replace(hour=17)

    found = read_smiles(chain.expiries(), evening)

    assert found is not None
    assert [s is None for s in found.columns] == [True, False, False, False]


def test_without_a_spot_there_is_no_smile(chain: Chain) -> None:
    assert read_smiles(replace(chain.expiries(), spot=None), AS_OF) is None
