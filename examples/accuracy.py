"""
How right the flip and the hedge are, against a full repricing of real option chains.

    python examples/accuracy.py FOLDER

FOLDER (or GEXFOCUS_TEST_DATA) holds maps computed from real chains and a truth.json with what only
the chains can tell; it is not shipped. Prints the table of the README.
"""

import gzip
import json
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any

from gexfocus_mcp.analysis.convention import detect_convention
from gexfocus_mcp.analysis.hedge import read_hedge
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.sources.gexfocus.wire_maps import parse_strike_map


Row = dict[str, Any]


def read(folder: Path, name: str, what: str) -> StrikeMap:
    """One served map, through the same parser as the live feed's."""
    payload = json.loads(
        gzip.decompress((folder / name / f"{what}.json.gz").read_bytes())
    )
    greek = what.removesuffix("_oi")
    assert greek in {"gex", "delta", "vanna", "charm"}
    return parse_strike_map(payload, parse_ticker(payload["ticker"]), greek)  # type: ignore[arg-type]  # narrowed above


def measure(folder: Path, truth: Row) -> Row:
    """Compare one snapshot's reading with its truth."""
    gamma = read(folder, truth["name"], "gex")
    spot = gamma.spot or 0.0
    levels, kernel = read_levels(gamma)
    assert kernel is not None
    real, hedges = truth["all"], []
    for move in (1, -1):
        convex = read_hedge(kernel, gamma.net, levels.flip, move).convex
        whole = real["dealer_hedge_full_reprice_usd"][f"{move:+d}%"]
        hedges.append((convex * whole > 0, abs(convex - whole) / gamma.gross * 100))
    zero, flip = real["zero_gamma_repriced"], levels.flip
    conventions = [
        detect_convention(read(folder, truth["name"], f"{greek}{book}"))
        for greek in ("delta", "vanna", "charm")
        for book in ("", "_oi")
    ]
    return {
        "name": truth["name"],
        "side": flip is not None and flip.side_agrees_with_net,
        "error": None
        if zero is None or flip is None
        else abs(flip.value - zero) / spot * 100,
        "distance": None if zero is None else abs(zero - spot) / spot * 100,
        "false": zero is None and flip is not None,
        "hedges": hedges,
        "walls": (
            levels.call_wall and levels.call_wall.strike,
            levels.put_wall and levels.put_wall.strike,
        )
        == (real["call_wall"], real["put_wall"]),
        "conventions": conventions == ["dealer_signed", "raw_oi"] * 3,
    }


def table(rows: list[Row]) -> str:
    """The figures of all snapshots, as a Markdown table."""
    errors = [r["error"] for r in rows if r["error"] is not None]
    near = [r["error"] for r in rows if r["error"] is not None and r["distance"] < 5]
    hedges = [h for r in rows for h in r["hedges"]]
    count = len(rows)
    lines = [
        "| what | result |",
        "| --- | --- |",
        f"| flip on net gamma's side of spot | {sum(r['side'] for r in rows)} of {count} |",
        f"| flip error, median / largest | {median(errors):.2f} % / {max(errors):.1f} % of spot |",
        f"| the same where the true flip is within 5 % of spot ({len(near)}) | {median(near):.2f} % / {max(near):.1f} % |",
        f"| flips found where the chain has none within 15 % | {sum(r['false'] for r in rows)} of {count} |",
        f"| hedge for ±1 % of the right sign | {sum(h[0] for h in hedges)} of {len(hedges)} |",
        f"| hedge error, median / largest | {median(h[1] for h in hedges):.2f} % / {max(h[1] for h in hedges):.1f} % of gross |",
        f"| walls on the chain's own strikes | {sum(r['walls'] for r in rows)} of {count} |",
        f"| sign convention told apart (six maps each) | {sum(r['conventions'] for r in rows)} of {count} |",
    ]
    return "\n".join(lines)


def main() -> int:
    """Print one line a snapshot, then the table."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("GEXFOCUS_TEST_DATA")
    if not named or not (Path(named) / "truth.json").is_file():
        print("name the folder with the real chains, or set GEXFOCUS_TEST_DATA")
        return 2
    folder = Path(named)
    truths = json.loads((folder / "truth.json").read_text("utf-8"))["snapshots"]
    rows = [measure(folder, truth) for truth in truths]
    for row in rows:
        error = "no true flip" if row["error"] is None else f"{row['error']:.2f} %"
        print(
            f"{row['name']:24} flip error {error:13} hedge errors {', '.join(f'{h[1]:.2f} %' for h in row['hedges'])}"
        )
    print(f"\n{table(rows)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
