"""Where the MCP clients of this machine keep their servers."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final


CLIENTS: Final = (
    "claude-desktop",
    "claude-code",
    "cursor",
    "vscode",
    "codex",
    "gemini",
    "windsurf",
)
"""The clients that are known by name."""


def config_files(
    env: Mapping[str, str], platform: str = sys.platform
) -> dict[str, Path]:
    """Where each client keeps its servers, by the client's name; the files need not exist."""
    # Not above: the names alone are wanted without what settings need.
    from gexfocus_mcp.settings import find_home

    home = find_home(env)
    if home is None:
        return {}
    if platform == "win32":
        programs = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
    elif platform == "darwin":
        programs = home / "Library" / "Application Support"
    else:
        programs = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    return {
        "claude-desktop": programs / "Claude" / "claude_desktop_config.json",
        "claude-code": home / ".claude.json",
        "cursor": home / ".cursor" / "mcp.json",
        "vscode": programs / "Code" / "User" / "mcp.json",
        "codex": home / ".codex" / "config.toml",
        "gemini": home / ".gemini" / "settings.json",
        "windsurf": home / ".codeium" / "windsurf" / "mcp_config.json",
    }
