"""The strike map and the matrix of one ticker as one book, where they belong together."""

from typing import Final

from gexfocus_mcp.analysis.book import Apart, combine
from gexfocus_mcp.analysis.expiry import ExpiryStructure
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.desk.clerk import Clerk, has_matrix
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.strikes import StrikeMap


NOTABLE_ENDED: Final = 0.05
"""From this share of expired contracts on, a strike map is a poor picture of now."""


def find_structure(matrix: ExpiryMap | None, clerk: Clerk) -> ExpiryStructure | None:
    """The expiry structure of a gamma matrix; None where there is none."""
    if matrix is None or not has_matrix(matrix, "gex"):
        return None
    return clerk.structure(matrix)


def find_book(
    structure: ExpiryStructure | None, gamma: StrikeMap
) -> Kernel | Apart | None:
    """The map and its matrix as one book, or why they make none; None where other notes say why."""
    if structure is None or structure.book is None:
        return None
    if structure.ended_share >= NOTABLE_ENDED:
        return None
    return combine(gamma, structure.book)
