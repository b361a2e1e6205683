"""A home of its own for every test, and a key in the environment that must turn up nowhere."""

from pathlib import Path

import pytest

from gexfocus_mcp.clients import config_files


CANARY = "CANARY-setup-key"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, which is empty."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GEXFOCUS_API_KEY", CANARY)
    return folder


@pytest.fixture
def files(home: Path) -> dict[str, Path]:
    """Each client's file, in folders that exist."""
    found = config_files({"HOME": str(home)})
    for path in found.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    return found
