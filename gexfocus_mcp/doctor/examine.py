"""All checks in order; those that need the network run side by side."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version

import anyio

from gexfocus_mcp.doctor.clients import check_clients
from gexfocus_mcp.doctor.finding import Finding
from gexfocus_mcp.doctor.store import check_store, reset_store
from gexfocus_mcp.doctor.surroundings import (
    check_address,
    check_certificates,
    check_key,
    check_proxy,
)
from gexfocus_mcp.doctor.upstream import Upstream
from gexfocus_mcp.errors import BadSettings, Unauthorized
from gexfocus_mcp.settings import Settings, read_settings
from gexfocus_mcp.wiring import open_commons


async def examine(env: Mapping[str, str], *, reset: bool = False) -> list[Finding]:
    """
    Check everything that an answer needs.

    Args:
        reset: Empty the shared store first.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    findings = [
        Finding(
            "program",
            "good",
            f"gexfocus-mcp {version('gexfocus-mcp')}, Python {python}",
        )
    ]
    try:
        settings = read_settings(env)
    except BadSettings as problem:
        return [
            *findings,
            Finding("settings", "broken", problem.problem, problem.fix),
            *check_clients(env),
        ]
    if reset:
        findings.append(await reset_store(settings))
    if settings.demo:
        findings.append(
            Finding(
                "market",
                "good",
                "simulated, as GEXFOCUS_DEMO says: no key and no network",
            )
        )
    else:
        findings += [
            check_key(settings, env),
            check_address(settings),
            check_proxy(settings, env),
            check_certificates(env),
            *await _ask(settings),
        ]
    return [*findings, *check_clients(env)]


async def _ask(settings: Settings) -> list[Finding]:
    commons = open_commons(settings)
    if (await commons.usage("history")).why == Unauthorized.code:
        # The key may have been let in since it was refused, and that is what is asked; the margin of the
        # limits has room for one request that is counted nowhere else.
        await commons.aclose()
        commons = open_commons(replace(settings, shared=None))
    upstream = Upstream(settings, commons)
    found = dict[str, Finding]()
    if settings.api_key is None:
        found = {
            name: Finding(name, "skipped", "not asked without a key")
            for name in ("REST", "stream")
        }
    else:

        async def rest() -> None:
            found["REST"] = await upstream.check_rest()

        async def stream() -> None:
            found["stream"] = await upstream.check_stream()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(rest)
            tasks.start_soon(stream)
    await commons.aclose()
    store = await check_store(settings)
    return [found["REST"], found["stream"], upstream.check_clock(), store]
