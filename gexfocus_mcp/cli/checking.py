"""`doctor`: the checks as lines for a person, or as JSON."""

import argparse
import json
import sys
from dataclasses import asdict
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final


if TYPE_CHECKING:
    from gexfocus_mcp.doctor.finding import Finding


_OVERALL: Final = ("good", "degraded", "broken")
_MARKS: Final = {"good": "ok", "degraded": "WEAK", "broken": "BROKEN", "skipped": "-"}


def run_doctor(options: argparse.Namespace) -> int:
    """Check what an answer needs; 0 good, 1 degraded, 2 broken."""
    import anyio

    from gexfocus_mcp.doctor.examine import examine
    from gexfocus_mcp.doctor.finding import severity
    from gexfocus_mcp.settings import environment
    from gexfocus_mcp.sources.gexfocus.transport import silence_loggers

    silence_loggers()
    if isinstance(sys.stdout, TextIOWrapper):
        # What stands in the clients' files may be anything.
        sys.stdout.reconfigure(errors="replace")

    async def run() -> "list[Finding]":
        return await examine(environment(), reset=options.reset)

    findings = anyio.run(run)
    worst = severity(findings)
    if options.json:
        checks = [
            {key: value for key, value in asdict(finding).items() if value}
            for finding in findings
        ]
        print(json.dumps({"status": _OVERALL[worst], "checks": checks}, indent=1))
        return worst
    for finding in findings:
        print(f"{_MARKS[finding.status]:7}{finding.name:20} {finding.says}")
        if finding.fix:
            print(f"{'':28}-> {finding.fix}")
    print(f"{_OVERALL[worst]}: {_SUMMARIES[worst]}")
    return worst


_SUMMARIES: Final = (
    "everything an answer needs is there",
    "it answers, with less than it could",
    "it cannot answer from the live feed",
)
