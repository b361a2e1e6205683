"""Documents that a model can read beside the tools; each is a Markdown file of this package."""

from importlib.resources import files

from mcp.server.mcpserver.resources import Resource, TextResource


NOT_IN_FEED = "gexfocus://not-in-feed"


def build_documents() -> list[Resource]:
    """Every document, by address."""
    return [
        TextResource(
            uri=NOT_IN_FEED,
            name="not_in_feed",
            title="What the feed cannot answer",
            description="Max pain, open interest and its change, IV, skew, VRP, expected move: what each needs instead.",
            mime_type="text/markdown",
            text=(files(__package__) / "not_in_feed.md").read_text("utf-8"),
        )
    ]
