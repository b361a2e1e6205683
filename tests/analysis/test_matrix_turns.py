"""Where the read of a matrix turns over."""

from dataclasses import replace

from gexfocus_mcp.analysis.expiry import read_structure
from gexfocus_mcp.analysis.matrix_turns import find_matrix_turns
from tests.analysis.chains import NEAR, Chain


def test_it_turns_over_where_its_own_contracts_do() -> None:
    chain = Chain(seed=4)
    expiries = chain.expiries()
    structure = read_structure(expiries)
    chain.contracts = [c for c in chain.contracts if c.expiration in NEAR]
    zero, net = chain.zero(), chain.net_at(chain.spot)

    first, *other = find_matrix_turns(expiries, structure)

    assert abs(first.level - zero) < 0.002 * chain.spot
    assert first.below == (zero < chain.spot)
    assert first.then == ("short gamma" if net > 0 else "long gamma")
    assert [turn.below for turn in other] in ([], [not first.below])


def test_without_a_dealers_matrix_nothing_is_said() -> None:
    expiries = Chain(seed=4).expiries()
    raw = tuple(tuple(v and abs(v) for v in row) for row in expiries.matrices["gex"])
    served = replace(expiries, matrices={**expiries.matrices, "gex": raw})

    assert find_matrix_turns(served, read_structure(served)) == ()
    assert find_matrix_turns(expiries, read_structure(expiries, "vanna")) == ()
