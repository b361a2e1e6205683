"""This server put into a client's file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gexfocus_mcp.setup.amend import amend
from gexfocus_mcp.setup.file import follow, read_file, replace_file
from gexfocus_mcp.setup.forms import Form
from gexfocus_mcp.setup.left_alone import LeftAlone


@dataclass(frozen=True, slots=True)
class Placed:
    """
    Attributes:
        file: The one that was looked at, behind every link.
        changed: False where the entry was right already.
        backup: What it was before; None where it was not there, or not changed.
        had_key: Whether the entry passed on a key before.
    """

    file: Path
    changed: bool
    backup: Path | None
    had_key: bool


def place(
    form: Form, path: Path | None, program: Sequence[str], *, demo: bool = False
) -> Placed:
    """
    Put this server into the file at *path*; nothing is written where it is right already.

    Raises:
        LeftAlone: Nothing was changed, and why.
    """
    if path is None:
        raise LeftAlone("is not to be found: this user has no home folder")
    target = follow(path)
    before = read_file(target)
    try:
        text = (before or b"").decode()
    except UnicodeDecodeError:
        raise LeftAlone("is not UTF-8") from None
    amended = amend(form, text, program, demo=demo)
    if before is not None and amended.text == text:
        return Placed(target, changed=False, backup=None, had_key=amended.had_key)
    try:
        after = amended.text.encode()
    except UnicodeEncodeError:
        raise LeftAlone("has characters that cannot be written") from None
    backup = replace_file(target, before, after)
    return Placed(target, changed=True, backup=backup, had_key=amended.had_key)
