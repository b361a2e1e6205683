"""A value put into JSON text, and nothing else of the text changed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gexfocus_mcp.setup.amend import amend
from gexfocus_mcp.setup.forms import FORMS
from gexfocus_mcp.setup.left_alone import LeftAlone
from gexfocus_mcp.setup.splice import put


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text() | st.just("mcpServers"), TREES)
INDENTS = st.sampled_from([None, 0, 2, 4, "\t"])


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{}", '{\n  "a": {\n    "b": 1\n  }\n}'),
        (" { } \n", ' {\n   "a": {\n     "b": 1\n   }\n } \n'),
        ('{"x": 2}', '{"x": 2,"a": {"b": 1}}'),
        ('{"x": 2, "y": 3}', '{"x": 2, "y": 3, "a": {"b": 1}}'),
        ('{"a": {}}', '{"a": {"b": 1}}'),
        ('{"a": {"b": {"c": 1}}}', '{"a": {"b": 1}}'),
        ('{\n "x": 2\n}', '{\n "x": 2,\n "a": {\n  "b": 1\n }\n}'),
        ('{\n\t"a": {}\n}', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}'),
        (
            '{\r\n  "x": []\r\n}',
            '{\r\n  "x": [],\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}',
        ),
        ('{"\\u0061" : {"b" :0}}', '{"\\u0061" : {"b" :1}}'),
    ],
)
def test_what_is_added_looks_like_its_neighbours(text: str, after: str) -> None:
    assert put(text, ("a", "b"), 1) == after


def test_a_name_that_stands_twice_is_not_chosen_from() -> None:
    with pytest.raises(LeftAlone, match="twice"):
        put('{"a": {}, "a": {}}', ("a", "b"), 1)


@given(OBJECTS, INDENTS, st.booleans(), st.sampled_from(sorted(FORMS)))
def test_all_other_content_survives(
    config: dict[str, Any], indent: Any, ascii_only: bool, client: str
) -> None:
    form = FORMS[client]
    if form.is_toml:
        return
    config = {
        name: value
        for name, value in config.items()
        if name not in {form.listed, "inputs"} or isinstance(value, dict)
    }
    config.pop("inputs", None)
    before = json.dumps(config, indent=indent, ensure_ascii=ascii_only)
    amended = amend(form, before, ["gexfocus-mcp"])

    after = json.loads(amended.text)
    assert after[form.listed].pop("gexfocus")["command"] == "gexfocus-mcp"
    if form.listed not in config:
        assert after.pop(form.listed) == {}
    after.pop("inputs", None)
    assert json.dumps(after) == json.dumps(config)
    assert amend(form, amended.text, ["gexfocus-mcp"]).text == amended.text


@given(OBJECTS, INDENTS, st.text(), st.text(), TREES)
def test_what_is_put_is_there(
    config: dict[str, Any], indent: Any, name: str, inner: str, value: Any
) -> None:
    if not isinstance(config.get(name, {}), dict):
        del config[name]
    wanted = {**config, name: {**config.get(name, {}), inner: value}}

    after = put(json.dumps(config, indent=indent), (name, inner), value)
    assert json.dumps(json.loads(after)) == json.dumps(wanted)
