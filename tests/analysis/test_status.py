from datetime import datetime

import pytest

from gexfocus_mcp.analysis.provenance import Provenance
from gexfocus_mcp.analysis.status import Budget, StatusReading
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.session import market_clock


def reading(**budgets: Budget) -> StatusReading:
    now = datetime(2026, 11, 20, 11, 0, tzinfo=NEW_YORK)
    return StatusReading(
        provenance=Provenance(
            None, None, "unknown", None, market_clock(now), "gexfocus"
        ),
        budgets=budgets,
        entries=0,
        hits=0,
        loads=0,
        has_key=True,
        host="example.com",
        shared=None,
        streams=(),
    )


@pytest.mark.parametrize(("used", "left"), [(0, 58), (57, 1), (58, 0), (60, 0)])
def test_what_is_left_of_a_bucket_is_never_less_than_nothing(
    used: int, left: int
) -> None:
    assert Budget(limit=58, used=used).left == left


def test_the_cooldown_is_the_longest_block_of_any_bucket() -> None:
    blocked = reading(
        last=Budget(118, 3, blocked_s=12.0), history=Budget(58, 0, blocked_s=41.5)
    )

    assert blocked.cooldown_s == 41.5
    assert reading(last=Budget(118, 3)).cooldown_s == 0
