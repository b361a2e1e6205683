"""Published schemas: what every client can read."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from gexfocus_mcp.render.flow import FlowPayload
from gexfocus_mcp.render.greeks import GreeksPayload
from gexfocus_mcp.render.live import LivePayload
from gexfocus_mcp.render.matrix_blocks import MatrixPayload
from gexfocus_mcp.render.positioning_blocks import PositioningPayload
from gexfocus_mcp.render.sessions import SessionsPayload
from gexfocus_mcp.server.schemas import input_schema, output_schema


PAYLOADS = [
    FlowPayload,
    GreeksPayload,
    LivePayload,
    MatrixPayload,
    PositioningPayload,
    SessionsPayload,
]


class Inner(BaseModel):
    """An inner part."""

    size: int = 3


class Asked(BaseModel):
    """What a tool is asked."""

    title: str
    points: int | None = Field(None, ge=10, le=300, description="how many")
    series: Literal["ndf", "gex"] = "ndf"
    strikes: list[float] | None = None
    inner: Inner | None = None
    nested: list[Inner] = []


def keys(schema: Any) -> Iterator[str]:
    """Yield every keyword, but not the names of properties."""
    if isinstance(schema, list):
        for item in schema:
            yield from keys(item)
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key
            yield from keys(
                list(value.values()) if key in {"properties", "$defs"} else value
            )


def test_an_input_schema_has_nothing_to_resolve_and_no_alternatives() -> None:
    schema = input_schema(Asked.model_json_schema())

    assert {"$ref", "$defs", "anyOf", "title"}.isdisjoint(keys(schema))
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {
        "title",
        "points",
        "series",
        "strikes",
        "inner",
        "nested",
    }
    assert schema["properties"]["points"] == {
        "type": "integer",
        "minimum": 10,
        "maximum": 300,
        "description": "how many",
    }
    assert schema["properties"]["series"]["enum"] == ["ndf", "gex"]
    assert schema["required"] == ["title"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_output_schema_is_valid_and_open(payload: type[BaseModel]) -> None:
    schema = output_schema(payload)

    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert {"title", "description"}.isdisjoint(keys(schema))
    assert {"ticker", "freshness", "session", "source"} <= set(schema["required"])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_output_schema_names_its_keys_and_nothing_inside_them(
    payload: type[BaseModel],
) -> None:
    schema = output_schema(payload)

    assert {"$ref", "$defs", "anyOf"}.isdisjoint(keys(schema))
    assert set(schema["properties"]) == {
        field.serialization_alias or name
        for name, field in payload.model_fields.items()
    }
    assert all(
        "properties" not in part and isinstance(part["type"], str)
        for part in schema["properties"].values()
    )
