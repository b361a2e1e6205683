"""`gexfocus-mcp setup` as a person uses it."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from gexfocus_mcp.cli import main
from gexfocus_mcp.doctor.clients import check_clients
from gexfocus_mcp.setup.forms import FORMS


CANARY = "CANARY-setup-key"
KEPT = "CANARY-kept-key"
JSON_CLIENTS = [client for client, form in FORMS.items() if not form.is_toml]


def read(path: Path) -> dict[str, Any]:
    text = path.read_text("utf-8")
    config: dict[str, Any] = (
        tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    )
    return config


def entry(client: str, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = read(path)[FORMS[client].listed]["gexfocus"]
    return found


def listing(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def no_file_holds_the_key(home: Path) -> Iterator[None]:
    """Whatever a test does, the key of the environment gets into no file."""
    yield
    assert all(CANARY.encode() not in held for held in listing(home).values())


def say(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """What was printed, which never holds a key."""
    out, err = capsys.readouterr()
    assert CANARY not in out + err
    assert KEPT not in out + err
    return out, err


@pytest.mark.parametrize("client", FORMS)
def test_a_client_without_a_file_gets_one_for_its_owner_alone(
    client: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["setup", client]) == 0

    out, _ = say(capsys)
    assert str(files[client]) in out
    assert FORMS[client].title in out
    assert Path(entry(client, files[client])["command"]).is_absolute()
    assert stat.S_IMODE(files[client].stat().st_mode) == 0o600
    assert [path.name for path in files[client].parent.iterdir() if path.is_file()] == [
        files[client].name
    ]


def test_folders_that_are_missing_are_made(home: Path) -> None:
    assert main(["setup", "windsurf"]) == 0
    assert (home / ".codeium" / "windsurf" / "mcp_config.json").is_file()


@pytest.mark.parametrize("client", FORMS)
def test_what_is_written_is_good_to_the_doctor(
    client: str, files: dict[str, Path]
) -> None:
    main(["setup", client])
    (found,) = check_clients(os.environ)

    if client == "claude-desktop":
        assert found.says.endswith("is empty")
    else:
        assert found.status == "good", found.says


@pytest.mark.parametrize("client", FORMS)
def test_the_simulated_market_needs_no_key(
    client: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["setup", client, "--demo"])
    (found,) = check_clients(os.environ)

    assert found.status == "good"
    assert entry(client, files[client])["args"][-1] == "--demo"
    assert "KEY" not in files[client].read_text()
    assert "KEY" not in say(capsys)[0]


def test_references_are_the_client_s_own(files: dict[str, Path]) -> None:
    for client in FORMS:
        main(["setup", client])
    passed = {
        client: entry(client, files[client]).get("env", {}).get("GEXFOCUS_API_KEY")
        for client in FORMS
    }

    assert passed == {
        "claude-desktop": "",
        "claude-code": "${GEXFOCUS_API_KEY:-}",
        "cursor": "${env:GEXFOCUS_API_KEY}",
        "vscode": "${input:gexfocus-key}",
        "codex": None,
        "gemini": "$GEXFOCUS_API_KEY",
        "windsurf": "${env:GEXFOCUS_API_KEY}",
    }
    assert entry("codex", files["codex"])["env_vars"] == ["GEXFOCUS_API_KEY"]
    (asked,) = read(files["vscode"])["inputs"]
    assert (asked["id"], asked["password"]) == ("gexfocus-key", True)


@pytest.mark.parametrize("client", FORMS)
def test_printing_changes_nothing_and_prints_what_would_be_written(
    client: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["setup", client, "--print"]) == 0
    out, err = say(capsys)
    assert listing(home) == {}
    assert "restart" in err

    main(["setup", client])
    (written,) = listing(home).values()
    assert written.decode() == out


def test_the_printed_line_for_claude_code_writes_a_reference(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["setup", "claude-code", "--print"])
    line = re.search(r"claude mcp add .*", say(capsys)[1])

    assert line
    words = shlex.split(line[0])
    assert words[3:8] == [
        *("gexfocus", "--scope", "user"),
        *("-e", "GEXFOCUS_API_KEY=${GEXFOCUS_API_KEY:-}"),
    ]


@pytest.mark.parametrize("client", JSON_CLIENTS)
def test_everything_else_in_the_file_stays(
    client: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    listed = FORMS[client].listed
    before = {
        "z": 1.50,
        listed: {"other": {"command": "x", "env": {"K": KEPT}}},
        "a": ["ü", {"deep": [1, 2]}],
    }
    files[client].write_text(json.dumps(before, indent=4))
    files[client].chmod(0o640)
    assert main(["setup", client]) == 0

    say(capsys)
    after = read(files[client])
    del after[listed]["gexfocus"]
    after.pop("inputs", None)
    assert json.dumps(after) == json.dumps(before)
    assert stat.S_IMODE(files[client].stat().st_mode) == 0o640


def test_a_file_differs_by_the_entry_alone(files: dict[str, Path]) -> None:
    before = '{\r\n\t"n": 1.50e2,\r\n\t"mcpServers": {\r\n\t\t"x": {"command": "\\u00e9"}\r\n\t}\r\n}\r\n'
    files["cursor"].write_bytes(before.encode())
    main(["setup", "cursor", "--demo"])

    after = files["cursor"].read_bytes().decode()
    start = after.index(',\r\n\t\t"gexfocus": {\r\n\t\t\t"command"')
    end = after.index("\r\n\t}\r\n}", start)
    assert after[:start] + after[end:] == before


@pytest.mark.parametrize("client", FORMS)
def test_a_second_time_changes_nothing(
    client: str,
    files: dict[str, Path],
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files[client].write_text("# mine\n" if client == "codex" else '{"a": 1}')
    main(["setup", client])
    say(capsys)
    before = listing(home)
    assert len(before) == 2
    times = [path.stat().st_mtime_ns for path in before]

    assert main(["setup", client]) == 0
    assert "nothing was changed" in say(capsys)[0]
    assert listing(home) == before
    assert [path.stat().st_mtime_ns for path in before] == times


def test_no_backup_takes_the_place_of_an_earlier_one(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = files["gemini"]
    path.write_text('{"first": 1}')
    path.chmod(0o644)
    kept = []
    for arguments in (["--demo"], [], ["--demo"]):
        kept.append(path.read_text())
        assert main(["setup", "gemini", *arguments]) == 0
        assert ".bak" in say(capsys)[0]

    backups = [path.with_name(f"settings.json.bak{n}") for n in ("", "2", "3")]
    assert [backup.read_text() for backup in backups] == kept
    assert {stat.S_IMODE(backup.stat().st_mode) for backup in backups} == {0o644}


@pytest.mark.parametrize("demo", [[], ["--demo"]])
def test_a_key_that_stands_there_is_kept_and_not_printed(
    demo: list[str], files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    standing = {
        "command": "/gone/gexfocus-mcp",
        "env": {"GEXFOCUS_API_KEY": KEPT, "GEXFOCUS_LOG_LEVEL": "INFO"},
        "timeout": 5,
    }
    files["claude-desktop"].write_text(
        json.dumps({"mcpServers": {"gexfocus": standing}})
    )
    assert main(["setup", "claude-desktop", *demo]) == 0

    assert "was kept" in say(capsys)[0]
    after = entry("claude-desktop", files["claude-desktop"])
    assert (after["env"], after["timeout"]) == (standing["env"], 5)
    assert after["command"] != standing["command"]


@pytest.mark.parametrize(
    "standing",
    [
        {"env": {"GEXFOCUS_API_KEY_FILE": "/k"}},
        {"envFile": "/k"},
    ],
)
def test_a_key_by_another_way_is_not_joined_by_a_reference(
    standing: dict[str, Any], files: dict[str, Path]
) -> None:
    for client in ("cursor", "vscode"):
        listed = FORMS[client].listed
        files[client].write_text(json.dumps({listed: {"gexfocus": standing}}))
        main(["setup", client])
        assert "GEXFOCUS_API_KEY" not in entry(client, files[client]).get("env", {})
    assert "inputs" not in read(files["vscode"])


def test_vscode_s_other_questions_stay_and_ours_is_asked_once(
    files: dict[str, Path],
) -> None:
    other = {"type": "promptString", "id": "other"}
    files["vscode"].write_text(json.dumps({"inputs": [other], "servers": {}}))
    main(["setup", "vscode"])
    assert [one["id"] for one in read(files["vscode"])["inputs"]] == [
        *("other", "gexfocus-key")
    ]
    main(["setup", "vscode", "--demo"])
    main(["setup", "vscode"])
    assert len(read(files["vscode"])["inputs"]) == 2


BROKEN = {
    "comments": b'{\n  // mine\n  "mcpServers": {}\n}',
    "trailing comma": b'{"mcpServers": {},}',
    "cut off": b'{"mcpServers": {',
    "not an object": b"[1, 2]",
    "a string": b'"mcpServers"',
    "servers no object": b'{"mcpServers": ["gexfocus"], "servers": []}',
    "servers null": b'{"mcpServers": null, "servers": null}',
    "entry no object": b'{"mcpServers": {"gexfocus": 7}, "servers": {"gexfocus": 7}}',
    "entry null": b'{"mcpServers": {"gexfocus": null}, "servers": {"gexfocus": null}}',
    "an address": b'{"mcpServers": {"gexfocus": {"url": "u"}}, "servers": {"gexfocus": {"url": "u"}}}',
    "env no object": b'{"mcpServers": {"gexfocus": {"env": []}}, "servers": {"gexfocus": {"env": []}}}',
    "twice": b'{"mcpServers": {}, "mcpServers": {}, "servers": {}, "servers": {}}',
    "latin-1": '{"a": "\xe9"}'.encode("latin-1"),
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "nan": b'{"a": NaN}',
    "deep": b"[" * 200_000,
    "no number JSON can write": b'{"inputs": [1e999], "mcpServers": {"gexfocus": {"t": 1e999}}}',
    "half a character": b'{"inputs": ["\\ud800"], "mcpServers": {"gexfocus": {"t": "\\ud800"}}}',
}


@pytest.mark.parametrize("client", JSON_CLIENTS)
@pytest.mark.parametrize("kind", BROKEN)
def test_what_would_be_lost_is_left_alone_and_the_block_is_printed(
    kind: str,
    client: str,
    files: dict[str, Path],
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files[client].write_bytes(BROKEN[kind])
    assert main(["setup", client]) == 1

    out, err = say(capsys)
    assert "gexfocus" in json.loads(out)[FORMS[client].listed]
    assert str(files[client]) in err
    assert "Nothing was changed" in err
    assert listing(home) == {files[client]: BROKEN[kind]}


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_codex_s_own_table_is_changed_in_its_place(
    line: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before = ["# mine", 'model = "x"', "", "[mcp_servers.gexfocus]", 'command = "old"']
    after = ["startup_timeout_sec = 30", "", "# theirs", "[mcp_servers.other]", 'command = "y"', ""]  # fmt: skip
    files["codex"].write_bytes(line.join([*before, *after]).encode())
    assert main(["setup", "codex", "--demo"]) == 0
    assert entry("codex", files["codex"])["args"][-1] == "--demo"
    assert main(["setup", "codex"]) == 0

    text = files["codex"].read_bytes().decode()
    head, _, rest = text.partition(f"[mcp_servers.gexfocus]{line}")
    assert head == line.join(["# mine", 'model = "x"', "", ""])
    assert rest.endswith(line.join(["", *after[1:]]))
    written = entry("codex", files["codex"])
    assert written["startup_timeout_sec"] == 30
    assert written["command"] != "old"
    assert written["env_vars"] == ["GEXFOCUS_API_KEY"]
    assert "--demo" not in written["args"]


@pytest.mark.parametrize(
    "text",
    [
        "model = ",
        "mcp_servers = 5",
        "mcp_servers = {}",
        'mcp_servers.other = {command = "x"}\nmcp_servers.gexfocus = 3',
        '[mcp_servers.gexfocus]\ncommand = "x" # mine\n',
        '[mcp_servers.gexfocus]\ncommand = "x"\nargs = [\n  "y",\n]\n',
        '[mcp_servers . gexfocus]\ncommand = "x"\n',
        f'[mcp_servers.gexfocus.env]\nGEXFOCUS_API_KEY = "{KEPT}"\n',
        "n = nan",
    ],
)
def test_codex_s_file_is_left_alone_where_a_table_cannot_just_be_added(
    text: str,
    files: dict[str, Path],
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files["codex"].write_text(text)
    assert main(["setup", "codex"]) == 1

    out, err = say(capsys)
    assert tomllib.loads(out)["mcp_servers"]["gexfocus"]["env_vars"]
    assert "Nothing was changed" in err
    assert listing(home) == {files["codex"]: text.encode()}


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_codex_s_comments_stay(end: str, files: dict[str, Path]) -> None:
    line = end or "\n"
    before = f'# mine{line}model = "m" # why{line}[mcp_servers.a]{line}command = "x"'
    files["codex"].write_bytes((before + end).encode())
    assert main(["setup", "codex"]) == 0

    after = files["codex"].read_bytes().decode()
    assert after.startswith(f"{before}{line}{line}[mcp_servers.gexfocus]{line}")
    assert list(read(files["codex"])["mcp_servers"]) == ["a", "gexfocus"]


def test_codex_s_entry_with_more_in_it_is_right_already(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["setup", "codex"])
    with files["codex"].open("a") as file:
        file.write("tool_timeout_sec = 60\n")
    say(capsys)
    assert main(["setup", "codex"]) == 0
    assert "nothing was changed" in say(capsys)[0]


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_file_is_filled(text: str, files: dict[str, Path]) -> None:
    for client, path in files.items():
        path.write_text(text)
        assert main(["setup", client]) == 0
        assert entry(client, path)


def test_a_link_is_followed_and_stays_a_link(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "dotfiles" / "cursor.json"
    target.parent.mkdir()
    target.write_text("{}")
    files["cursor"].symlink_to(target)
    assert main(["setup", "cursor"]) == 0

    assert files["cursor"].is_symlink()
    assert entry("cursor", target)
    assert (target.parent / "cursor.json.bak").read_text() == "{}"
    assert str(target) in say(capsys)[0]


def test_a_link_to_a_file_that_is_not_there_makes_it(
    files: dict[str, Path], tmp_path: Path
) -> None:
    files["cursor"].symlink_to(tmp_path / "new.json")
    assert main(["setup", "cursor"]) == 0
    assert entry("cursor", tmp_path / "new.json")


def test_what_is_no_file_is_left_alone(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(files["cursor"])
    files["gemini"].mkdir()
    files["windsurf"].symlink_to(files["windsurf"])
    for client in ("cursor", "gemini", "windsurf"):
        assert main(["setup", client]) == 1
        assert "Nothing was changed" in say(capsys)[1]


def test_a_user_without_a_home_gets_the_block(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gexfocus_mcp.settings.find_home", lambda env: None)
    assert main(["setup", "cursor"]) == 1
    assert "gexfocus" in say(capsys)[0]
    assert main(["setup", "cursor", "--print"]) == 0


def test_an_unknown_client_is_exit_2_and_the_known_are_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["setup", "emacs"])

    assert ended.value.code == 2
    _, err = capsys.readouterr()
    assert all(client in err for client in FORMS)


def test_the_program_itself_does_it(home: Path) -> None:
    """As a process, from a path that is not on PATH, as the README's first line leaves it."""
    done = subprocess.run(
        [sys.executable, "-m", "gexfocus_mcp", "setup", "cursor"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert CANARY not in done.stdout
    assert (home / ".cursor" / "mcp.json").is_file()


@pytest.mark.anyio
@pytest.mark.parametrize("client", FORMS)
async def test_what_is_written_starts_and_lists_its_tools(
    client: str, files: dict[str, Path]
) -> None:
    main(["setup", client, "--demo"])
    written = entry(client, files[client])
    server = StdioServerParameters(command=written["command"], args=written["args"])
    with anyio.fail_after(30):
        async with Client(server) as connected:
            listed = await connected.list_tools()

    assert "dealer_positioning" in {tool.name for tool in listed.tools}
