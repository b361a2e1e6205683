import json
import os
from pathlib import Path

from jsonschema import Draft202012Validator

from gexfocus_mcp import server
from gexfocus_mcp.render.payloads import PAYLOADS
from gexfocus_mcp.server.schemas import input_schema, output_schema, read_output_schemas
from gexfocus_mcp.server.tools.catalog import build_tools


PUBLISHED = Path(server.__path__[0]) / "output_schemas.json"
UPDATE = "GEXFOCUS_UPDATE_SCHEMAS"


def test_the_published_schemas_are_those_of_the_payloads() -> None:
    """Run with GEXFOCUS_UPDATE_SCHEMAS=1 after a change of a payload, and read the difference."""
    made = {name: output_schema(payload) for name, payload in PAYLOADS.items()}
    if os.environ.get(UPDATE):
        lines = ",\n".join(
            f"{json.dumps(name)}: {json.dumps(schema)}" for name, schema in made.items()
        )
        PUBLISHED.write_text(f"{{\n{lines}\n}}\n", "utf-8")
        read_output_schemas.cache_clear()
    assert read_output_schemas() == made


def test_every_tool_publishes_a_schema_that_is_one() -> None:
    with_data = [tool.name for tool in build_tools() if tool.output_schema]
    assert with_data == list(PAYLOADS)
    for schema in read_output_schemas().values():
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"


def test_an_input_has_nothing_to_resolve() -> None:
    tidied = input_schema(
        {
            "title": "Arguments",
            "description": "noise",
            "type": "object",
            "$defs": {"Move": {"type": "number", "title": "Move"}},
            "properties": {
                "title": {"title": "Title", "type": "string"},
                "moves": {
                    "anyOf": [
                        {"type": "array", "items": {"$ref": "#/$defs/Move"}},
                        {"type": "null"},
                    ],
                    "default": None,
                    "description": "percent",
                },
            },
        }
    )
    assert tidied == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "moves": {
                "type": "array",
                "items": {"type": "number"},
                "description": "percent",
            },
        },
        "additionalProperties": False,
    }
