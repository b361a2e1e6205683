"""The key is text for a moment, or the way out is named."""

import pytest
from pydantic import SecretStr

from gexfocus_mcp.errors import NoKey
from gexfocus_mcp.sources.gexfocus.credentials import reveal


def test_reveal() -> None:
    assert reveal(SecretStr("k")) == "k"
    with pytest.raises(NoKey, match="no GEXfocus API key"):
        reveal(None)
