"""Links that put this server into a client at a click, for the clients that take such links."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from gexfocus_mcp.setup.forms import FORMS, KEY_INPUT, SERVER, build_entry


def install_link(
    client: str, program: Sequence[str], *, demo: bool = False, web: bool = False
) -> str | None:
    """
    The link that installs the server into *client*, or None where it takes no links.

    Args:
        client: The client's name, as in `FORMS`.
        program: The command and its arguments.
        demo: Answer from the simulated market.
        web: By way of the client's own page, for places that only show links to the web.
    """
    build = (_ON_THE_WEB if web else _DIRECT).get(client)
    entry = build_entry(FORMS[client], program, demo=demo)
    return build(entry) if build else None


def _packed(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _cursor_query(entry: Mapping[str, Any]) -> str:
    config = b64encode(_packed(entry).encode()).decode()
    return f"name={SERVER}&config={quote(config, safe='')}"


def _inputs(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [KEY_INPUT] if "env" in entry else []


def _vscode(entry: Mapping[str, Any]) -> str:
    server = {"name": SERVER, **entry, "inputs": _inputs(entry)}
    return f"vscode:mcp/install?{quote(_packed(server), safe='')}"


def _vscode_web(entry: Mapping[str, Any]) -> str:
    config = quote(_packed(entry), safe="")
    asked = quote(_packed(_inputs(entry)), safe="")
    page = "https://vscode.dev/redirect/mcp/install"
    return f"{page}?name={SERVER}&inputs={asked}&config={config}"


_Build = Callable[[Mapping[str, Any]], str]
_DIRECT: Final[dict[str, _Build]] = {
    "cursor": lambda entry: (
        f"cursor://anysphere.cursor-deeplink/mcp/install?{_cursor_query(entry)}"
    ),
    "vscode": _vscode,
}
_ON_THE_WEB: Final[dict[str, _Build]] = {
    "cursor": lambda entry: f"https://cursor.com/en/install-mcp?{_cursor_query(entry)}",
    "vscode": _vscode_web,
}
