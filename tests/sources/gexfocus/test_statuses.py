"""Each status is one failure."""

import pytest

from gexfocus_mcp.sources.gexfocus.statuses import to_failure


@pytest.mark.parametrize(
    ("status", "code", "retry_after"),
    [
        (400, "bad_request", None),
        (401, "unauthorized", None),
        (403, "forbidden", None),
        (404, "no_data", None),
        (407, "unreachable", None),
        (422, "bad_request", None),
        (500, "upstream_down", 30),
        (502, "upstream_down", 30),
        (503, "upstream_down", 30),
        (504, "upstream_down", 30),
        (204, "upstream_changed", None),
        (302, "upstream_changed", None),
        (418, "upstream_changed", None),
        (501, "upstream_changed", None),
    ],
)
def test_statuses(status: int, code: str, retry_after: float | None) -> None:
    failure = to_failure(status)

    assert (failure.code, failure.retry_after) == (code, retry_after)
    assert len(str(failure)) <= 300
