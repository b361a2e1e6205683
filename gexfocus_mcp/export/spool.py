"""
The lines of one session while they come: on disk, because a session of an index is larger than memory should be.

They are given back in the order of their snapshots' times, whatever the order in which those came.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self


class Spool:
    """
    A file without a name, emptied for every session and gone at the end.

    Attributes:
        rows: Lines that are in it.
    """

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  closed by __exit__
        self._snapshots: list[tuple[datetime, int, int]] = []
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def snapshots(self) -> int:
        return len(self._snapshots)

    def clear(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._snapshots.clear()
        self.rows = 0

    def add(self, at: datetime, lines: Iterable[str]) -> None:
        """The lines of one snapshot, of the instant *at*."""
        start = self._file.tell()
        for line in lines:
            self._file.write(line.encode("ascii"))
            self.rows += 1
        self._snapshots.append((at, start, self._file.tell() - start))

    def read(self) -> Iterator[bytes]:
        """Snapshot by snapshot, ascending in time; nothing may be added meanwhile."""
        # Stable: of two snapshots of one instant the first to come stays the first.
        for _, start, length in sorted(self._snapshots, key=lambda each: each[0]):
            self._file.seek(start)
            yield self._file.read(length)
