"""
JSON schemas as clients can read them: no titles, no null unions, nothing to resolve in an input.

Output schemas are published from a file beside this one: making them from the payloads at every
start would cost a tenth of the start-up. A test makes them anew and holds the file against them.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel


_NULL: Final = {"type": "null"}
_NOISE: Final = {"title", "$defs"}


def input_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """
    A tool's input schema without `$ref`, `anyOf`, `title` and null defaults.

    Several clients reject these; an absent argument is an absent key, so null is never an alternative.
    """
    tidied = _tidy(schema, schema.get("$defs", {}))
    tidied.pop("description", None)
    return {**tidied, "additionalProperties": False}


@cache
def read_output_schemas() -> dict[str, Any]:
    """The published output schema of every tool, by its name."""
    text = (files(__package__) / "output_schemas.json").read_text("utf-8")
    schemas: dict[str, Any] = json.loads(text)
    return schemas


def output_schema(model: type[BaseModel]) -> dict[str, Any]:
    """
    The schema of a payload, as it is serialised: its keys and their types.

    What is inside a part stays in the documentation: twelve tools with every part spelt out would cost a
    model more than their descriptions, arguments and answers together. Objects stay open, so that a key
    may be added without breaking anyone.
    """
    schema = model.model_json_schema(mode="serialization")
    tidied = _tidy(schema, schema.get("$defs", {}))
    return {
        "type": "object",
        "properties": {
            name: _outline(part) for name, part in tidied["properties"].items()
        },
        "required": tidied["required"],
    }


def _outline(part: dict[str, Any]) -> dict[str, Any]:
    """One key's type, without what is inside it."""
    if "anyOf" in part:
        return {"type": "object"}
    if part["type"] == "array":
        return {"type": "array", "items": _outline(part["items"])}
    return {key: part[key] for key in ("type", "enum") if key in part}


def _tidy(schema: Any, definitions: dict[str, Any] | None) -> Any:
    """Tidy one schema; references are inlined where *definitions* are given."""
    if isinstance(schema, list):
        return [_tidy(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if definitions is not None and "$ref" in schema:
        return _tidy(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    kept = _nullable_cells(schema)
    if "anyOf" in kept:
        left = [option for option in kept["anyOf"] if option != _NULL]
        rest = {key: value for key, value in kept.items() if key != "anyOf"}
        kept = {**left[0], **rest} if len(left) == 1 else {**rest, "anyOf": left}
        if definitions is not None and "$ref" in kept:
            return _tidy(kept, definitions)
    return {
        key: {name: _tidy(sub, definitions) for name, sub in value.items()}
        if key == "properties"
        else _tidy(value, definitions)
        for key, value in kept.items()
        if key not in _NOISE and not (key == "default" and value is None)
    }


def _nullable_cells(schema: dict[str, Any]) -> dict[str, Any]:
    """A missing cell of a column is null, unlike a missing scalar, so an array's items keep it."""
    items = schema.get("items")
    if not isinstance(items, dict) or _NULL not in items.get("anyOf", []):
        return schema
    (cell,) = (option for option in items["anyOf"] if option != _NULL)
    return {**schema, "items": {"type": [cell["type"], "null"]}}
