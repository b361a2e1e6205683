"""
Coverage-guided fuzzing of everything that reads bytes of the upstream: no exception but ours, no number that is none.

    python3.12 -m venv fuzz && fuzz/bin/pip install . atheris hypothesis
    fuzz/bin/python tests/fuzz/guided.py -max_total_time=180

Takes libFuzzer's options. The first byte chooses the reader, the rest is the body.
"""

import json
import sys
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import atheris


sys.path.insert(0, str(Path(__file__).parents[2]))

with atheris.instrument_imports(include=["gexfocus_mcp.sources"]):
    from gexfocus_mcp.errors import GexFocusError
    from gexfocus_mcp.sources.gexfocus.decoding import decode_object
    from gexfocus_mcp.sources.gexfocus.feed import Feed
    from gexfocus_mcp.sources.gexfocus.wire_flow import parse_flow_history
    from gexfocus_mcp.sources.gexfocus.wire_maps import (
        parse_greek_maps,
        parse_strike_map,
    )
    from gexfocus_mcp.sources.gexfocus.wire_matrix import parse_expiry_map
    from gexfocus_mcp.sources.gexfocus.wire_stored import (
        parse_map_history,
        parse_sessions,
    )

from gexfocus_mcp.market.ticker import parse_ticker
from tests.fuzz.corpus import KINDS, TODAY, sound


SPY = parse_ticker("SPY")


def hear(body: bytes) -> object:
    feed = Feed(SPY, 0.0)
    feed.opened(0.0)
    feed.received(body, 1.0)
    return tuple(feed.heard)


READERS: dict[str, Callable[[bytes], object]] = {
    "greeks": lambda body: parse_greek_maps(decode_object(body), SPY),
    "map": lambda body: parse_strike_map(decode_object(body), SPY, "gex"),
    "matrix": lambda body: parse_expiry_map(decode_object(body), SPY),
    "flow": lambda body: parse_flow_history(
        decode_object(body), SPY, TODAY, limit=2000, every=1
    ),
    "summaries": lambda body: parse_map_history(
        decode_object(body), SPY, "gex", TODAY, limit=2000, every=1, summary=False
    ),
    "sessions": lambda body: parse_sessions(decode_object(body), SPY),
    "frame": hear,
}


def check_finite(value: Any) -> None:
    if isinstance(value, float):
        assert isfinite(value)
    elif isinstance(value, dict):
        for item in value.values():
            check_finite(item)
    elif isinstance(value, tuple | list):
        for item in value:
            check_finite(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            check_finite(getattr(value, name))


def try_one(data: bytes) -> None:
    if not data:
        return
    try:
        read = READERS[KINDS[data[0] % len(KINDS)]](data[1:])
    except GexFocusError:
        return
    check_finite(read)


def main() -> None:
    seeds = Path(sys.argv[0]).parent / ".corpus"
    seeds.mkdir(exist_ok=True)
    for number, kind in enumerate(KINDS):
        body = json.dumps(sound(kind), separators=(",", ":")).encode()
        (seeds / kind).write_bytes(bytes([number]) + body)
    atheris.Setup([*sys.argv, str(seeds), "-max_len=20000"], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
