"""
The CSV file in the making: whole sessions are appended to FILE.part, which becomes FILE at the end.

A file that is not known from the ledger beside it is never touched. What stands after the last whole session
was torn off by whatever ended the program, and is cut.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from gexfocus_mcp.errors import BadArgument
from gexfocus_mcp.export.ledger import (
    Entry,
    Ledger,
    Terms,
    find_ledger,
    write_ledger,
)


class Target(Protocol):
    """Where the sessions go."""

    @property
    def known(self) -> Ledger | None:
        """What is there already; None for nothing."""
        ...

    @property
    def is_final(self) -> bool:
        """Whether that can never have more in it."""
        ...

    @property
    def place(self) -> str | None:
        """Where the next run finds what is there; None where it cannot."""
        ...

    def begin(self, ledger: Ledger) -> None:
        """Take *ledger*'s sessions as they are; what is there beyond them is replaced by what is appended."""
        ...

    def append(self, entry: Entry, pieces: Iterable[bytes]) -> None:
        """Add one session, whose lines are *pieces*; its `end` is reckoned here."""
        ...

    def finish(self, *, final: bool) -> None: ...


class CsvFile:
    """
    FILE, its partial form and its ledger.

    Nothing is written before the first session is there: a failure until then leaves everything as it was.
    """

    def __init__(self, path: Path, terms: Terms, columns: tuple[str, ...]) -> None:
        """
        Raises:
            BadArgument: There is something that is not this export.
        """
        # Before anything is asked: it would be asked in vain.
        if path.is_dir() or not path.parent.is_dir():
            raise BadArgument(
                f"{path} is a folder, or in a folder that does not exist",
                "Give the name of a file with --out.",
            )
        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        self._ledger_path = path.with_name(f"{path.name}.ledger.json")
        self._terms = terms
        self._header = _header(columns)
        self._ledger: Ledger | None = None
        self._size: int | None = None
        self.known = self._look(columns)

    @property
    def place(self) -> str | None:
        # An earlier FILE is left in its place until there is something to add.
        return str(self._part if self._part.exists() else self.path)

    @property
    def is_final(self) -> bool:
        # A partial file with everything in it has still to become FILE.
        return self.known is not None and self.known.final and self.path.exists()

    def begin(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def append(self, entry: Entry, pieces: Iterable[bytes]) -> None:
        ledger = self._begun()
        if self._size is None:
            self._size = self._prepare(ledger)
        if self._part.stat().st_size != self._size:
            raise BadArgument(
                f"another program writes to {self._part}",
                "Let it end, or give another --out.",
            )
        with self._part.open("ab") as file:
            file.writelines(pieces)
            _to_disk(file.fileno(), file.flush)
            self._size = file.tell()
        self._write(
            replace(ledger, sessions=(*ledger.sessions, replace(entry, end=self._size)))
        )

    def finish(self, *, final: bool) -> None:
        ledger = self._begun()
        is_same = self.known is not None and ledger.sessions == self.known.sessions
        if self._size is None and not (is_same and self.path.exists()):
            self._size = self._prepare(ledger)
        self._write(replace(self._begun(), final=final))
        if self._size is None:
            return
        if self.path.exists():
            raise _foreign(self.path)
        self._part.replace(self.path)

    def _look(self, columns: tuple[str, ...]) -> Ledger | None:
        there = [file for file in (self.path, self._part) if file.exists()]
        ledger = find_ledger(self._ledger_path)
        if ledger is None:
            if self._ledger_path.exists():
                there.append(self._ledger_path)
            if there:
                raise _foreign(there[0])
            return None
        if not there:
            # Whoever took the file away wants another.
            return None
        if len(there) > 1:
            raise _foreign(self.path)
        (file,) = there
        if ledger.terms != self._terms or ledger.columns != columns:
            raise BadArgument(
                f"{file} is another export: {ledger.terms}",
                "Remove it, or give another --out.",
            )
        size = file.stat().st_size
        if file == self.path and size != _end(ledger, self._header):
            raise BadArgument(
                f"{file} was changed since it was written",
                "Remove it, or give another --out.",
            )
        kept = ledger.within(size)
        if not _is_whole(file, self._header, kept):
            raise _foreign(file)
        return kept

    def _prepare(self, ledger: Ledger) -> int:
        """Make the partial file hold the header and the ledger's sessions; returns its size."""
        end = _end(ledger, self._header)
        if self.known is None:
            # First, so that a partial file is never without one.
            self._write(ledger)
            with self._part.open("xb") as file:
                file.write(self._header)
                _to_disk(file.fileno(), file.flush)
            return end
        if self.path.exists():
            self.path.replace(self._part)
        with self._part.open("r+b") as file:
            if not ledger.sessions:
                # It may have been torn off in the middle of its header.
                file.write(self._header)
            file.truncate(end)
            _to_disk(file.fileno(), file.flush)
        self._write(ledger)
        return end

    def _begun(self) -> Ledger:
        if self._ledger is None:
            raise RuntimeError("begin() comes first")
        return self._ledger

    def _write(self, ledger: Ledger) -> None:
        write_ledger(self._ledger_path, ledger)
        self._ledger = ledger


class Pipe:
    """Standard output: nothing is kept of it, so nothing can be resumed."""

    known = None
    is_final = False
    place = None

    def __init__(
        self, write: Callable[[str], object], columns: tuple[str, ...]
    ) -> None:
        self._write = write
        self._columns = columns

    def begin(self, ledger: Ledger) -> None:
        """Nothing is there already."""

    def append(self, entry: Entry, pieces: Iterable[bytes]) -> None:
        del entry
        self._head()
        for piece in pieces:
            self._write(piece.decode("ascii"))

    def finish(self, *, final: bool) -> None:
        del final
        self._head()

    def _head(self) -> None:
        """Once, and not before there is something to say: a refusal leaves a pipe empty."""
        columns, self._columns = self._columns, ()
        if columns:
            self._write(_header(columns).decode("ascii"))


def _header(columns: tuple[str, ...]) -> bytes:
    return (",".join(columns) + "\n").encode("ascii")


def _end(ledger: Ledger, header: bytes) -> int:
    return ledger.sessions[-1].end if ledger.sessions else len(header)


def _is_whole(file: Path, header: bytes, ledger: Ledger) -> bool:
    """Whether the header stands, and a line ends where the last session does."""
    with file.open("rb") as opened:
        began = opened.read(len(header))
        if not ledger.sessions:
            # Ended before the header was out: nothing is lost.
            return header.startswith(began)
        opened.seek(ledger.sessions[-1].end - 1)
        return began == header and opened.read(1) == b"\n"


def _foreign(file: Path) -> BadArgument:
    return BadArgument(
        f"{file} is there and is not known as an export of this program",
        "Nothing was changed. Move it away, or give another --out.",
    )


def _to_disk(handle: int, flush: Callable[[], object]) -> None:
    flush()
    os.fsync(handle)
