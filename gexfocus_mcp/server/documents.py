"""Documents that a model can read beside the tools; each is a Markdown file of this package."""

from importlib.resources import files
from typing import Final

from mcp.server.mcpserver.resources import Resource, TextResource


_DOCUMENTS: Final = {
    "not_in_feed": (
        "What the feed cannot answer",
        "Max pain, open interest and its change, IV, skew, VRP, expected move: what each needs instead.",
    ),
    "glossary": (
        "Words and units",
        "Every field of the answers: what it means, its unit and sign, and what it does not say.",
    ),
}
"""By the name of its file: title and description."""


def build_documents() -> list[Resource]:
    """Every document, by address."""
    return [
        TextResource(
            uri=f"gexfocus://{name.replace('_', '-')}",
            name=name,
            title=title,
            description=description,
            mime_type="text/markdown",
            text=(files(__package__) / f"{name}.md").read_text("utf-8"),
        )
        for name, (title, description) in _DOCUMENTS.items()
    ]
