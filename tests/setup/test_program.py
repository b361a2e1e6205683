"""Which command a client is to start."""

from pathlib import Path

import pytest

from gexfocus_mcp.setup.program import find_program


def make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_script_beside_the_python_is_named_by_its_full_path(tmp_path: Path) -> None:
    script = make(tmp_path / "venv" / "bin" / "gexfocus-mcp")

    assert find_program("", str(tmp_path / "venv" / "bin" / "python")) == [script]


def test_a_link_to_it_on_the_path_is_preferred(tmp_path: Path) -> None:
    """`uv tool` and `pipx` keep such links where they stay."""
    script = make(tmp_path / "uv" / "tools" / "gexfocus-mcp" / "bin" / "gexfocus-mcp")
    link = tmp_path / "bin" / "gexfocus-mcp"
    link.parent.mkdir()
    link.symlink_to(script)

    found = find_program(str(link.parent), str(Path(script).with_name("python")))
    assert found == [str(link)]


def test_another_installation_on_the_path_is_not_taken_for_this_one(
    tmp_path: Path,
) -> None:
    script = make(tmp_path / "venv" / "bin" / "gexfocus-mcp")
    make(tmp_path / "bin" / "gexfocus-mcp")

    found = find_program(str(tmp_path / "bin"), str(Path(script).with_name("python")))
    assert found == [script]


def test_a_script_elsewhere_on_the_path_is_this_one_where_there_is_none_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = make(tmp_path / "bin" / "gexfocus-mcp")
    monkeypatch.chdir(tmp_path)

    assert find_program("bin", "/usr/bin/no-such-folder/python") == [script]


def test_without_a_script_the_python_is_started(tmp_path: Path) -> None:
    python = str(tmp_path / "python")

    assert find_program("", python) == [python, "-m", "gexfocus_mcp"]


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        (".cache/uv/archive-v0/3nLh2EzK4Y0", ["uvx", "gexfocus-mcp"]),
        ("cache/builds-v0/.tmpA1", ["uvx", "gexfocus-mcp"]),
        (".cache/pipx/db16aa9a79b2c20", ["pipx", "run", "gexfocus-mcp"]),
        (".local/pipx/.cache/db16aa9a79b2c20", ["pipx", "run", "gexfocus-mcp"]),
    ],
)
def test_a_copy_that_will_vanish_is_fetched_again_by_what_fetched_it(
    folder: str, command: list[str], tmp_path: Path
) -> None:
    script = make(tmp_path / folder / "bin" / "gexfocus-mcp")
    python = str(Path(script).with_name("python"))
    assert find_program(str(Path(script).parent), python) == command

    runner = make(tmp_path / "bin" / command[0])
    found = find_program(str(tmp_path / "bin"), python)
    assert found == [runner, *command[1:]]


def test_what_pipx_installs_stays(tmp_path: Path) -> None:
    script = make(tmp_path / "pipx" / "venvs" / "gexfocus-mcp" / "bin" / "gexfocus-mcp")

    assert find_program("", str(Path(script).with_name("python"))) == [script]
