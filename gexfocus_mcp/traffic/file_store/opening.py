"""A connection to the store's file, checked and prepared; what SQLite says of its troubles, in our words."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gexfocus_mcp.traffic.store import StoreTrouble


APPLICATION: Final = 0x47455846
"""Marks the file as ours: "GEXF" where SQLite looks for it."""

VERSION: Final = 1
"""Of the tables. A file of another version is left alone."""

_PAGES: Final = 16_384
_TAKEN_ELSEWHERE: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SCHEMA: Final = """
CREATE TABLE hit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, budget TEXT NOT NULL, bucket TEXT NOT NULL,
    at REAL NOT NULL, open INTEGER NOT NULL);
CREATE INDEX hit_of ON hit (budget, bucket);
CREATE TABLE block (
    budget TEXT, bucket TEXT, until REAL NOT NULL, wall REAL NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (budget, bucket));
CREATE TABLE answer (
    budget TEXT, question TEXT, label TEXT NOT NULL,
    at REAL NOT NULL, wall REAL NOT NULL, fresh_for REAL NOT NULL, size INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (budget, question));
CREATE INDEX answer_age ON answer (wall, fresh_for, size);
CREATE TABLE failure (
    budget TEXT, question TEXT, word TEXT NOT NULL,
    at REAL NOT NULL, wall REAL NOT NULL, fresh_for REAL NOT NULL,
    PRIMARY KEY (budget, question));
CREATE TABLE flight (
    budget TEXT, question TEXT, owner TEXT NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (budget, question));
CREATE TABLE life (word TEXT NOT NULL);
INSERT INTO life VALUES (hex(randomblob(8)));
"""
_REMOTE: Final = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs"}

TABLES: Final = ("hit", "block", "answer", "failure", "flight")

_REMOVABLE: Final = {
    sqlite3.SQLITE_NOTADB: "its file is not a store",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
}
_REASONS: Final = {
    sqlite3.SQLITE_READONLY: "its file cannot be written",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_PERM: "its file cannot be opened",
    sqlite3.SQLITE_FULL: "there is no room left for it",
    sqlite3.SQLITE_IOERR: "the disk failed",
}


def to_trouble(error: sqlite3.Error) -> StoreTrouble:
    """What SQLite raised, as a reason of ours."""
    code = _code(error)
    if code in _TAKEN_ELSEWHERE:
        return StoreTrouble("locked by another program", passing=True)
    if code in _REMOVABLE:
        return StoreTrouble(_REMOVABLE[code], removable=True)
    return StoreTrouble(_REASONS.get(code, "its file cannot be used"))


def _code(error: sqlite3.Error) -> int:
    # The low byte is the primary code; the others tell variants of it apart.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def open_file(path: Path, patience: float) -> sqlite3.Connection:
    """
    Connect to the store at *path*, making it where there is none.

    Raises:
        OSError, sqlite3.Error: It cannot be opened.
        StoreTrouble: It is another program's, or of another version.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if is_remote(path):
        raise StoreTrouble("its folder is on a network disk")
    # SQLite would make it readable for everybody; its side files take over the permissions.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(
        path, timeout=patience, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, patience)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(db: sqlite3.Connection, patience: float) -> None:
    with transaction(db, "DEFERRED"):
        # One look at all of it: another process may be making the tables at this moment.
        is_ours = _is_ours(db)
    if not is_ours:
        _write_ahead(db, patience)
        with transaction(db):
            # It may have finished meanwhile.
            if not _is_ours(db):
                # One by one: a script would end the transaction first.
                for statement in _SCHEMA.strip().split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION}")
                db.execute(f"PRAGMA user_version = {VERSION}")
    _write_ahead(db, patience)
    # Consistent after a crash; the last second before a power failure may be lost, and is worth nothing then.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA max_page_count = {_PAGES}")


def _is_ours(db: sqlite3.Connection) -> bool:
    """Whether the tables are there; False for an empty file."""
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if (application, version) == (APPLICATION, VERSION):
        return True
    if application == APPLICATION:
        raise StoreTrouble(
            "its file is of another version of gexfocus-mcp", removable=True
        )
    if version or db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StoreTrouble("its file is another program's")
    return False


def _write_ahead(db: sqlite3.Connection, patience: float) -> None:
    """Readers and one writer side by side. SQLite does not wait for its turn to switch, so this does."""
    until = time.monotonic() + patience
    while True:
        try:
            (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if _code(error) not in _TAKEN_ELSEWHERE or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            if mode != "wal":
                raise StoreTrouble("its disk cannot share memory between processes")
            return


def is_remote(path: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """Whether *path* lies on a disk of another machine, where locks and clocks are not this one's; False if unknown."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    kinds = {parts[1]: parts[2] for line in lines if len(parts := line.split()) > 2}
    above = (str(folder) for folder in (path, *path.parents) if str(folder) in kinds)
    return kinds.get(next(above, ""), "") in _REMOTE


@contextmanager
def transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """The file's one writer until the block ends; with DEFERRED a reader of the file as it is now."""
    db.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
