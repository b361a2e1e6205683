"""The file as a `Store`: every call in a thread, because another process may hold the file for a moment."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

from gexfocus_mcp.traffic.elapsed import elapsed
from gexfocus_mcp.traffic.file_store.answers import Answers
from gexfocus_mcp.traffic.file_store.budgets import Budgets
from gexfocus_mcp.traffic.file_store.opening import (
    TABLES,
    open_file,
    to_trouble,
    transaction,
)
from gexfocus_mcp.traffic.pace import Grant, Usage
from gexfocus_mcp.traffic.quota import Held
from gexfocus_mcp.traffic.store import Flight, Keepsake, Kept, StoreTrouble


T = TypeVar("T")

PATIENCE: Final = 1.0
"""Seconds to wait for another process's transaction; one takes a millisecond."""


class FileStore:
    """One key's share of the file at *path*; opened by the first call, and again where the file was replaced."""

    place = "a file of this user"

    def __init__(
        self,
        path: Path,
        budget: str,
        *,
        clock: Callable[[], float] = elapsed,
        wall: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        """
        Args:
            budget: Names whose share it is; no key.
            clock: Seconds that every process of this machine counts alike.
            wall: Seconds since 1970.
        """
        self._path = path
        self._budget = budget
        self._clock = clock
        self._wall = wall
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._limiter: CapacityLimiter | None = None
        self._found: StoreTrouble | None = None
        self._found_at = 0.0

    async def claim(
        self, bucket: str, limit: int, window: float, patience: float
    ) -> Grant:
        return await self._run(
            lambda db: self._budgets(db).claim(
                bucket, limit=limit, window=window, patience=patience
            )
        )

    async def settle(self, bucket: str, slot: object) -> None:  # noqa: ARG002 - a row's number says it all
        await self._run(lambda db: self._budgets(db).settle(slot))

    async def hold(self, bucket: str, held: Held) -> None:
        await self._run(lambda db: self._budgets(db).hold(bucket, held))

    async def block(self, bucket: str, seconds: float, why: str) -> None:
        await self._run(
            lambda db: self._budgets(db).block(bucket, seconds=seconds, why=why)
        )

    async def usage(self, bucket: str, limit: int, window: float) -> Usage:
        return await self._run(
            lambda db: self._budgets(db).usage(bucket, limit=limit, window=window)
        )

    async def begin(self, question: str, owner: str) -> Kept | Flight:
        return await self._run(lambda db: self._answers(db).begin(question, owner))

    async def renew(self, question: str, owner: str) -> None:
        await self._run(lambda db: self._answers(db).renew(question, owner))

    async def finish(self, question: str, owner: str, kept: Keepsake | None) -> None:
        await self._run(lambda db: self._answers(db).finish(question, owner, kept))

    async def find(self, question: str) -> Kept | None:
        return await self._run(lambda db: self._answers(db).find(question))

    async def clear(self) -> None:
        await self._run(_clear)

    async def aclose(self) -> None:
        await to_thread.run_sync(self._close, limiter=self._one_at_a_time())

    def _budgets(self, db: sqlite3.Connection) -> Budgets:
        return Budgets(db, self._budget, self._clock, self._wall)

    def _answers(self, db: sqlite3.Connection) -> Answers:
        return Answers(db, self._budget, self._clock, self._wall)

    def _one_at_a_time(self) -> CapacityLimiter:
        # Made by the first call: it belongs to the event loop that runs then.
        if self._limiter is None:
            self._limiter = CapacityLimiter(1)
        return self._limiter

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        done = await to_thread.run_sync(self._try, work, limiter=self._one_at_a_time())
        # Raised out here: the library's error, whose text may hold a path, goes no further.
        if isinstance(done, StoreTrouble):
            raise done
        return done

    def _try(self, work: Callable[[sqlite3.Connection], T]) -> T | StoreTrouble:
        # Those who queued behind a call that waited in vain do not each wait as long again.
        if self._found is not None and self._clock() < self._found_at + self._patience:
            return _again(self._found)
        try:
            done = work(self._open())
        except StoreTrouble as trouble:
            found = trouble
        except sqlite3.Error as error:
            found = to_trouble(error)
        except OSError:
            found = StoreTrouble("its folder cannot be used")
        else:
            self._found = None
            return done
        self._close()
        self._found, self._found_at = found, self._clock()
        return _again(found)

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            # Somebody may have removed the file or put another in its place: whoever counts on in it counts alone.
            with suppress(OSError):
                if self._path.stat().st_ino == self._inode:
                    return self._connection
            self._close()
        self._connection = open_file(self._path, self._patience)
        self._inode = self._path.stat().st_ino
        return self._connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _again(trouble: StoreTrouble) -> StoreTrouble:
    """The same trouble for another caller: one that is raised often collects everybody's frames."""
    return StoreTrouble(
        trouble.reason, passing=trouble.passing, removable=trouble.removable
    )


def _clear(db: sqlite3.Connection) -> None:
    with transaction(db):
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        db.execute("UPDATE life SET word = hex(randomblob(8))")
    # Another process may be reading; then the file keeps its size and the rows are gone all the same.
    with suppress(sqlite3.OperationalError):
        db.execute("VACUUM")
