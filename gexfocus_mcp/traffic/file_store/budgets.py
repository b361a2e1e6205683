"""Slots and blocks in the store's file. Times are elapsed seconds, which every process of the machine counts alike."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gexfocus_mcp.traffic.file_store.opening import transaction
from gexfocus_mcp.traffic.pace import Grant, Usage
from gexfocus_mcp.traffic.packing import as_word
from gexfocus_mcp.traffic.quota import OVERDUE, Held, counted_at, next_slot


# Rows further ahead than this were written before the computer was started anew.
_AHEAD: Final = 60.0

_CLOCK_SLACK: Final = 60.0

LONGEST_BLOCK: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Budgets:
    """
    One key's budgets.

    Attributes:
        clock: Elapsed seconds; read inside a transaction, because waiting for it takes time too.
        wall: Seconds since 1970: a block of before the computer was started anew ends by it.
    """

    db: sqlite3.Connection
    budget: str
    clock: Callable[[], float]
    wall: Callable[[], float]

    def claim(
        self, bucket: str, *, limit: int, window: float, patience: float
    ) -> Grant:
        def look(now: float) -> Grant:
            until, why = self._blocked(bucket, now)
            counted = self._counted(bucket, now)
            at = next_slot(
                counted,
                now,
                limit=limit,
                window=window,
                blocked_until=until,
            )
            used = sum(1 for moment in counted if moment > now - window)
            return Grant(at - now, claimed=at - now <= patience, why=why, used=used)

        # Without a lock first: while the window is full, impatient callers must not queue for the file.
        grant = look(self.clock())
        if not grant.claimed:
            return grant
        with transaction(self.db):
            now = self.clock()
            grant = look(now)
            if not grant.claimed:
                return grant
            self._forget(bucket, now, window)
            slot = self.db.execute(
                "INSERT INTO hit (budget, bucket, at, open) VALUES (?, ?, ?, 1)",
                (self.budget, bucket, now + grant.wait),
            ).lastrowid
            life = self.db.execute("SELECT word FROM life").fetchone()
        return replace(grant, slot=slot, life="" if life is None else str(life[0]))

    def settle(self, slot: object) -> None:
        self.db.execute(
            "UPDATE hit SET at = max(at, ?), open = 0 WHERE id = ? AND open = 1",
            (self.clock(), slot),
        )

    def hold(self, bucket: str, held: Held) -> None:
        now = self.clock()
        with transaction(self.db):
            self.db.executemany(
                "INSERT INTO hit (budget, bucket, at, open) VALUES (?, ?, ?, ?)",
                [
                    (self.budget, bucket, now - age, is_open)
                    for is_open, ages in enumerate((held.settled, held.open))
                    for age in ages
                ],
            )

    def block(self, bucket: str, *, seconds: float, why: str) -> None:
        now = self.clock()
        lasts = min(seconds, LONGEST_BLOCK)
        until = now + lasts
        with transaction(self.db):
            if self._blocked(bucket, now)[0] <= until:
                self.db.execute(
                    "INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)",
                    (self.budget, bucket, until, self.wall() + lasts, why),
                )

    def usage(self, bucket: str, *, limit: int, window: float) -> Usage:
        now = self.clock()
        until, why = self._blocked(bucket, now)
        used = sum(1 for at in self._counted(bucket, now) if at > now - window)
        return Usage(limit, used, max(0.0, until - now), why)

    def _counted(self, bucket: str, now: float) -> list[float]:
        rows = self.db.execute(
            "SELECT at, open FROM hit WHERE budget = ? AND bucket = ? AND at <= ?",
            (self.budget, bucket, now + _AHEAD),
        )
        return sorted(
            counted_at(at, now, is_open=bool(is_open)) for at, is_open in rows
        )

    def _blocked(self, bucket: str, now: float) -> tuple[float, str]:
        row = self.db.execute(
            "SELECT until, why FROM block WHERE budget = ? AND bucket = ?"
            " AND until > ? AND until <= ? AND wall > ?",
            (self.budget, bucket, now, now + LONGEST_BLOCK, self.wall() - _CLOCK_SLACK),
        ).fetchone()
        return (float("-inf"), "") if row is None else (row[0], as_word(row[1]))

    def _forget(self, bucket: str, now: float, window: float) -> None:
        self.db.execute(
            "DELETE FROM hit WHERE budget = ? AND bucket = ? AND (at > ? OR at + ? * open <= ?)",
            (self.budget, bucket, now + _AHEAD, OVERDUE, now - window),
        )
