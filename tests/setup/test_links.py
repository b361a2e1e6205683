"""Links that install at a click carry what `setup` would write, and no key."""

import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from gexfocus_mcp.cli import main
from gexfocus_mcp.setup.forms import FORMS, KEY_INPUT, build_entry
from gexfocus_mcp.setup.links import install_link


PROGRAM = ["/a folder/ü & co/gexfocus-mcp", "--x=1+1"]


def carried(link: str) -> tuple[str, dict[str, Any], list[Any]]:
    """Name, entry and questions of a link, as its client takes it apart."""
    scheme, _, _, query, _ = urlsplit(link)
    if scheme == "vscode":
        entry = json.loads(unquote(query))
        return entry.pop("name"), entry, entry.pop("inputs")
    fields = {name: value for name, (value,) in parse_qs(query).items()}
    if "cursor" in link.partition("?")[0]:
        return fields["name"], json.loads(b64decode(fields["config"])), []
    return fields["name"], json.loads(fields["config"]), json.loads(fields["inputs"])


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("web", [False, True])
@pytest.mark.parametrize("client", ["cursor", "vscode"])
def test_a_link_carries_the_entry_that_setup_writes(
    client: str, web: bool, demo: bool
) -> None:
    link = install_link(client, PROGRAM, demo=demo, web=web)
    assert link is not None
    assert link.isascii()
    assert not set(link) & set(" \"<>'")

    name, entry, asked = carried(link)

    assert name == "gexfocus"
    assert entry == build_entry(FORMS[client], PROGRAM, demo=demo)
    assert asked == ([KEY_INPUT] if client == "vscode" and not demo else [])


def test_where_links_lead() -> None:
    starts = {
        ("cursor", False): "cursor://anysphere.cursor-deeplink/mcp/install?name=",
        ("cursor", True): "https://cursor.com/en/install-mcp?name=",
        ("vscode", False): "vscode:mcp/install?%7B",
        ("vscode", True): "https://vscode.dev/redirect/mcp/install?name=",
    }
    for (client, web), start in starts.items():
        assert str(install_link(client, PROGRAM, web=web)).startswith(start)
    for client in FORMS.keys() - {"cursor", "vscode"}:
        assert install_link(client, PROGRAM) is None


def test_the_link_is_printed_with_the_block(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GEXFOCUS_API_KEY", "CANARY-link-key")
    for client in FORMS:
        main(["setup", client, "--print"])
        out, err = capsys.readouterr()
        link = next((word for word in err.split() if "mcp/install?" in word), None)

        assert (link is not None) == (client in {"cursor", "vscode"})
        if link:
            _, entry, _ = carried(link)
            assert json.loads(out)[FORMS[client].listed]["gexfocus"] == entry
        assert "CANARY" not in out + err
