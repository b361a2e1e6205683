"""
From the bytes of a session's order flow to its reading, beside `json.loads` of the same bytes.

    python examples/benchmarks/parsing.py [ROWS ...]

The two are done in turn; the ratio within a round is what counts.
"""

import json
import random
import sys
from datetime import date, datetime, timedelta
from functools import partial
from statistics import median

from upstream import Stopwatch

from gexfocus_mcp.analysis.flow_path import read_flow_path
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.sources.gexfocus.decoding import read_object
from gexfocus_mcp.sources.gexfocus.wire_flow import parse_flow_history


DAY = date(2026, 11, 19)
ROUNDS = 7
AMOUNTS = (
    "net_premium",
    "delta_exposure",
    "net_call_premium",
    "net_put_premium",
    "net_call_premium_0dte",
    "net_put_premium_0dte",
)


def session(rows: int) -> bytes:
    """A stored session as the upstream sends it, with numbers that wander."""
    dice = random.Random(7)
    opened = datetime(DAY.year, DAY.month, DAY.day, 9, 30, tzinfo=NEW_YORK)
    flow, price = 0.0, 600.0
    data = []
    for number in range(rows):
        flow += dice.gauss(0, 2e5)
        price += dice.gauss(0, 0.02)
        at = opened + timedelta(hours=6.5) * number / rows
        data.append(
            {
                "ts": at.isoformat(),
                "ticker": "SPY",
                "ndf": round(flow, 2),
                "price": round(price, 2),
                "fep": round(price - 0.3, 2),
                "threshold_long": 20_000_000,
                "threshold_short": -20_000_000,
                **{name: round(dice.gauss(0, 1e6), 2) for name in AMOUNTS},
            }
        )
    head = {"ticker": "SPY", "session_date": str(DAY), "every": 1, "count": rows}
    return json.dumps({**head, "data": data}).encode()


def main() -> None:
    """One line for each number of rows."""
    parse = partial(parse_flow_history, ticker=parse_ticker("SPY"), day=DAY, every=1)
    for rows in [int(said) for said in sys.argv[1:]] or [2_000, 20_000]:
        body = session(rows)
        bare, ours = Stopwatch(), Stopwatch()
        for _ in range(ROUNDS):
            with bare:
                json.loads(body)
            with ours:
                history = read_object(body, partial(parse, limit=rows))
                read_flow_path(history.ticks)
        assert len(history.ticks) == rows
        ratio = median(a / b for a, b in zip(ours.seconds, bare.seconds, strict=True))
        print(
            f"{rows:6} rows, {len(body) / 1e6:.1f} MB: bytes to reading {ours.ms:.0f} ms, "
            f"json.loads {bare.ms:.0f} ms, ratio {ratio:.1f}"
        )


if __name__ == "__main__":
    main()
