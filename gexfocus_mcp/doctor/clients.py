"""The configuration files of the MCP clients on this machine, as far as they mention this program."""

import json
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from gexfocus_mcp.clients import config_files
from gexfocus_mcp.doctor.finding import Finding


_OURS: Final = ("gexfocus-mcp", "gexfocus_mcp")
_LISTS: Final = ("mcpServers", "servers", "mcp_servers")


def check_clients(
    env: Mapping[str, str], platform: str = sys.platform
) -> list[Finding]:
    """One finding for every client that has this program, or whose file cannot be read."""
    findings = [
        finding
        for client, path in config_files(env, platform).items()
        for finding in _check_file(client, path, env)
    ]
    return findings or [
        Finding(
            "clients",
            "skipped",
            "no configuration of a client on this machine has gexfocus-mcp",
            "The README has the block for each client.",
        )
    ]


def _check_file(client: str, path: Path, env: Mapping[str, str]) -> Iterator[Finding]:
    name = f"client {client}"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        yield Finding(
            name, "degraded", f"{path} cannot be read", "Check its permissions."
        )
        return
    try:
        config = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError):
        if any(word in text for word in _OURS):
            yield Finding(
                name,
                "degraded",
                f"{path} is not valid {path.suffix.lstrip('.').upper()}",
                "Some clients allow comments, which are not read here: check the file in the client itself.",
            )
        return
    for title, server in _servers(config):
        problem, fix = _find_problem(server, env)
        says = f"{path} has '{title}'"
        if problem:
            yield Finding(name, "degraded", f"{says}: {problem}", fix)
        else:
            yield Finding(name, "good", says)


def _servers(config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries that start this program."""
    for listed in _LISTS:
        entries = config.get(listed) if isinstance(config, dict) else None
        if not isinstance(entries, dict):
            continue
        for title, server in entries.items():
            if isinstance(server, dict) and any(
                word in f"{title} {server.get('command')} {server.get('args')}"
                for word in _OURS
            ):
                yield title, server


def _find_problem(server: dict[str, Any], env: Mapping[str, str]) -> tuple[str, str]:
    """What keeps an entry from working, and the fix; empty where nothing does. Values of its env are never repeated."""
    command = server.get("command")
    if not isinstance(command, str):
        return "", ""
    if shutil.which(command, path=env.get("PATH", "")) is None:
        # Not repeated: somebody may have written the key into it.
        return (
            "its command is not found",
            "Write the program's full path and nothing else: many clients have a shorter PATH than a shell.",
        )
    given = server.get("env")
    given = given if isinstance(given, dict) else {}
    passed, words = server.get("env_vars"), server.get("args")
    named = {*given, *map(str, passed if isinstance(passed, list) else [])}
    if (isinstance(words, list) and "--demo" in words) or given.get("GEXFOCUS_DEMO"):
        return "", ""
    if not named & {"GEXFOCUS_API_KEY", "GEXFOCUS_API_KEY_FILE"}:
        return (
            "it passes on no key",
            "Add GEXFOCUS_API_KEY to its env block: most clients do not pass on what a shell exports.",
        )
    if "GEXFOCUS_API_KEY" in given and not given["GEXFOCUS_API_KEY"]:
        return "its GEXFOCUS_API_KEY is empty", "Put the key there."
    return "", ""
