"""What processes share: whether it can be used, what is used of it, and how it is emptied."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from gexfocus_mcp.doctor.finding import Finding
from gexfocus_mcp.settings import Settings
from gexfocus_mcp.sources.gexfocus.endpoints import LIMITS
from gexfocus_mcp.traffic.file_store.store import FileStore
from gexfocus_mcp.traffic.pace import Usage
from gexfocus_mcp.traffic.redis_store.store import RedisStore
from gexfocus_mcp.traffic.store import Store, StoreTrouble
from gexfocus_mcp.wiring import open_store


async def check_store(settings: Settings) -> Finding:
    shared = settings.shared
    if shared is None:
        return Finding(
            "shared store",
            "good",
            "off: every process counts alone, so run one at a time",
        )
    where = _where(shared)
    store = open_store(settings) or _open(shared)
    try:
        usages = {
            name: await store.usage(name, limit, window)
            for name, (limit, window) in LIMITS.items()
        }
    except StoreTrouble as trouble:
        return Finding(
            "shared store",
            "degraded",
            f"{where} cannot be used: {trouble.reason}",
            "Close what holds it, or empty it with gexfocus-mcp doctor --reset."
            if isinstance(shared, Path)
            else "Check that the server runs and that GEXFOCUS_SHARED is right.",
        )
    finally:
        await store.aclose()
    return _tell(where, usages)


def _tell(where: str, usages: Mapping[str, Usage]) -> Finding:
    blocked = next((usage for usage in usages.values() if usage.blocked_s), None)
    if blocked is not None:
        return Finding(
            "shared store",
            "degraded",
            f"{where}: requests are blocked for {blocked.blocked_s:.0f} s ({blocked.why})",
            "Wait; with another key nothing is blocked.",
        )
    used = ", ".join(
        f"{usage.used} of {usage.limit} {name}" for name, usage in usages.items()
    )
    return Finding("shared store", "good", f"{where}; requests in this minute: {used}")


async def reset_store(settings: Settings) -> Finding:
    """Empty the store of every key; a file that cannot be emptied is removed."""
    shared = settings.shared
    if shared is None:
        return Finding("reset", "skipped", "there is no store: GEXFOCUS_SHARED is off")
    store = _open(shared)
    try:
        await store.clear()
    except StoreTrouble as trouble:
        if isinstance(shared, Path) and _remove(shared):
            return Finding(
                "reset", "good", f"{_where(shared)} was removed ({trouble.reason})"
            )
        return Finding(
            "reset",
            "broken",
            f"{_where(shared)} could not be emptied: {trouble.reason}",
            "Close what holds it and try again.",
        )
    finally:
        await store.aclose()
    return Finding("reset", "good", f"{_where(shared)} was emptied")


def _open(shared: Path | SecretStr) -> Store:
    if isinstance(shared, Path):
        return FileStore(shared, "")
    return RedisStore(shared.get_secret_value(), "")


def _where(shared: Path | SecretStr) -> str:
    return str(shared) if isinstance(shared, Path) else _open(shared).place


def _remove(path: Path) -> bool:
    try:
        for file in (
            path,
            *(path.with_name(f"{path.name}-{end}") for end in ("wal", "shm")),
        ):
            file.unlink(missing_ok=True)
    except OSError:
        return False
    return True
