"""The API key, hidden until the moment it is sent."""

from hashlib import blake2s

from pydantic import SecretStr

from gexfocus_mcp.errors import NoKey


def budget_name(key: SecretStr, base_url: str) -> str:
    """What a key's budgets at *base_url* are called where they are shared: a hash, from which neither is found."""
    said = f"{base_url}\0{key.get_secret_value()}".encode()
    return blake2s(said, digest_size=16, person=b"gexfocus").hexdigest()


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
