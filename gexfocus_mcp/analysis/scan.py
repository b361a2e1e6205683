"""
Many names at once: one row each, what they amount to together, and what a reader of the table should know.

The answer is as old as its oldest map. A name that could not be read is listed with its reason; one
whose map is old, or of another session, stays in and is named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gexfocus_mcp.analysis.basket import (
    LOW_COVERAGE,
    Aggregate,
    Breadth,
    Dispersion,
    Standing,
    in_order,
    nearest_turns,
    read_aggregate,
    read_breadth,
    read_dispersion,
)
from gexfocus_mcp.analysis.convention import Convention
from gexfocus_mcp.analysis.pairs import Pair, read_pairs
from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.reading import FlowState
from gexfocus_mcp.market.basket import Basket, Sort
from gexfocus_mcp.market.ticker import Ticker


_APART_S: Final = 300.0
_MAP_NOTES: Final = 6
_CONVENTION_NOTES: Final[dict[Convention, str]] = {
    "raw_oi": "gex map is raw open interest; read here for the dealer book (calls - puts)",
    "mixed": "gex map follows no known sign convention: its net is as the feed gave it",
}


@dataclass(frozen=True, slots=True)
class Row:
    """
    One name that was read.

    Attributes:
        convention: How its map was signed before it was read for the dealer.
        failure: Why an older map stands in for a new one; None normally.
        flow: Of a stream that was open anyway; None without one, or where its newest tick is old.
    """

    standing: Standing
    convention: Convention
    provenance: Provenance
    failure: str | None = None
    flow: FlowState | None = None

    @property
    def ticker(self) -> Ticker:
        return self.standing.ticker


@dataclass(frozen=True, slots=True)
class Unread:
    """One name that could not be read, and why."""

    ticker: Ticker
    code: str
    problem: str
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class ScanReading:
    """
    The names of a basket, read side by side.

    Attributes:
        provenance: That of the oldest map; stale if any is.
        spread_s: Seconds between the oldest and the newest map.
        rows: In the order of `sort`.
        nearest: The rows whose regime turns over soonest, nearest first.
    """

    basket: Basket
    sort: Sort
    provenance: Provenance
    spread_s: float
    rows: tuple[Row, ...]
    missing: tuple[Unread, ...]
    aggregate: Aggregate
    breadth: Breadth
    dispersion: Dispersion | None
    pairs: tuple[Pair, ...]
    nearest: tuple[Standing, ...]


def read_scan(
    basket: Basket, sort: Sort, rows: Sequence[Row], missing: Sequence[Unread]
) -> ScanReading:
    """Put at least one row together with what they amount to."""
    by_name = {row.ticker: row for row in rows}
    standings = in_order((row.standing for row in rows), sort)
    taken = [s.gamma.as_of for s in standings]
    spread = (max(taken) - min(taken)).total_seconds()
    aggregate = read_aggregate(standings, basket.weights)
    notes = (
        *basket.notes,
        *_age_notes(rows, spread),
        *_aggregate_notes(aggregate),
        *_map_notes(rows),
    )
    return ScanReading(
        basket=basket,
        sort=sort,
        provenance=_provenance(rows).noting(*notes),
        spread_s=spread,
        rows=tuple(by_name[s.ticker] for s in standings),
        missing=tuple(missing),
        aggregate=aggregate,
        breadth=read_breadth(standings),
        dispersion=read_dispersion(standings, basket.weights),
        pairs=read_pairs(standings),
        nearest=nearest_turns(standings),
    )


def _provenance(rows: Sequence[Row]) -> Provenance:
    oldest = min(rows, key=lambda row: row.standing.gamma.as_of).provenance
    stale = any(row.provenance.is_stale for row in rows)
    return replace(
        oldest,
        freshness="stale" if stale else oldest.freshness,
        cached=any(row.provenance.cached for row in rows),
    )


def _named(tickers: Iterable[Ticker]) -> str:
    return ", ".join(tickers)


def _age_notes(rows: Sequence[Row], spread: float) -> list[str]:
    notes = list[str]()
    stale = [row.ticker for row in rows if row.provenance.is_stale]
    if stale and len(rows) > 1:
        notes.append(f"stale: {_named(stale)}")
    for problem in dict.fromkeys(row.failure for row in rows if row.failure):
        served = _named(row.ticker for row in rows if row.failure == problem)
        notes.append(f"older map served for {served}: {problem}")
    ahead = [r.ticker for r in rows if r.provenance.freshness == "unknown"]
    if ahead and len(rows) > 1:
        notes.append(f"dated ahead of this computer's clock: {_named(ahead)}")
    if spread > _APART_S:
        first = min(rows, key=lambda row: row.standing.gamma.as_of)
        last = max(rows, key=lambda row: row.standing.gamma.as_of)
        notes.append(
            f"maps are not of one instant: {first.ticker} is {spread / 60:.0f} min older than {last.ticker}"
        )
    days = {row.ticker: row.standing.gamma.session for row in rows}
    newest = max(days.values())
    earlier = [f"{t} {day:%a %-d %b}" for t, day in days.items() if day < newest]
    if earlier:
        notes.append(
            f"of an earlier session, though counted in every aggregate: {', '.join(earlier)}"
        )
    return notes


def _aggregate_notes(aggregate: Aggregate) -> list[str]:
    notes = list[str]()
    if not aggregate.one_scale:
        notes.append(
            "gross exposures differ by more than 1,000 times: sums may mix units, compare tilts instead"
        )
    book = aggregate.book
    if book and book.coverage < LOW_COVERAGE:
        notes.append(
            f"only {book.coverage * 100:.3g} % of the original weight could be read: the book is not the one asked about"
        )
    return notes


def _map_notes(rows: Sequence[Row]) -> list[str]:
    """What the maps say of themselves, each sentence once with the names it is about."""
    about = dict[str, list[Ticker]]()
    for row in rows:
        own = [*row.standing.gamma.notes]
        if row.convention in _CONVENTION_NOTES:
            own.append(_CONVENTION_NOTES[row.convention])
        for note in own:
            about.setdefault(note, []).append(row.ticker)
    notes = [f"{note} ({_named(tickers)})" for note, tickers in about.items()]
    if len(notes) > _MAP_NOTES:
        left = len(notes) - _MAP_NOTES
        notes[_MAP_NOTES:] = [f"{left} more remarks on maps: latest_greeks has them"]
    return notes
