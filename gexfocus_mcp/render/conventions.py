"""Sign conventions in words."""

from typing import Final

from gexfocus_mcp.analysis.convention import Convention


CONVENTIONS: Final[dict[Convention, str]] = {
    "dealer_signed": "dealer-signed",
    "raw_oi": "RAW open interest, not dealer-signed",
    "mixed": "signs follow no known convention",
    "unknown": "sign convention not tellable",
}
