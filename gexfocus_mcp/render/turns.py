"""What would turn the read over, in both channels of every tool that says it."""

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from gexfocus_mcp.analysis.positioning import Turn
from gexfocus_mcp.render.answer import Block
from gexfocus_mcp.render.numbers import Pct, pct, plain


NONE_NEAR: Final = "no level within 15 % of spot"


class TurnBlock(Block):
    # `if` is a keyword, so it cannot be a field's own name.
    if_: str = Field(serialization_alias="if")
    distance_pct: Pct
    then: str


def turn_block(turn: Turn) -> TurnBlock:
    return TurnBlock(
        if_=turn_condition(turn), distance_pct=turn.distance_pct, then=turn.then
    )


def turn_blocks(turns: Sequence[Turn]) -> list[TurnBlock]:
    return [turn_block(turn) for turn in turns]


def turn_condition(turn: Turn) -> str:
    return f"spot {'<' if turn.below else '>'} {plain(turn.level, 4)}"


def turn_words(turn: Turn) -> str:
    """`spot < 719.6 (-0.5 %): short gamma`."""
    return f"{turn_condition(turn)} ({pct(turn.distance_pct)}): {turn.then}"


def turn_line(turns: Sequence[Turn], none: str, when: str = "") -> str:
    """
    Tell every turn, nearest first as they come.

    Args:
        none: What to say where there is none: looked for in vain, or not reckoned.
        when: The moment they hold for, where the answer's first line does not say it.
    """
    words = ". ".join(turn_words(turn) for turn in turns)
    return f"turns over  {when}{words or none}"
