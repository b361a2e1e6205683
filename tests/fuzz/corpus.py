"""Sound replies of every kind, cut small so that many can be tried; made by the simulated market."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final

from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.simulator import documents
from gexfocus_mcp.simulator.greeks import GREEKS
from gexfocus_mcp.simulator.world import World


Doc = dict[str, Any]

NOW: Final = datetime(2026, 11, 19, 11, 0, 5, tzinfo=NEW_YORK)
TICKER: Final = "SPY"
TODAY: Final = NOW.date()


@cache
def _world() -> World:
    return World(7, "dealer")


@cache
def sound(kind: str) -> Doc:
    """The sound reply of *kind*; not to be changed."""
    made = _MAKERS[kind]()
    # As it comes over the wire: whole numbers and floats are told apart there.
    read: Doc = json.loads(json.dumps(made))
    return read


KINDS: Final = ("greeks", "map", "matrix", "flow", "summaries", "sessions", "frame")


@cache
def _greeks() -> Doc:
    doc = documents.latest_greeks(_world(), TICKER, GREEKS, NOW)
    for greek in GREEKS:
        bars = doc[greek]["bars"]
        near = sorted(bars, key=lambda bar: abs(bar["strike"] - doc[greek]["spot"]))[
            :24
        ]
        doc[greek]["bars"] = sorted(near, key=lambda bar: bar["strike"])
    return doc


def _matrix() -> Doc:
    doc = documents.latest_matrix(_world(), TICKER, NOW)
    near = sorted(
        range(len(doc["strikes"])), key=lambda i: abs(doc["strikes"][i] - doc["spot"])
    )
    rows = sorted(near[:14])
    for key in ("matrix", "vanna_matrix", "charm_matrix"):
        doc[key] = [doc[key][i][:4] for i in rows]
    doc["strikes"] = [doc["strikes"][i] for i in rows]
    doc["expirations"] = doc["expirations"][:4]
    return doc


def _flow() -> Doc:
    doc = documents.ndf_history(_world(), TICKER, NOW, TODAY, limit=24, every=10)
    doc["every"] = 1
    return doc


def _summaries() -> Doc:
    doc = documents.greek_history(
        _world(), TICKER, "gex", NOW, (TODAY, TODAY), limit=24, every=3, summary=True
    )
    doc["every"] = 1
    return doc


def _sessions() -> Doc:
    doc = documents.ndf_sessions(_world(), TICKER, NOW)
    return {**doc, "sessions": doc["sessions"][-12:]}


def _frame() -> Doc:
    tick = _world().current_tick(TICKER, NOW)
    assert tick is not None
    return documents.stream_message(_world(), TICKER, tick, NOW)


_MAKERS: Final[dict[str, Callable[[], Doc]]] = {
    "greeks": _greeks,
    "map": lambda: dict(_greeks()["gex"]),
    "matrix": _matrix,
    "flow": _flow,
    "summaries": _summaries,
    "sessions": _sessions,
    "frame": _frame,
}
