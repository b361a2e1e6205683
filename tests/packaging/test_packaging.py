"""What is handed out beside the code says what the code says; `.ci/packages` builds it and asks the validators."""

import json
import re
import struct
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gexfocus_mcp.server.tools.catalog import build_tools


ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MANIFEST: dict[str, Any] = json.loads(
    (ROOT / ".mcpb" / "manifest.json").read_text("utf-8")
)
REGISTRY: dict[str, Any] = json.loads((ROOT / "server.json").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
CONFIG = MANIFEST["server"]["mcp_config"]
READ = set(
    re.findall(
        r'"(GEXFOCUS_[A-Z_]+)"',
        (ROOT / "gexfocus_mcp" / "settings.py").read_text("utf-8"),
    )
)


def instructions_of(dockerfile: str) -> list[tuple[str, str]]:
    joined = re.sub(
        r"\\\n\s*", "", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE)
    )
    words = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(name, rest) for name, rest in words]


def test_the_version_is_the_same_everywhere() -> None:
    version = PYPROJECT["project"]["version"]
    assert MANIFEST["version"] == version
    assert REGISTRY["version"] == version
    assert [package["version"] for package in REGISTRY["packages"]] == [version]


def test_the_bundle_lists_the_server_s_tools_with_their_first_sentence() -> None:
    """After a change of a tool: `python .ci/bundle.py --write`."""
    served = {tool.name: " ".join(tool.description.split()) for tool in build_tools()}
    told = {tool["name"]: tool["description"] for tool in MANIFEST["tools"]}
    assert list(told) == list(served)
    for name, sentence in told.items():
        assert sentence.endswith(".")
        assert served[name] == sentence or served[name].startswith(f"{sentence} ")


def test_the_bundle_fills_its_environment_from_what_it_asks_the_user() -> None:
    asked = MANIFEST["user_config"]
    filled = re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(CONFIG))
    assert sorted(filled) == sorted(asked)
    assert set(CONFIG["env"]) <= READ


def test_the_bundle_asks_for_a_key_as_a_secret_and_starts_without_one() -> None:
    """Without a default Claude Desktop would hand on the placeholder of a field left empty."""
    asked = MANIFEST["user_config"]
    assert CONFIG["env"]["GEXFOCUS_API_KEY"] == "${user_config.api_key}"
    assert asked["api_key"]["sensitive"] is True
    assert all(option["required"] is False for option in asked.values())
    assert asked["api_key"]["default"] == ""
    assert asked["demo"]["default"] is False


def test_the_bundle_starts_a_program_that_the_package_has() -> None:
    assert CONFIG["args"][:2] == ["run", "--directory"]
    assert CONFIG["args"][-1] in PYPROJECT["project"]["scripts"]
    assert (ROOT / MANIFEST["server"]["entry_point"]).is_file()
    needed = MANIFEST["compatibility"]["runtimes"]["python"]
    assert needed == PYPROJECT["project"]["requires-python"]


def test_the_icon_is_a_small_square_picture() -> None:
    icon = (ROOT / ".mcpb" / MANIFEST["icon"]).read_bytes()
    assert icon.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", icon[16:24]) == (512, 512)
    assert len(icon) < 30_000


def test_the_registry_s_entry_names_the_package_and_no_registry() -> None:
    (package,) = REGISTRY["packages"]
    assert package["identifier"] == PYPROJECT["project"]["name"]
    assert package["identifier"] in PYPROJECT["project"]["scripts"]
    assert package["transport"] == {"type": "stdio"}
    assert "registryBaseUrl" not in package


def test_the_registry_s_entry_names_only_variables_that_are_read() -> None:
    (package,) = REGISTRY["packages"]
    variables = {each["name"]: each for each in package["environmentVariables"]}
    assert set(variables) <= READ
    assert variables["GEXFOCUS_API_KEY"]["isSecret"] is True
    assert variables["GEXFOCUS_API_KEY"]["isRequired"] is False


def test_readme_and_image_prove_to_the_registry_whose_they_are() -> None:
    name = REGISTRY["name"]
    assert f"<!-- mcp-name: {name} -->" in (ROOT / "README.md").read_text("utf-8")
    assert f'io.modelcontextprotocol.server.name="{name}"' in DOCKERFILE


def test_the_image_runs_the_server_as_nobody_in_particular() -> None:
    instructions = instructions_of(DOCKERFILE)
    users = [rest for name, rest in instructions if name == "USER"]
    assert users
    assert int(users[-1]) > 0
    assert instructions[-1] == ("ENTRYPOINT", '["gexfocus-mcp"]')


def test_the_image_holds_no_key() -> None:
    for name, rest in instructions_of(DOCKERFILE):
        if name in {"ARG", "ENV", "LABEL", "RUN"}:
            assert not re.search(r"GEXFOCUS_|key|token|secret", rest, re.IGNORECASE)


def test_the_image_is_built_from_named_files_alone() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = {
        word
        for name, rest in instructions_of(DOCKERFILE)
        if name == "COPY" and not rest.startswith("--from")
        for word in rest.split()[:-1]
    }
    assert rules[0] == "*"
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize(
    "name", PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
)
def test_what_the_sdist_includes_is_there(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_fonts_come_with_their_licence() -> None:
    (package,) = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    fonts = ROOT / package / "render" / "pictures" / "fonts"
    assert list(fonts.glob("*.ttf"))
    assert "Bitstream" in (fonts / "LICENSE").read_text("utf-8")
