"""
Answers, failures and flights in the store's file.

An answer is fresh by elapsed seconds and by the wall's time: elapsed seconds begin anew with the
computer, and the wall's clock may be set.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gexfocus_mcp.traffic.file_store.opening import transaction
from gexfocus_mcp.traffic.packing import as_word, pack, unpack
from gexfocus_mcp.traffic.store import (
    FLIGHT_S,
    KEEP_FINAL_S,
    KEEP_S,
    LARGEST_ANSWER,
    Flight,
    Keepsake,
    Kept,
)


_ROOM: Final = 48 * 1024 * 1024
_CLOCK_SLACK: Final = 5.0
_IS_FRESH: Final = (
    "(fresh_for = 9e999 OR (at <= :now + :slack AND at + fresh_for > :now"
    " AND wall <= :wall + :slack AND wall + fresh_for > :wall - :slack))"
)


@dataclass(frozen=True, slots=True)
class Answers:
    """
    One key's answers.

    Attributes:
        clock: Elapsed seconds; read inside a transaction, because waiting for it takes time too.
        wall: Seconds since 1970.
    """

    db: sqlite3.Connection
    budget: str
    clock: Callable[[], float]
    wall: Callable[[], float]

    def begin(self, question: str, owner: str) -> Kept | Flight:
        state = self._look(question)
        if state is not None:
            return state
        with transaction(self.db):
            # Looked again: the flight of another may have ended in between.
            state = self._look(question)
            if state is not None:
                return state
            self.db.execute(
                "INSERT OR REPLACE INTO flight VALUES (?, ?, ?, ?)",
                (self.budget, question, owner, self.clock() + FLIGHT_S),
            )
        return Flight.OURS

    def renew(self, question: str, owner: str) -> None:
        self.db.execute(
            "UPDATE flight SET until = ? WHERE budget = ? AND question = ? AND owner = ?",
            (self.clock() + FLIGHT_S, self.budget, question, owner),
        )

    def finish(self, question: str, owner: str, kept: Keepsake | None) -> None:
        key = (self.budget, question)
        packed = b"" if kept is None else pack(kept.body)
        with transaction(self.db):
            now, wall = self.clock(), self.wall()
            self.db.execute(
                "DELETE FROM flight WHERE budget = ? AND question = ? AND owner = ?",
                (*key, owner),
            )
            if kept is None or len(kept.body) > LARGEST_ANSWER:
                return
            if kept.failure:
                self.db.execute(
                    "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?)",
                    (*key, kept.failure, now, wall, kept.fresh_for),
                )
                return
            self.db.execute(
                "DELETE FROM failure WHERE budget = ? AND question = ?", key
            )
            self._make_room(wall, len(packed))
            self.db.execute(
                "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, kept.label, now, wall, kept.fresh_for, len(packed), packed),
            )

    def find(self, question: str) -> Kept | None:
        row = self.db.execute(
            "SELECT body, label, wall, fresh_for = 9e999 FROM answer WHERE budget = ? AND question = ?",
            (self.budget, question),
        ).fetchone()
        if row is None:
            return None
        kept = _kept(row, self.wall())
        longest = KEEP_FINAL_S if row[3] else KEEP_S
        return kept if kept is not None and kept.age <= longest else None

    def _look(self, question: str) -> Kept | Flight | None:
        """What is fresh, or that somebody is asking; None where neither is so."""
        now, wall = self.clock(), self.wall()
        said = {
            "budget": self.budget,
            "question": question,
            "now": now,
            "wall": wall,
            "slack": _CLOCK_SLACK,
        }
        mine = "budget = :budget AND question = :question"
        answer = self.db.execute(
            f"SELECT body, label, wall FROM answer WHERE {mine} AND {_IS_FRESH}",  # noqa: S608 - constants
            said,
        ).fetchone()
        kept = None if answer is None else _kept(answer, wall)
        if kept is not None:
            return kept
        failure = self.db.execute(
            f"SELECT word, wall FROM failure WHERE {mine} AND {_IS_FRESH}",  # noqa: S608 - constants
            said,
        ).fetchone()
        if failure is not None:
            return Kept(b"", "", as_word(failure[0]), max(0.0, wall - failure[1]))
        flying = self.db.execute(
            # One further ahead than it can have been renewed is of before the computer was started anew.
            "SELECT 1 FROM flight WHERE budget = ? AND question = ? AND until > ? AND until <= ?",
            (self.budget, question, now, now + FLIGHT_S + _CLOCK_SLACK),
        ).fetchone()
        return None if flying is None else Flight.THEIRS

    def _make_room(self, wall: float, size: int) -> None:
        """Drop what nobody may use any more, then the oldest of every key, until *size* bytes fit."""
        self.db.execute(
            "DELETE FROM answer WHERE wall < iif(fresh_for = 9e999, ?, ?)",
            (wall - KEEP_FINAL_S, wall - KEEP_S),
        )
        self.db.execute("DELETE FROM failure WHERE wall + fresh_for < ?", (wall,))
        held = self.db.execute("SELECT total(size) FROM answer").fetchone()[0]
        if held + size <= _ROOM:
            return
        oldest = self.db.execute("SELECT rowid, size FROM answer ORDER BY wall")
        for row, weight in oldest.fetchall():
            self.db.execute("DELETE FROM answer WHERE rowid = ?", (row,))
            held -= weight
            if held + size <= _ROOM:
                return


def _kept(row: tuple[Any, ...], wall: float) -> Kept | None:
    """What a row keeps; None where it is damaged, which is then no answer but no trouble of the store's either."""
    packed, label, kept_at = row[:3]
    body = unpack(packed)
    if body is None or not isinstance(label, str):
        return None
    return Kept(body, label, "", max(0.0, wall - kept_at))
