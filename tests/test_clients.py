"""Where each client keeps its servers, on each system."""

import pytest

from gexfocus_mcp.clients import config_files


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_each_system_has_its_own_places(platform: str) -> None:
    files = config_files({"HOME": "/h", "APPDATA": "/a"}, platform)

    assert len(set(files.values())) == 7
    place = {"linux": ".config", "darwin": "Library", "win32": "a"}[platform]
    assert place in files["claude-desktop"].parts
