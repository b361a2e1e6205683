"""
Packs the MCPB bundle, which Claude Desktop installs without a terminal.

    python .ci/bundle.py [FILE]     packs; FILE is dist/gexfocus-mcp.mcpb where none is named
    python .ci/bundle.py --write    takes version and tools into .mcpb/manifest.json and server.json

The same tree gives the same bytes, so a published checksum can be checked by whoever packs it again. (`mcpb pack`
stamps its files with the time of packing; `.ci/packages` holds its content against this one's.)
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from gexfocus_mcp.server.tools.catalog import build_tools


ROOT: Final = Path(__file__).parents[1]
MANIFEST: Final = ROOT / ".mcpb" / "manifest.json"
REGISTRY_ENTRY: Final = ROOT / "server.json"

_BESIDE: Final = ("pyproject.toml", "README.md", "LICENSE")
"""What the package is built from on the user's machine, besides itself."""
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can hold."""
_READABLE: Final = 0o100644 << 16


def bring_up_to_date() -> dict[Path, dict[str, Any]]:
    """Both documents with the version of pyproject.toml and the tools of the server."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    manifest["version"] = project["version"]
    manifest["tools"] = [
        {"name": tool.name, "description": first_sentence(tool.description)}
        for tool in build_tools()
    ]
    entry = json.loads(REGISTRY_ENTRY.read_text("utf-8"))
    for versioned in (entry, *entry["packages"]):
        versioned["version"] = project["version"]
    return {MANIFEST: manifest, REGISTRY_ENTRY: entry}


def first_sentence(text: str) -> str:
    """As much of a tool's description as is meant for people; the rest routes models."""
    head, stop, _rest = " ".join(text.split()).partition(". ")
    return head + stop.rstrip()


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def collect() -> dict[str, bytes]:
    """Every file of the bundle by its name there."""
    package = (path for path in (ROOT / "gexfocus_mcp").rglob("*") if path.is_file())
    files = [
        *(path for path in package if "__pycache__" not in path.parts),
        *(ROOT / name for name in _BESIDE),
    ]
    bundle = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files}
    bundle["manifest.json"] = MANIFEST.read_bytes()
    bundle["icon.png"] = (MANIFEST.parent / "icon.png").read_bytes()
    return bundle


def pack(files: dict[str, bytes], target: Path) -> None:
    """Write *files* as a zip that depends on nothing but them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = ZipInfo(name, _EARLIEST)
            info.compress_type = ZIP_DEFLATED
            info.create_system = 3  # Unix, also when packed on Windows
            info.external_attr = _READABLE
            archive.writestr(info, files[name])


def main(arguments: list[str]) -> None:
    documents = {path: as_text(new) for path, new in bring_up_to_date().items()}
    if arguments == ["--write"]:
        for path, text in documents.items():
            path.write_text(text, "utf-8", newline="\n")
        return
    for path, text in documents.items():
        if path.read_text("utf-8") != text:
            sys.exit(f"{path.name} is behind the server: run .ci/bundle.py --write")
    target = Path(arguments[0]) if arguments else ROOT / "dist" / "gexfocus-mcp.mcpb"
    pack(collect(), target)


if __name__ == "__main__":
    main(sys.argv[1:])
