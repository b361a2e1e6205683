"""Option chains of real days, where there are any at hand."""

import gzip
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gexfocus_mcp.market.expiries import ExpiryMap, Matrix
from gexfocus_mcp.market.greek import parse_greek
from gexfocus_mcp.market.strikes import Bar, StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker


VARIABLE = "GEXFOCUS_TEST_DATA"


def folder() -> Path | None:
    named = os.environ.get(VARIABLE)
    path = Path(named) if named else None
    return path if path and (path / "truth.json").is_file() else None


@dataclass(frozen=True)
class Chain:
    """
    One snapshot: its maps as the feed would send them, and what a client cannot see.

    Attributes:
        truth: Zero gamma and hedges by repricing every contract, over all expirations.
    """

    name: str
    path: Path
    truth: dict[str, Any]

    def document(self, kind: str) -> dict[str, Any]:
        return _document(self.path / f"{kind}.json.gz")

    def strikes(self, kind: str) -> StrikeMap:
        raw = self.document(kind)
        return StrikeMap(
            ticker=parse_ticker(raw["ticker"]),
            greek=parse_greek(kind.removesuffix("_oi")),
            as_of=datetime.fromisoformat(raw["ts_iso"]),
            session=date.fromisoformat(raw["session_date"]),
            spot=raw["spot"],
            stored_net=raw["net_exposure"],
            stored_max_strike=raw["max_strike"],
            bars=tuple(Bar(b["strike"], b["calls"], b["puts"]) for b in raw["bars"]),
        )

    def expiries(self) -> ExpiryMap:
        raw = self.document("mapa_gamma")
        return ExpiryMap(
            ticker=parse_ticker(raw["ticker"]),
            as_of=datetime.fromisoformat(raw["ts_iso"]),
            spot=raw["spot"],
            expirations=tuple(map(date.fromisoformat, raw["expirations"])),
            strikes=tuple(raw["strikes"]),
            matrices={
                "gex": _rows(raw["matrix"]),
                "vanna": _rows(raw["vanna_matrix"]),
                "charm": _rows(raw["charm_matrix"]),
            },
        )


def _rows(matrix: list[list[float | None]]) -> Matrix:
    return tuple(tuple(row) for row in matrix)


@cache
def _document(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return read


@cache
def _chains() -> tuple[Chain, ...]:
    data = folder()
    if data is None:
        return ()
    truth = json.loads((data / "truth.json").read_text(encoding="utf-8"))
    return tuple(
        Chain(s["name"], data / s["name"], s["all"])
        for s in truth["snapshots"]
        if (data / s["name"] / "gex.json.gz").is_file()
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `chain` once a snapshot; skip it where there are none."""
    if "chain" in metafunc.fixturenames:
        none = pytest.param(
            None, marks=pytest.mark.skip(reason=f"{VARIABLE} names no data")
        )
        chains = list(_chains())
        metafunc.parametrize(
            "chain", chains or [none], ids=[c.name for c in chains] or None
        )


@pytest.fixture(scope="session")
def chains() -> tuple[Chain, ...]:
    """Return every snapshot; skip where there are none."""
    found = _chains()
    if not found:
        pytest.skip(f"{VARIABLE} names no data")
    return found


@pytest.fixture(scope="session")
def tokens() -> Callable[[str], int]:
    """Return a function that counts o200k tokens, offline."""
    from rs_bpe.bpe import openai

    encoder = openai.o200k_base()
    return lambda text: len(encoder.encode(text))
