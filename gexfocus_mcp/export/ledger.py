"""
What stands beside a CSV file: which export it is, and up to which byte each of its sessions reaches.

By it an export goes on after the last whole session, a finished one is recognised without a request, and a
reader learns what the file itself cannot say: where a session is thinned, or was still under way.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from gexfocus_mcp.market.stored import Series
from gexfocus_mcp.market.ticker import Ticker


_FORMAT: Final = 1
_MARK: Final = "gexfocus_mcp_export"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an export is of: stored sessions from *first* to *last*, both included."""

    series: Series
    ticker: Ticker
    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.series} of {self.ticker}, {self.days}"

    @property
    def days(self) -> str:
        one = self.first == self.last
        return f"{self.first}" if one else f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One session in the file.

    Attributes:
        rows: Lines it has.
        every: Which snapshots were taken: 1 for all, 2 for every second one.
        complete: The session was over when it was fetched.
        end: Bytes of the file up to and with its last line.
    """

    session: date
    snapshots: int
    rows: int
    every: int
    complete: bool
    end: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """
    Attributes:
        source: Who the numbers are from.
        final: No session of the range can still come or grow.
    """

    terms: Terms
    source: str
    columns: tuple[str, ...]
    final: bool = False
    sessions: tuple[Entry, ...] = ()

    @property
    def complete(self) -> tuple[Entry, ...]:
        """The sessions up to the first that was still under way."""
        kept = list[Entry]()
        for entry in self.sessions:
            if not entry.complete:
                break
            kept.append(entry)
        return tuple(kept)

    def within(self, size: int) -> "Ledger":
        """What of it holds for a file that has only so many bytes."""
        kept = tuple(entry for entry in self.sessions if entry.end <= size)
        return replace(self, sessions=kept, final=self.final and kept == self.sessions)


def find_ledger(path: Path) -> Ledger | None:
    """The ledger at *path*; None where there is none, or what is there was not written by `write_ledger`."""
    try:
        said = json.loads(path.read_text("ascii"))
        return _read(said) if said[_MARK] == _FORMAT else None
    except FileNotFoundError:
        return None
    # Whatever else is there, it is no ledger.
    except (ValueError, TypeError, KeyError):
        return None


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Put *ledger* in the place of an older one, whole or not at all."""
    terms = {name: str(value) for name, value in asdict(ledger.terms).items()}
    said = {
        _MARK: _FORMAT,
        **terms,
        "source": ledger.source,
        "columns": ledger.columns,
        "final": ledger.final,
        "sessions": [
            {**asdict(entry), "session": str(entry.session)}
            for entry in ledger.sessions
        ],
    }
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="ascii", newline="\n") as file:
        file.write(json.dumps(said, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(said: dict[str, Any]) -> Ledger:
    first, last = (date.fromisoformat(said[edge]) for edge in ("first", "last"))
    return Ledger(
        Terms(said["series"], said["ticker"], first, last),
        said["source"],
        tuple(said["columns"]),
        said["final"] is True,
        tuple(
            Entry(**{**entry, "session": date.fromisoformat(entry["session"])})
            for entry in said["sessions"]
        ),
    )
