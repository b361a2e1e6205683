"""The state of one wait, stepped by hand."""

import pytest

from gexfocus_mcp.analysis.condition import parse_condition
from gexfocus_mcp.analysis.marks import take_marks
from gexfocus_mcp.desk.clerk import Clerk
from gexfocus_mcp.desk.vigil import Vigil
from gexfocus_mcp.traffic.elapsed import elapsed
from tests.desk.conftest import NOON, FakeFeed, gamma_map
from tests.desk.test_watching import Wire


pytestmark = pytest.mark.anyio


def vigil_on(wire: Wire, *names: str) -> Vigil:
    clerk = Clerk(FakeFeed(), lambda: NOON)
    wanted = [parse_condition(name) for name in names]
    return Vigil(wire, clerk, wanted, 45, once=False)


async def test_messages_are_looked_at_once_also_behind_a_bounded_buffer() -> None:
    """Where more came than the buffer holds, everything that is left of it is looked at."""
    wire = Wire()
    wire.say(101.0)
    vigil = vigil_on(wire, "price>110")
    assert not vigil.step()
    wire.say(*range(102, 109))
    wire.heard = wire.heard[-3:]
    assert not vigil.step()
    wire.say(109.0, 111.0, 112.0)
    wire.heard = wire.heard[-2:]
    assert vigil.step()
    assert vigil.fired[0].tick.price == 111.0


async def test_a_late_map_and_an_early_condition_agree_on_the_first_tick() -> None:
    wire = Wire()
    vigil = vigil_on(wire, "call_wall", "price>107")
    assert vigil.pending
    wire.say(101.0, 106.0, 108.0)
    vigil.take(take_marks(gamma_map()))
    assert vigil.step()
    assert [f.condition.text for f in vigil.fired] == ["call_wall"]
    assert vigil.fired[0].tick.price == 106.0


async def test_what_was_said_long_before_the_newest_message_is_not_how_things_stand() -> (
    None
):
    wire = Wire()
    wire.say(150.0)
    old = wire.heard[0]
    wire.heard = (type(old)(elapsed() - 300, old.tick),)
    wire.say(None, ndf=1.0)
    assert not vigil_on(wire, "price>110").step()
