"""Which command a client is to start, from wherever this program runs."""

import re
import shutil
from pathlib import Path
from typing import Final


_NAME: Final = "gexfocus-mcp"

# The folders of uv's cache, from which `uvx` runs; `uv tool install` has others, which stay.
_UV_CACHE: Final = re.compile(r"(archive|builds|environments)-v\d+")
_CACHES: Final = {".cache", "cache", "caches"}


def find_program(path: str, executable: str) -> list[str]:
    """
    The command and its arguments. The command is a full path wherever one lasts: programs started from a desktop
    have a shorter PATH than a shell.

    Args:
        path: The PATH to look in.
        executable: The Python that runs.
    """
    runner = _find_runner(Path(executable))
    if runner:
        return [_find(runner[0], path) or runner[0], *runner[1:], _NAME]
    beside = _find(_NAME, str(Path(executable).parent))
    listed = _find(_NAME, path)
    # The name on PATH outlives a move of what it links to, but it may be another installation.
    if listed and (beside is None or Path(listed).samefile(beside)):
        return [listed]
    return [beside] if beside else [executable, "-m", "gexfocus_mcp"]


def _find_runner(executable: Path) -> list[str]:
    """What fetched this program for one run; empty where it is installed."""
    folders = executable.parts[:-1]
    if any(_UV_CACHE.fullmatch(folder) for folder in folders):
        return ["uvx"]
    if "pipx" in folders and _CACHES & {folder.lower() for folder in folders}:
        return ["pipx", "run"]
    return []


def _find(name: str, path: str) -> str | None:
    found = shutil.which(name, path=path)
    return str(Path(found).absolute()) if found else None
