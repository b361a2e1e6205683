"""One check's outcome."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal


Status = Literal["good", "degraded", "broken", "skipped"]
"""`degraded` answers with less than it could; `broken` cannot answer; `skipped` could not, or need not, be checked."""

_SEVERITY: Final[dict[Status, int]] = {
    "skipped": 0,
    "good": 0,
    "degraded": 1,
    "broken": 2,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Attributes:
        name: What was checked, in a word or two.
        says: What was found.
        fix: What to do about it; empty where nothing is to be done.
    """

    name: str
    status: Status
    says: str
    fix: str = ""


def severity(findings: Iterable[Finding]) -> int:
    """The worst of them: 0 good, 1 degraded, 2 broken."""
    return max((_SEVERITY[finding.status] for finding in findings), default=0)
