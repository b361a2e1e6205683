"""How each client wants this server: under which name, as which entry, and where the key comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gexfocus_mcp.setup.left_alone import LeftAlone


SERVER: Final = "gexfocus"
KEY: Final = "GEXFOCUS_API_KEY"

KEY_INPUT: Final = {
    "type": "promptString",
    "id": "gexfocus-key",
    "description": "GEXfocus API key",
    "password": True,
}
"""VS Code's question for the key, as its file holds it."""

# An entry with one of these is reached by its address instead of started.
_ADDRESSES: Final = ("url", "serverUrl", "httpUrl")


@dataclass(frozen=True, slots=True)
class Form:
    """
    Attributes:
        title: The client as a person calls it.
        key_step: Where the key goes, as a sentence; `{file}` stands for the client's file.
        reference: What stands for the key in the entry's env; empty where the client knows no references.
        listed: The name under which the file lists its servers.
        typed: Whether an entry says that it is a program (`"type": "stdio"`).
    """

    title: str
    key_step: str
    reference: str = ""
    listed: str = "mcpServers"
    typed: bool = False

    @property
    def is_toml(self) -> bool:
        """Codex's form: TOML, where variables are passed on by their names alone."""
        return self.listed == "mcp_servers"


_FROM_DESKTOP: Final = (
    "Export GEXFOCUS_API_KEY in the shell you start {title} from. Started from the desktop it does not see that: "
    "then put the key itself into the entry's env in {file}."
)
_FROM_SHELL: Final = "Export GEXFOCUS_API_KEY in the shell you start {title} from."

FORMS: Final = {
    "claude-desktop": Form(
        title="Claude Desktop",
        key_step="Put your key between the empty quotes of GEXFOCUS_API_KEY in {file}.",
    ),
    "claude-code": Form(
        title="Claude Code",
        key_step=_FROM_SHELL,
        # Without the default, an unset variable would arrive as these very characters, and be taken for a key.
        reference="${GEXFOCUS_API_KEY:-}",
        typed=True,
    ),
    "cursor": Form(
        title="Cursor", key_step=_FROM_DESKTOP, reference="${env:GEXFOCUS_API_KEY}"
    ),
    "vscode": Form(
        title="VS Code",
        key_step="VS Code asks for the key when the server first starts, and keeps it in the system's keychain.",
        reference="${input:gexfocus-key}",
        listed="servers",
        typed=True,
    ),
    "codex": Form(title="Codex", key_step=_FROM_SHELL, listed="mcp_servers"),
    "gemini": Form(
        title="Gemini CLI", key_step=_FROM_SHELL, reference="$GEXFOCUS_API_KEY"
    ),
    "windsurf": Form(
        title="Windsurf", key_step=_FROM_DESKTOP, reference="${env:GEXFOCUS_API_KEY}"
    ),
}
"""By the names under which `clients.config_files` knows them."""


def build_entry(
    form: Form,
    program: Sequence[str],
    standing: Mapping[str, Any] | None = None,
    *,
    demo: bool = False,
) -> dict[str, Any]:
    """
    The server's entry as it should be.

    Args:
        program: The command and its arguments.
        standing: The entry that is there; what the user added to it is kept, the key above all.
        demo: Answer from the simulated market; then no key is asked for.

    Raises:
        LeftAlone: What is there cannot be completed without losing something of it.
    """
    entry = dict(standing or {})
    if any(name in entry for name in _ADDRESSES):
        raise LeftAlone(f"has a '{SERVER}' already, reached by an address")
    if form.typed:
        entry["type"] = "stdio"
    entry["command"] = program[0]
    entry["args"] = [*program[1:], *(["--demo"] if demo else [])]
    given, passed = entry.get("env", {}), entry.get("env_vars", [])
    if not isinstance(given, dict) or not isinstance(passed, list):
        raise LeftAlone(f"has a '{SERVER}' already, whose env is of another form")
    if demo or has_key(entry):
        return entry
    if form.is_toml:
        return {**entry, "env_vars": [*passed, KEY]}
    return {**entry, "env": {**given, KEY: form.reference}}


def has_key(entry: Mapping[str, Any]) -> bool:
    """Whether an entry has a key, a file or a reference for one."""
    given = entry.get("env") or {}
    return bool(
        given.get(KEY)
        or given.get(f"{KEY}_FILE")
        or entry.get("envFile")
        or KEY in entry.get("env_vars", [])
    )
