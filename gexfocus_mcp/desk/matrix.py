"""The matrix question: one matrix read in full, with what remains after an expiration that was named."""

from datetime import date

from gexfocus_mcp.analysis.confluence import read_confluence
from gexfocus_mcp.analysis.matrix_turns import find_matrix_turns
from gexfocus_mcp.analysis.reading import MatrixReading
from gexfocus_mcp.analysis.roll_off import read_remainder
from gexfocus_mcp.desk.clerk import Clerk, has_matrix, nothing_there
from gexfocus_mcp.errors import BadArgument
from gexfocus_mcp.market.expiries import ExpiryMap, MatrixGreek
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.protocol import Source


async def ask_matrix(
    source: Source,
    clerk: Clerk,
    ticker: Ticker,
    greek: MatrixGreek,
    *,
    flips: int,
    drop_through: str | None,
) -> MatrixReading:
    """
    Answer the matrix question. One request, whatever the greek.

    Raises:
        BadArgument: *drop_through* is no expiration of the matrix.
    """
    fetched = await clerk.beside_calendar(source.expiry_map(ticker))
    expiries = fetched.value
    if not has_matrix(expiries, greek):
        raise nothing_there(ticker, f"{greek} matrix")
    through = _find_listed(drop_through, expiries, clerk) if drop_through else None
    structure = clerk.structure(expiries, greek, flips=flips)
    ahead = [
        i for i, day in enumerate(expiries.expirations) if day not in structure.ended
    ]
    return MatrixReading(
        ticker=ticker,
        provenance=clerk.provenance_of_matrix(fetched),
        expiries=expiries,
        structure=structure,
        turns_over=find_matrix_turns(expiries, structure),
        confluence=read_confluence(expiries, ahead),
        remainder=read_remainder(
            expiries, expiries.matrices[greek], ahead, through, structure.book
        )
        if through
        else None,
    )


def _find_listed(text: str, expiries: ExpiryMap, clerk: Clerk) -> date:
    """The expiration that is meant; `today` is one where it is listed."""
    word = text.strip().lower()
    today = f"{clerk.market().now:%Y-%m-%d}"
    listed = {str(day): day for day in expiries.expirations}
    found = listed.get(today if word == "today" else word)
    if found is None:
        raise BadArgument(
            "drop_through is not one of the listed expirations",
            f"Give one of {', '.join(listed)}.",
        )
    return found
