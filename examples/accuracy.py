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

from gexfocus_mcp.analysis.book import combine, read_matrix_book
from gexfocus_mcp.analysis.convention import detect_convention
from gexfocus_mcp.analysis.hedge import read_hedge
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.sources.gexfocus.wire_maps import parse_strike_map
from gexfocus_mcp.sources.gexfocus.wire_matrix import parse_expiry_map


Row = dict[str, Any]


def served(folder: Path, name: str, what: str) -> Any:
    """One payload, as the feed would send it."""
    return json.loads(gzip.decompress((folder / name / f"{what}.json.gz").read_bytes()))


def read(folder: Path, name: str, what: str) -> StrikeMap:
    """One served map, through the same parser as the live feed's."""
    payload = served(folder, name, what)
    greek = what.removesuffix("_oi")
    assert greek in {"gex", "delta", "vanna", "charm"}
    return parse_strike_map(payload, parse_ticker(payload["ticker"]), greek)  # type: ignore[arg-type]  # narrowed above


def read_matrix(folder: Path, name: str) -> ExpiryMap:
    """Its matrix, likewise."""
    payload = served(folder, name, "mapa_gamma")
    return parse_expiry_map(payload, parse_ticker(payload["ticker"]))


def score(gamma: StrikeMap, book: Kernel | None, real: Row) -> Row:
    """How far one method's flip and hedges are from the truth."""
    spot = gamma.spot or 0.0
    levels, kernel = read_levels(gamma, book=book)
    assert kernel is not None
    hedges = []
    for move in (1, -1):
        convex = read_hedge(kernel, gamma.net, levels.flip, move).convex
        whole = real["dealer_hedge_full_reprice_usd"][f"{move:+d}%"]
        hedges.append((convex * whole > 0, abs(convex - whole) / gamma.gross * 100))
    zero, flip = real["zero_gamma_repriced"], levels.flip
    return {
        "side": flip is None or flip.side_agrees_with_net is not False,
        "error": None
        if zero is None or flip is None
        else abs(flip.value - zero) / spot * 100,
        "distance": None if zero is None else abs(zero - spot) / spot * 100,
        "false": zero is None and flip is not None,
        "hedges": hedges,
    }


def measure(folder: Path, truth: Row) -> Row:
    """Compare one snapshot's reading with its truth, by one width and by expiration."""
    gamma = read(folder, truth["name"], "gex")
    matrix = read_matrix_book(read_matrix(folder, truth["name"]))
    book = combine(gamma, matrix) if matrix else None
    assert isinstance(book, Kernel)
    levels, _ = read_levels(gamma)
    real = truth["all"]
    conventions = [
        detect_convention(read(folder, truth["name"], f"{greek}{side}"))
        for greek in ("delta", "vanna", "charm")
        for side in ("", "_oi")
    ]
    return {
        "name": truth["name"],
        "kernel": score(gamma, None, real),
        "matrix": score(gamma, book, real),
        "walls": (
            levels.call_wall and levels.call_wall.strike,
            levels.put_wall and levels.put_wall.strike,
        )
        == (real["call_wall"], real["put_wall"]),
        "conventions": conventions == ["dealer_signed", "raw_oi"] * 3,
    }


def figures(rows: list[Row]) -> list[str]:
    """What the table says of one method."""
    errors = [r["error"] for r in rows if r["error"] is not None]
    near = [r["error"] for r in rows if r["error"] is not None and r["distance"] < 5]
    hedges = [h for r in rows for h in r["hedges"]]
    return [
        f"{sum(not r['side'] for r in rows)} of {len(rows)}",
        f"{median(errors):.2f} % / {max(errors):.1f} % of spot",
        f"{median(near):.2f} % / {max(near):.1f} %",
        f"{sum(r['false'] for r in rows)} of {len(rows)}",
        f"{sum(h[0] for h in hedges)} of {len(hedges)}",
        f"{median(h[1] for h in hedges):.2f} % / {max(h[1] for h in hedges):.1f} % of gross",
    ]


def table(rows: list[Row]) -> str:
    """The figures of all snapshots, as a Markdown table."""
    kernel, matrix = (figures([r[m] for r in rows]) for m in ("kernel", "matrix"))
    near = sum((r["kernel"]["distance"] or 99) < 5 for r in rows)
    names = [
        "flip on the wrong side of spot for net gamma",
        "flip error, median / largest",
        f"the same where the true flip is within 5 % of spot ({near})",
        "flips found where the chain has none within 15 %",
        "hedge for ±1 % of the right sign",
        "hedge error, median / largest",
    ]
    both = [
        f"{sum(r[key] for r in rows)} of {len(rows)}"
        for key in ("walls", "conventions")
    ]
    lines = [
        "| what | by expiration (`matrix`) | one width (`kernel`) |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {sharp} | {single} |"
            for name, sharp, single in zip(names, matrix, kernel, strict=True)
        ),
        f"| walls on the chain's own strikes | {both[0]} | |",
        f"| sign convention told apart (six maps each) | {both[1]} | |",
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
        told = [
            f"{method} flip error {'no true flip' if (error := row[method]['error']) is None else f'{error:.2f} %':12} "
            f"hedge {', '.join(f'{h[1]:.2f} %' for h in row[method]['hedges'])}"
            for method in ("matrix", "kernel")
        ]
        print(f"{row['name']:24} {' | '.join(told)}")
    print(f"\n{table(rows)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
