"""A client's file: read as it is, and replaced in one step, with what it held kept beside it."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from gexfocus_mcp.setup.left_alone import LeftAlone


def follow(path: Path) -> Path:
    """
    The file itself where *path* is a link to it.

    Raises:
        LeftAlone: The links lead in a circle.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise LeftAlone("is a link that leads nowhere") from None


def read_file(target: Path) -> bytes | None:
    """
    What *target* holds; None where there is none.

    Raises:
        LeftAlone: It is no file, or may not be read.
    """
    try:
        # Looked at first: opening a pipe would wait.
        if not stat.S_ISREG(target.stat().st_mode):
            raise LeftAlone("is not a file")
        return target.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise LeftAlone(f"cannot be read: {problem.strerror}") from None


def replace_file(target: Path, before: bytes | None, after: bytes) -> Path | None:
    """
    Write *after* in one step; returns where *before* was kept, None where there was nothing to keep.

    Raises:
        LeftAlone: It cannot be written, or is no longer what was read.
    """
    if before is not None and not os.access(target, os.W_OK):
        raise LeftAlone("is read-only")
    with contextlib.ExitStack() as undo:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # In the same folder, because only there a rename is one step. It is readable by its owner alone.
            handle, name = tempfile.mkstemp(
                prefix=f".{target.name}.", dir=target.parent
            )
            written = Path(name)
            undo.callback(written.unlink, missing_ok=True)
            with os.fdopen(handle, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
            # A client that runs may have written meanwhile.
            if read_file(target) != before:
                raise LeftAlone("was changed by another program meanwhile")
            backup = None
            if before is not None:
                handle, backup = _open_backup(target)
                undo.callback(backup.unlink, missing_ok=True)
                with os.fdopen(handle, "wb") as file:
                    file.write(before)
                _take_after(target, backup)
                _take_after(target, written)
            written.replace(target)
        except OSError as problem:
            raise LeftAlone(f"cannot be written: {problem.strerror}") from None
        undo.pop_all()
    return backup


def _open_backup(target: Path) -> tuple[int, Path]:
    """A new file beside *target* under a name that was free."""
    # For its owner alone from the first moment: there may be a key in it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    number = 1
    while True:
        backup = target.with_name(f"{target.name}.bak{number if number > 1 else ''}")
        try:
            return os.open(backup, flags, 0o600), backup
        except FileExistsError:
            number += 1


def _take_after(target: Path, other: Path) -> None:
    """Give *other* the owner and the permissions of *target*."""
    is_now = target.stat()
    if hasattr(os, "chown"):
        # Only root may give a file away, and only root would otherwise take it.
        with contextlib.suppress(OSError):
            os.chown(other, is_now.st_uid, is_now.st_gid)
    other.chmod(stat.S_IMODE(is_now.st_mode))
