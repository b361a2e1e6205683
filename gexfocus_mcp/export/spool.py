"""
The lines of one session while they come: on disk, because a session of an index is larger than memory should be.

They are given back in the order of their snapshots' times, whatever the order in which those came.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from tempfile import TemporaryFile, gettempdir
from types import TracebackType
from typing import Self

from gexfocus_mcp.errors import BadArgument


class Spool:
    """
    A file without a name, emptied for every session and gone at the end.

    Attributes:
        rows: Lines that are in it.
    """

    def __init__(self) -> None:
        # Unbuffered, so that a full disk is noticed where it is written to.
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115  closed by __exit__
        self._end = 0
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
        self._end = self.rows = 0

    def add(self, at: datetime, lines: Iterable[str]) -> None:
        """
        The lines of one snapshot, of the instant *at*.

        Raises:
            BadArgument: There is no room for them.
        """
        written = [line.encode("ascii") for line in lines]
        text = b"".join(written)
        problem = self._write(text)
        # Outside the handler: this is not the file that was asked for, and must not be taken for it.
        if problem is not None:
            raise BadArgument(
                f"no room for a session's lines in {gettempdir()}: {problem}",
                "Make room there, or name another folder in TMPDIR.",
            )
        self._snapshots.append((at, self._end, len(text)))
        self._end += len(text)
        self.rows += len(written)

    def read(self) -> Iterator[bytes]:
        """Snapshot by snapshot, ascending in time; nothing may be added meanwhile."""
        # Stable: of two snapshots of one instant the first to come stays the first.
        for _, start, length in sorted(self._snapshots, key=lambda each: each[0]):
            self._file.seek(start)
            yield self._file.read(length)

    def _write(self, text: bytes) -> str | None:
        """What the system has against it; None normally."""
        left = memoryview(text)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as problem:
            return problem.strerror or "it cannot be written"
        return None
