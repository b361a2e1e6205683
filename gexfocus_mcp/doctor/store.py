"""What processes share: whether it can be used, what is used of it, and how it is emptied."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from gexfocus_mcp.doctor.finding import Finding
from gexfocus_mcp.settings import Settings
from gexfocus_mcp.sources.gexfocus.credentials import budget_name
from gexfocus_mcp.sources.gexfocus.endpoints import LIMITS
from gexfocus_mcp.traffic.pace import Usage
from gexfocus_mcp.traffic.store import StoreTrouble
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
    key = settings.api_key
    budget = "" if key is None else budget_name(key, settings.base_url)
    store = open_store(shared, budget)
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
            _mend(shared, trouble),
        )
    finally:
        await store.aclose()
    return _tell(where, usages)


def _mend(shared: Path | SecretStr, trouble: StoreTrouble) -> str:
    if not isinstance(shared, Path):
        return "Check that the server runs and that GEXFOCUS_SHARED is right."
    if trouble.removable:
        return "Remove it with gexfocus-mcp doctor --reset, when no program that needs it runs."
    return "Close what holds it, or check folder and disk; GEXFOCUS_SHARED=off does without."


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
    store = open_store(shared, "")
    try:
        await store.clear()
    except StoreTrouble as trouble:
        if trouble.removable and isinstance(shared, Path) and _remove(shared):
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


def _where(shared: Path | SecretStr) -> str:
    return str(shared) if isinstance(shared, Path) else open_store(shared, "").place


def _remove(path: Path) -> bool:
    try:
        # The main file last: a new one beside an old log would read what is in that.
        for end in ("-wal", "-shm", ""):
            path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    except OSError:
        return False
    return True
