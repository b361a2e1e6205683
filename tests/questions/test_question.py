import pytest

from tests.questions.question import (
    Fact,
    count,
    find,
    level,
    percent,
    says,
    share,
    size,
)


ANSWER = {
    "net": -1.234e9,
    "rows": [{"day": "a", "n": 2}],
    "bars": {"k": [5, 6.5], "v": [7, 8]},
}


@pytest.mark.parametrize(
    "fact",
    [
        size("net", -1.234e9, r"net <n> of"),
        says("rows.0.day", "a", "hedge"),
        count("rows[day=a].n", 2, "2 rows"),
        count("bars[k=6.5].v", 8, "hedge"),
    ],
)
def test_a_fact_that_both_channels_state_holds(fact: Fact) -> None:
    fact.check(ANSWER, "net -1.23B of 5B, hedge, 2 rows")


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (size("net", -1.24e9, r"net <n> of"), "net -1.23B of"),
        (size("net", -1.234e9, r"net <n> of"), "net +1.23B of"),
        (size("net", -1.234e9, r"net <n> of"), "net -1.24B of"),
        (size("net", -1.234e9, r"net <n> of"), "net -1.23M of"),
        (size("net", -1.234e9, r"net <n> of"), "gross 5B"),
        (says("rows.0.day", "b", "hedge"), "hedge"),
        (says("rows.0.day", "a", "hedge"), "no such word"),
        (count("missing", 1, "1"), "1"),
    ],
)
def test_a_fact_that_one_channel_does_not_state_fails(fact: Fact, text: str) -> None:
    with pytest.raises(AssertionError):
        fact.check(ANSWER, text)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (percent("it", 1.26, "<n> %"), "1.4 %"),
        (share("it", 0.26, "<n> %"), "27 %"),
        (level("it", 718.88, "<n>"), "719.9"),
    ],
)
def test_a_number_is_held_to_the_digits_that_the_text_prints(
    right: Fact, wrong: str
) -> None:
    right.check({"it": right.value}, f"{right.value * right.per:.4g} %")
    with pytest.raises(AssertionError):
        right.check({"it": right.value}, wrong)


def test_columns_are_looked_up_by_one_of_them() -> None:
    assert find(ANSWER, "bars[k=5].v") == 7
