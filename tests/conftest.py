"""Every test keeps to its own folder: what a program would share between processes stays out of the user's state."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            os.environ, "XDG_STATE_HOME", str(tmp_path_factory.mktemp("state"))
        )
        yield
