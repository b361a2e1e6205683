"""What an answer about a real chain costs a model to read."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import pytest

from gexfocus_mcp.analysis.book import combine
from gexfocus_mcp.analysis.confluence import read_confluence
from gexfocus_mcp.analysis.expiry import read_structure
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.matrix_turns import find_matrix_turns
from gexfocus_mcp.analysis.positioning import read_positioning
from gexfocus_mcp.analysis.profile import read_profile
from gexfocus_mcp.analysis.provenance import Provenance, trace
from gexfocus_mcp.analysis.reading import (
    ExpiryState,
    MatrixReading,
    PositioningReading,
    StrikesReading,
)
from gexfocus_mcp.analysis.roll_off import read_remainder
from gexfocus_mcp.market.expiries import ExpiryMap, MatrixGreek
from gexfocus_mcp.market.greek import GREEKS, Greek
from gexfocus_mcp.market.session import market_clock
from gexfocus_mcp.market.strikes import GreekMaps, StrikeMap
from gexfocus_mcp.render.answer import dense
from gexfocus_mcp.render.greeks import greeks_answer
from gexfocus_mcp.render.matrix import matrix_answer
from gexfocus_mcp.render.positioning import positioning_answer


class Chain(Protocol):
    """The fixture's snapshot."""

    name: str

    def document(self, kind: str) -> dict[str, Any]: ...
    def strikes(self, kind: str) -> StrikeMap: ...
    def expiries(self) -> ExpiryMap: ...


Chains = tuple[Chain, ...]
Tokens = Callable[[str], int]


def provenance(seen: StrikeMap) -> Provenance:
    """A read an hour after the snapshot."""
    clock = market_clock(seen.as_of + timedelta(hours=1))
    return trace(seen.as_of, seen.session, clock, source="gexfocus")


def reading(chain: Chain, *greeks: Greek) -> StrikesReading:
    maps: Mapping[Greek, StrikeMap] = {g: chain.strikes(g) for g in greeks}
    first = maps[greeks[0]]
    profiles = {g: read_profile(m) for g, m in maps.items()}
    return StrikesReading(first.ticker, provenance(first), first.spot, profiles, ())


def everyday(chain: Chain) -> PositioningReading:
    maps = {g: chain.strikes(g) for g in GREEKS}
    gamma = maps["gex"]
    structure = read_structure(chain.expiries())
    book = combine(gamma, structure.book) if structure.book else None
    found = read_positioning(
        GreekMaps(gamma.ticker, maps),
        gamma,
        [1],
        hours_left=6,
        stream_flip=gamma.spot,
        doubts=("stale map",),
        book=book if isinstance(book, Kernel) else None,
    )
    known = provenance(gamma)
    state = ExpiryState(known, structure, 0.5)
    return PositioningReading(
        gamma.ticker, known, found, state, None, None, "market closed"
    )


def test_four_maps_of_an_index_keep_to_the_budget(
    chains: Chains, tokens: Tokens
) -> None:
    indices = [c for c in chains if c.name.startswith(("SPX", "NDX"))]
    assert indices

    for chain in indices:
        answer = greeks_answer(reading(chain, *GREEKS))
        assert tokens(answer.text) <= 1600, chain.name
        assert tokens(dense(answer.json)) <= 2200, chain.name


def test_gamma_alone_shows_seventy_percent_of_gross(chain: Chain) -> None:
    shown = greeks_answer(reading(chain, "gex")).json["maps"]["gex"]
    bars = chain.document("gex")["bars"]
    gross = sum(abs(b["calls"]) + abs(b["puts"]) for b in bars)
    kept = sum(
        abs(b["calls"]) + abs(b["puts"])
        for b in bars
        if b["strike"] in set(shown["bars"]["strike"])
    )

    assert kept / gross >= 0.70
    assert shown["gross_share_shown"] == pytest.approx(kept / gross, abs=0.0006)


@pytest.mark.parametrize("bars", [5, 30, 60])
def test_both_channels_stay_under_ten_thousand_characters(
    chain: Chain, bars: int
) -> None:
    spot = chain.document("gex")["spot"]
    strikes = sorted(
        (b["strike"] for b in chain.document("gex")["bars"]),
        key=lambda k: abs(k - spot),
    )
    asked = strikes[-8:]

    answer = greeks_answer(reading(chain, *GREEKS), max_bars=bars, strikes=asked)

    assert len(answer.text) <= 10_000
    assert len(dense(answer.json)) <= 10_000
    assert set(asked) <= set(answer.json["maps"]["gex"]["bars"]["strike"])


def test_the_everyday_read_keeps_to_the_budget(chain: Chain, tokens: Tokens) -> None:
    answer = positioning_answer(everyday(chain))

    assert tokens(answer.text) <= 700
    assert tokens(dense(answer.json)) <= 900


@pytest.mark.parametrize("greek", ["gex", "vanna", "charm"])
def test_the_matrix_keeps_to_the_budget(
    chain: Chain, tokens: Tokens, greek: MatrixGreek
) -> None:
    expiries = chain.expiries()
    structure = read_structure(expiries, greek, flips=12)
    ahead, days = range(len(expiries.expirations)), expiries.expirations
    read = MatrixReading(
        expiries.ticker,
        provenance(chain.strikes("gex")),
        expiries,
        structure,
        find_matrix_turns(expiries, structure),
        read_confluence(expiries, ahead),
        read_remainder(
            expiries, expiries.matrices[greek], ahead, days[3], structure.book
        ),
    )

    assert tokens(matrix_answer(read).text) <= 1000
    widest = matrix_answer(
        read, max_strikes=60, max_expirations=12, strikes=expiries.strikes[:8]
    )
    assert len(widest.text) <= 10_000
    assert len(dense(widest.json)) <= 10_000
    assert set(expiries.strikes[:8]) <= set(widest.json["bars"]["strike"])


def test_the_matrix_names_only_strikes_that_there_are(chain: Chain) -> None:
    expiries = chain.expiries()
    read = MatrixReading(
        expiries.ticker,
        provenance(chain.strikes("gex")),
        expiries,
        read_structure(expiries),
    )

    assert set(matrix_answer(read).json["bars"]["strike"]) <= set(expiries.strikes)
