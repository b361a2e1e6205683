"""The API key, hidden until the moment it is sent."""

from pydantic import SecretStr

from gexfocus_mcp.errors import NoKey


def reveal(key: SecretStr | None) -> str:
    """
    The key's text; the caller sends it and keeps no copy.

    Raises:
        NoKey: There is none.
    """
    if key is None:
        raise NoKey(
            "no GEXfocus API key is set",
            "Set GEXFOCUS_API_KEY in the MCP client's settings, or start with --demo for a simulated market.",
        )
    return key.get_secret_value()
