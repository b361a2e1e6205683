"""The page that some hosts show inside the chat, beside the text that every host shows."""

from importlib.resources import files
from typing import Any, Final

from mcp.server.apps import Apps


ADDRESS: Final = "ui://gexfocus/dashboard.html"

SHOWN_BY: Final[dict[str, Any]] = {
    "ui": {"resourceUri": ADDRESS},
    # Hosts of the first drafts read it here.
    "ui/resourceUri": ADDRESS,
}
"""The `_meta` of a tool whose answers the page shows."""


def build_dashboard() -> Apps:
    """The page as an extension; it loads nothing from anywhere, so it asks for no exception."""
    apps = Apps()
    apps.add_html_resource(
        ADDRESS,
        (files(__package__) / "view" / "dashboard.html").read_text("utf-8"),
        name="dashboard",
        title="Dealer positioning",
        description="Levels, gamma by strike, heatmap and flow of one ticker, for hosts that show MCP Apps.",
        prefers_border=True,
    )
    return apps
