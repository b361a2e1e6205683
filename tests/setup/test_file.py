"""A file replaced in one step, or not at all."""

import os
import stat
from pathlib import Path

import pytest

from gexfocus_mcp.setup.file import replace_file
from gexfocus_mcp.setup.left_alone import LeftAlone


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("theirs")
    for read in (b"earlier", None):
        with pytest.raises(LeftAlone, match="meanwhile"):
            replace_file(path, read, b"ours")

    assert (names(tmp_path), path.read_text()) == (["mcp.json"], "theirs")


def test_a_rename_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("before")

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(LeftAlone, match="Permission denied"):
        replace_file(path, b"before", b"after")

    assert (names(tmp_path), path.read_text()) == (["mcp.json"], "before")


def test_a_read_only_file_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("before")
    # Permissions do not hold root, so the answer of the system stands in for them.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LeftAlone, match="read-only"):
        replace_file(path, b"before", b"after")

    assert (names(tmp_path), path.read_text()) == (["mcp.json"], "before")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(LeftAlone, match="cannot be written"):
        replace_file(tmp_path / "taken" / "mcp.json", None, b"after")


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o660])
def test_permissions_are_kept_and_given_to_the_backup(
    mode: int, tmp_path: Path
) -> None:
    path = tmp_path / "mcp.json"
    path.write_text("before")
    path.chmod(mode)
    backup = replace_file(path, b"before", b"after")

    assert backup is not None
    assert (backup.read_text(), path.read_text()) == ("before", "after")
    assert {stat.S_IMODE(p.stat().st_mode) for p in (path, backup)} == {mode}
