"""An upstream on loopback for every check."""

from collections.abc import Iterator

import pytest

from tests.journeys.asking import PlainUpstream


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def upstream() -> Iterator[PlainUpstream]:
    plain = PlainUpstream()
    yield plain
    plain.close()
