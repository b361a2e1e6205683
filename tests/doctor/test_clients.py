"""What is found in the clients' own files, without a value of theirs being repeated."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gexfocus_mcp.clients import config_files
from gexfocus_mcp.doctor.clients import check_clients
from gexfocus_mcp.doctor.finding import Finding


CANARY = "CANARY-doctor-key"


def write(home: Path, client: str, text: str) -> dict[str, str]:
    env = {"HOME": str(home), "PATH": str(Path(sys.executable).parent)}
    path = config_files(env, "linux")[client]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return env


def entry(**changes: Any) -> dict[str, Any]:
    usual = {
        "command": sys.executable,
        "args": ["-m", "gexfocus_mcp"],
        "env": {"GEXFOCUS_API_KEY": CANARY},
    }
    return {**usual, **changes}


def check(home: Path, server: dict[str, Any], client: str = "cursor") -> Finding:
    text = json.dumps({"mcpServers": {"other": {"command": "x"}, "gexfocus": server}})
    (found,) = check_clients(write(home, client, text), "linux")
    assert CANARY not in repr(found)
    return found


def test_a_command_with_a_key_in_it_is_not_repeated(tmp_path: Path) -> None:
    command = f"GEXFOCUS_API_KEY={CANARY} uvx gexfocus-mcp"
    found = check(tmp_path, entry(command=command))

    assert "is not found" in found.says


def test_a_machine_without_clients_is_no_trouble(tmp_path: Path) -> None:
    (found,) = check_clients({"HOME": str(tmp_path)}, "linux")

    assert found.status == "skipped"


@pytest.mark.parametrize(
    "server",
    [
        entry(),
        entry(env={"GEXFOCUS_API_KEY": "${env:GEXFOCUS_API_KEY}"}),
        entry(env={"GEXFOCUS_API_KEY_FILE": "/k"}),
        entry(env={}, env_vars=["GEXFOCUS_API_KEY"]),
        entry(env={}, args=["-m", "gexfocus_mcp", "--demo"]),
        {"url": "http://127.0.0.1:8765/mcp", "args": ["gexfocus-mcp"]},
    ],
)
def test_an_entry_that_works_is_good(tmp_path: Path, server: dict[str, Any]) -> None:
    assert check(tmp_path, server).status == "good"


@pytest.mark.parametrize(
    ("server", "says"),
    [
        (entry(command="no-such-program"), "is not found"),
        (entry(command="/no/such/gexfocus-mcp"), "is not found"),
        (entry(env={}), "passes on no key"),
        (entry(env=None), "passes on no key"),
        (entry(env={}, args=5, command="gexfocus-mcp"), "passes on no key"),
        (entry(env={}, env_vars=[{}, 7]), "passes on no key"),
        (entry(env={"GEXFOCUS_API_KEY": ""}), "is empty"),
    ],
)
def test_an_entry_that_cannot_work_says_why(
    tmp_path: Path, server: dict[str, Any], says: str
) -> None:
    found = check(tmp_path, server)

    assert found.status == "degraded"
    assert says in found.says
    assert found.fix


@pytest.mark.parametrize(
    "client", ["claude-desktop", "claude-code", "cursor", "gemini", "windsurf"]
)
def test_every_client_with_this_form_is_looked_at(tmp_path: Path, client: str) -> None:
    assert check(tmp_path, entry(), client).name == f"client {client}"


def test_vscode_calls_the_list_servers(tmp_path: Path) -> None:
    env = write(tmp_path, "vscode", json.dumps({"servers": {"gexfocus": entry()}}))
    (found,) = check_clients(env, "linux")

    assert (found.name, found.status) == ("client vscode", "good")


def test_codex_keeps_toml(tmp_path: Path) -> None:
    text = f"""
[mcp_servers.gexfocus]
command = "{sys.executable}"
args = ["-m", "gexfocus_mcp"]
env_vars = ["GEXFOCUS_API_KEY"]
"""
    (found,) = check_clients(write(tmp_path, "codex", text), "linux")

    assert (found.name, found.status) == ("client codex", "good")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (
            '{"mcpServers": {"gexfocus": {"command": "gexfocus-mcp"}, // mine\n}}',
            "degraded",
        ),
        ("not json", "skipped"),
        ("[1, 2]", "skipped"),
        ('{"mcpServers": ["gexfocus-mcp"]}', "skipped"),
        ('{"mcpServers": {"gexfocus-mcp": 7}}', "skipped"),
        ("[" * 100_000, "skipped"),
    ],
)
def test_a_file_that_cannot_be_read_matters_only_if_it_names_this_program(
    tmp_path: Path, text: str, status: str
) -> None:
    (found,) = check_clients(write(tmp_path, "cursor", text), "linux")

    assert found.status == status
