"""What a multi-expiration matrix says, reckoned from the upstream's own JSON."""

from math import exp, log, pi, sqrt
from typing import Any

from tests.questions.reckoning import net_by_spot, zero_near


Doc = dict[str, Any]


def column(matrix: Doc, day: str, name: str = "matrix") -> list[float]:
    at = matrix["expirations"].index(day)
    return [row[at] for row in matrix[name]]


def column_net(matrix: Doc, day: str, name: str = "matrix") -> float:
    return sum(column(matrix, day, name))


def column_gross(matrix: Doc, day: str, name: str = "matrix") -> float:
    return sum(abs(cell) for cell in column(matrix, day, name))


def matrix_net(matrix: Doc, *, after: str = "", name: str = "matrix") -> float:
    """Over the expirations later than *after*."""
    return sum(
        column_net(matrix, day, name) for day in matrix["expirations"] if day > after
    )


def matrix_gross(matrix: Doc, *, after: str = "", name: str = "matrix") -> float:
    return sum(
        column_gross(matrix, day, name) for day in matrix["expirations"] if day > after
    )


def column_share(
    matrix: Doc, day: str, *, after: str = "", name: str = "matrix"
) -> float:
    return column_gross(matrix, day, name) / matrix_gross(
        matrix, after=after, name=name
    )


def largest(matrix: Doc, *, after: str = "") -> str:
    ahead: list[str] = [day for day in matrix["expirations"] if day > after]
    return max(ahead, key=lambda day: column_gross(matrix, day))


def column_flip(matrix: Doc, day: str) -> float | None:
    held = [
        (strike, cell)
        for strike, cell in zip(matrix["strikes"], column(matrix, day), strict=True)
        if cell
    ]
    cells = [cell for _, cell in held]
    book = net_by_spot(
        matrix["spot"], [k for k, _ in held], cells, [abs(c) for c in cells]
    )
    return zero_near(matrix["spot"], book)


def column_peak(matrix: Doc, day: str) -> float:
    """Strike of the column's largest cell by size."""
    cells = zip(matrix["strikes"], column(matrix, day), strict=True)
    return float(max(cells, key=lambda held: abs(held[1]))[0])


def magnet(matrix: Doc, day: str) -> tuple[float, float]:
    """Strike and cell of the largest positive exposure of *day* within 1 % of spot."""
    spot = matrix["spot"]
    cells = zip(matrix["strikes"], column(matrix, day), strict=True)
    value, strike = max(
        (cell, strike) for strike, cell in cells if abs(strike - spot) <= 0.01 * spot
    )
    assert value > 0, "the question needs a magnet"
    return strike, value


def pin_score(matrix: Doc, day: str, hours: float, regime: str) -> float:
    """Share at the strike, how near it is, how late it is, and which way gamma leans: 0 to 100."""
    strike, value = magnet(matrix, day)
    cells = list(zip(matrix["strikes"], column(matrix, day), strict=True))
    size = column_gross(matrix, day)
    away = sum(abs(c) * abs(log(k / matrix["spot"])) for k, c in cells) / size
    reach = (strike / matrix["spot"] - 1) / (sqrt(pi / 2) * away)
    late = 0.4 + 0.6 * (1 - hours / 3) if hours <= 3 else 0.3
    leaning = 1.0 if regime == "long_gamma" else 0.4
    return 100 * min(value / size / 0.3, 1) * exp(-(reach**2) / 2) * late * leaning


def rows(matrix: Doc, *, after: str = "") -> dict[float, dict[str, float]]:
    """Cells by strike and day, of the expirations later than *after*."""
    return {
        strike: {
            day: cell
            for day, cell in zip(matrix["expirations"], row, strict=True)
            if day > after
        }
        for strike, row in zip(matrix["strikes"], matrix["matrix"], strict=True)
    }


def peak(matrix: Doc, sign: int, *, after: str = "") -> tuple[float, float]:
    """Strike and total of the largest exposure of one sign."""
    totals = {k: sum(row.values()) for k, row in rows(matrix, after=after).items()}
    strike = max(totals, key=lambda k: sign * totals[k])
    return strike, totals[strike]


def held_by(matrix: Doc, strike: float) -> list[tuple[str, float]]:
    """Expirations and their shares of the strike's gross, largest first."""
    cells = rows(matrix)[strike]
    size = sum(abs(cell) for cell in cells.values())
    shares = [(day, abs(cell) / size) for day, cell in cells.items()]
    return sorted(shares, key=lambda pair: -pair[1])


def gathered(matrix: Doc) -> list[tuple[float, tuple[float, float, float]]]:
    """Strikes and their shares of all gamma, vanna and charm by strike, largest sum of the three first."""
    columns = list[list[float]]()
    for name in ("matrix", "vanna_matrix", "charm_matrix"):
        sizes = [abs(sum(row)) for row in matrix[name]]
        columns.append([size / sum(sizes) for size in sizes])
    held = zip(matrix["strikes"], zip(*columns, strict=True), strict=True)
    return sorted(
        ((strike, (gamma, vanna, charm)) for strike, (gamma, vanna, charm) in held),
        key=lambda pair: -sum(pair[1]),
    )
