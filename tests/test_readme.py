"""Every snippet of the README, run as a reader would run it."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gexfocus_mcp.settings import read_settings
from gexfocus_mcp.setup.amend import amend
from gexfocus_mcp.setup.forms import FORMS, KEY, build_entry
from gexfocus_mcp.setup.links import install_link
from tests.clients.table import CLIENTS


ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SHELL = [line for kind, body in BLOCKS if kind == "sh" for line in body.splitlines()]
RUNNER = ["uvx", "gexfocus-mcp"]
CONFIGS = [body for kind, body in BLOCKS if kind == "json"]


def program(
    *arguments: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GEXFOCUS_")}
    return subprocess.run(
        [sys.executable, "-m", "gexfocus_mcp", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=env,
        cwd=folder,
    )


@pytest.mark.parametrize("line", [s for s in SHELL if s.startswith("gexfocus-mcp ")])
def test_a_line_that_asks_is_answered(line: str, tmp_path: Path) -> None:
    done = program(*shlex.split(line)[1:], folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("line", [s for s in SHELL if s.startswith("python3 ")])
def test_a_set_up_line_needs_nothing_but_python(line: str) -> None:
    """The lines themselves make an environment, so `.ci/run` runs them; here their parts are held against the package."""
    make, install, run = (shlex.split(part) for part in line.split(" && "))
    assert make == ["python3", "-m", "venv", ".venv"]
    assert install[:2] == [".venv/bin/pip", "install"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for extra in re.findall(r"\[(\w+)\]", install[-1]):
        assert extra in project["optional-dependencies"]
    name = run[0].removeprefix(".venv/bin/")
    assert name == "pytest" or name in project["scripts"]


def test_there_is_one_line_to_run_it_and_one_to_test_it() -> None:
    lines = [s for s in SHELL if s.startswith("python3 ")]
    assert [line.rsplit("/", 1)[1] for line in lines] == ["gexfocus-mcp demo", "pytest"]


def servers(config: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        config.get("mcpServers") or config.get("servers") or config["mcp_servers"]
    )
    return found


@pytest.mark.parametrize(
    "config",
    [
        *map(json.loads, CONFIGS),
        *(tomllib.loads(body) for kind, body in BLOCKS if kind == "toml"),
        json.loads((ROOT / "claude_desktop_config.example.json").read_text("utf-8")),
    ],
)
def test_a_client_s_configuration_starts_this_program(config: dict[str, Any]) -> None:
    for server in servers(config).values():
        assert server["command"] == "uvx"
        assert server["args"][0] == "gexfocus-mcp"
        done = program(*server["args"][1:])
        assert done.returncode == 0, done.stderr


def told_of(client: str) -> str:
    """The README's part about a client."""
    heading = f"### {FORMS[client].title}\n"
    assert README.count(heading) == 1
    return re.split(r"^##", README.split(heading)[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("client", FORMS.keys() - {"claude-code"})
def test_a_client_s_block_is_what_setup_writes(client: str) -> None:
    """So it holds no key, or a reference that the client knows."""
    (block,) = {
        body for kind, body in BLOCKS if kind != "sh" and body in told_of(client)
    }
    load = tomllib.loads if FORMS[client].is_toml else json.loads

    assert load(block) == load(amend(FORMS[client], "", RUNNER).text)


def test_the_example_for_claude_desktop_is_what_setup_writes() -> None:
    example = (ROOT / "claude_desktop_config.example.json").read_text("utf-8")

    form = FORMS["claude-desktop"]
    assert json.loads(example)[form.listed] == {
        "gexfocus": build_entry(form, RUNNER),
        "gexfocus-demo": build_entry(form, RUNNER, demo=True),
    }


@pytest.mark.parametrize("client", FORMS)
def test_a_link_is_given_for_the_clients_that_take_one(client: str) -> None:
    links = re.findall(r"\[Add to [^]]+\]\(([^)]+)\)", told_of(client))
    link = install_link(client, RUNNER, web=True)

    assert links == ([link] if link else [])


def test_the_line_for_claude_code_names_the_server_first() -> None:
    (line,) = (s for s in SHELL if s.startswith("claude "))
    words = shlex.split(line)
    assert words[:4] == ["claude", "mcp", "add", "gexfocus"]
    assert words[-2:] == ["uvx", "gexfocus-mcp"]
    assert words[words.index("-e") + 1] == (
        f"{KEY}={FORMS['claude-code'].reference}"
    ), "the reference and not the key is written"


def test_the_table_of_clients_is_the_one_that_is_run() -> None:
    section = README.split("### Tried in")[1].split("##")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (\w+) \| yes \|$", section, re.MULTILINE)
    told = {name: (versions, reads) for name, versions, reads in rows}

    for client in CLIENTS:
        name = re.sub(r"(SDK|client)?, \w+$|client", "SDK", client.name).strip()
        name = re.sub(r"SDK SDK", "SDK", name)
        versions, reads = told[name]
        assert {"text and JSON": "both"}.get(client.reads, client.reads) == reads
        if "SDK" not in name:
            assert client.version == versions
    assert len(told) == 10


def test_every_variable_that_is_read_is_explained_and_no_other() -> None:
    source = (ROOT / "gexfocus_mcp" / "settings.py").read_text("utf-8")
    read = set(re.findall(r'"(GEXFOCUS_[A-Z_]+)"', source))
    told = set(re.findall(r"`(GEXFOCUS_[A-Z_]+)`", README))
    assert told == read
    assert read_settings({}).base_url in README


def test_every_tool_is_listed_with_what_it_is_for() -> None:
    listed = set(re.findall(r"^(\w+):", program("tools").stdout, re.MULTILINE))
    section = README.split("| tool | for |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == listed


@pytest.mark.parametrize(
    "script",
    [
        "ask_a_question.py",
        "draw_charts.py",
        "replay_session.py",
        "scanner.py",
        "tokens.py",
    ],
)
def test_an_example_runs(script: str, tmp_path: Path) -> None:
    if script == "tokens.py":
        pytest.importorskip("rs_bpe", reason="no offline tokenizer for this Python")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "GEXFOCUS_TEST_DATA"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_the_accuracy_table_is_what_its_script_prints() -> None:
    if not os.environ.get("GEXFOCUS_TEST_DATA"):
        pytest.skip("GEXFOCUS_TEST_DATA names no folder with real chains")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "accuracy.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.partition("\n\n")[2].strip() in README


def test_every_example_is_named_in_the_readme() -> None:
    assert all(script.name in README for script in (ROOT / "examples").glob("*.py"))
