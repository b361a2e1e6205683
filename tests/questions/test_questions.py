"""
Questions that traders ask, more than sixty: each is answered by one call, and both channels state the facts.

The tables of the questions are the `about_*` modules: words, tool, arguments, and the facts, which `reckoning*`
works out from the upstream's raw payloads in code of its own.
"""

from collections import Counter

import pytest

from gexfocus_mcp.server.tools.catalog import build_tools
from gexfocus_mcp.simulator.listings import TICKERS
from tests.questions import (
    about_bars,
    about_changes,
    about_expirations,
    about_flow,
    about_hedging,
    about_history,
    about_levels,
    about_moments,
    about_names,
    about_regime,
    about_roll_off,
    about_stream,
    about_waiting,
)
from tests.questions.conftest import Ask
from tests.questions.question import Question


SUBJECTS = (
    about_regime,
    about_hedging,
    about_levels,
    about_moments,
    about_names,
    about_bars,
    about_expirations,
    about_roll_off,
    about_flow,
    about_stream,
    about_history,
    about_changes,
    about_waiting,
)
QUESTIONS: list[Question] = [q for subject in SUBJECTS for q in subject.QUESTIONS]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.words)
def test_one_call_states_the_facts_in_both_channels(
    question: Question, ask: Ask
) -> None:
    heard, raw = ask(question)
    assert not heard.refused, heard.text
    facts = question.facts(raw)
    assert facts
    for fact in facts:
        fact.check(heard.json, heard.text)


def test_no_question_is_asked_twice() -> None:
    asked = Counter(question.words for question in QUESTIONS)
    assert asked.most_common(1)[0][1] == 1


def test_every_underlying_is_asked_about() -> None:
    assert {question.arguments.get("ticker") for question in QUESTIONS} >= TICKERS


def test_there_are_sixty_questions_and_some_for_every_tool() -> None:
    asked = Counter(question.tool for question in QUESTIONS)
    assert asked.total() >= 60
    # A picture's facts are looked at, not read: its numbers are the other tools'.
    assert {tool.name for tool in build_tools()} - {"positioning_chart"} == {*asked}
