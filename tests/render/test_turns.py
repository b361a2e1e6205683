from gexfocus_mcp.analysis.positioning import Turn
from gexfocus_mcp.render.turns import NONE_NEAR, turn_blocks, turn_line


FALL = Turn(level=422.53, below=True, distance_pct=-1.27, then="short gamma")
RISE = Turn(level=431.0, below=False, distance_pct=0.72, then="low confidence")


def test_both_channels_tell_the_same_turns_in_the_same_order() -> None:
    told = [b.model_dump(by_alias=True) for b in turn_blocks((FALL, RISE))]

    assert [t["if"] for t in told] == ["spot < 422.5", "spot > 431"]
    assert [t["then"] for t in told] == ["short gamma", "low confidence"]
    assert turn_line((FALL, RISE), NONE_NEAR) == (
        "turns over  spot < 422.5 (-1.3 %): short gamma. spot > 431 (+0.7 %): low confidence"
    )


def test_without_a_turn_the_line_says_whether_one_was_looked_for() -> None:
    assert turn_line((), NONE_NEAR) == "turns over  no level within 15 % of spot"
    assert turn_line((), "not reckoned") == "turns over  not reckoned"


def test_the_moment_stands_before_the_turns_where_it_is_not_the_answers() -> None:
    line = turn_line((FALL,), NONE_NEAR, "as of 11:00:00: ")

    assert line.startswith("turns over  as of 11:00:00: spot < 422.5")
