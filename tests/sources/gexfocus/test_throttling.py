"""Retry-After in its two spellings, and what is said to whoever is throttled."""

from datetime import UTC, datetime

import pytest

from gexfocus_mcp.errors import KeyCooldown, RateLimited, Throttled, TooManyAddresses
from gexfocus_mcp.sources.gexfocus.throttling import (
    Throttle,
    read_throttle,
    to_failure,
)


NOW = datetime(2026, 5, 19, 14, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("Tue, 19 May 2026 14:01:30 GMT", 90),
        ("Tue, 19 May 2026 14:01:30 -0000", 60),
        ("Tue, 19 May 2026 13:00:00 GMT", 60),
        ("86400", 3600),
        ("-5", 60),
        ("soon", 60),
        ("", 60),
        (None, 60),
    ],
)
def test_retry_after(header: str | None, seconds: float) -> None:
    assert read_throttle("rate limit exceeded", header, NOW) == Throttle(
        "rate_limited", seconds
    )


def test_the_header_wins_over_the_causes_own_time() -> None:
    assert read_throttle("api_key cooldown active", "30", NOW).seconds == 30


@pytest.mark.parametrize("detail", ["", "slow down", '{"detail": null}', "zip code"])
def test_an_unknown_cause_is_a_used_up_budget(detail: str) -> None:
    assert read_throttle(detail, None, NOW) == Throttle("rate_limited", 60)


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ("rate_limited", RateLimited),
        ("too_many_ips", TooManyAddresses),
        ("cooldown", KeyCooldown),
        ("unknown to this version", RateLimited),
    ],
)
def test_failures(why: str, kind: type[Throttled]) -> None:
    failure = to_failure(Throttle(why, 42))

    assert type(failure) is kind
    assert "Retry once, after 42 s." in str(failure)
