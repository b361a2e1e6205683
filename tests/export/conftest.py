"""Exports over a small upstream whose clock only their sleeps move on."""

from pathlib import Path

import pytest

from tests.export.shelf import DAYS, Shelf


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def shelf() -> Shelf:
    """A week of sessions of both kinds."""
    return Shelf.of(*DAYS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "week.csv"
