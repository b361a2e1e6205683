"""Where the read of a gamma matrix turns over: the crossings of its own book, the later expirations apart."""

from gexfocus_mcp.analysis.book import MatrixBook
from gexfocus_mcp.analysis.expiry import ExpiryStructure
from gexfocus_mcp.analysis.kernel import Kernel
from gexfocus_mcp.analysis.levels import read_levels
from gexfocus_mcp.analysis.memory import remembered
from gexfocus_mcp.analysis.positioning import Turn, find_crossings
from gexfocus_mcp.analysis.regime import read_stance
from gexfocus_mcp.market.expiries import ExpiryMap
from gexfocus_mcp.market.strikes import Bar, StrikeMap


def find_matrix_turns(
    expiries: ExpiryMap, structure: ExpiryStructure
) -> tuple[Turn, ...]:
    """
    The crossing nearest to spot, then the one on its other side where there is one.

    Empty without a book (`ExpiryStructure.book`), or where nothing crosses within 15 %.
    """
    book = structure.book
    if book is None:
        return ()
    strikes, kernel = _read_alone(expiries, book)
    levels, _ = read_levels(strikes, book=kernel)
    # Not where it grows unsure: confidence is the whole book's, which this is not.
    return find_crossings(read_stance(strikes, levels.flip), levels, book.spot, kernel)


@remembered(most=16)
def _read_alone(expiries: ExpiryMap, book: MatrixBook) -> tuple[StrikeMap, Kernel]:
    """The matrix's own book, as bars and to be repriced."""
    return _as_strikes(expiries, book), book.kernel()


def _as_strikes(expiries: ExpiryMap, book: MatrixBook) -> StrikeMap:
    """The book's rows as bars: positive cells as calls, negative ones as puts."""
    above, below = dict[float, float](), dict[float, float]()
    for term in book.terms:
        side = above if term.total > 0 else below
        side[term.strike] = side.get(term.strike, 0.0) + term.total
    return StrikeMap(
        ticker=expiries.ticker,
        greek="gex",
        as_of=expiries.as_of,
        session=expiries.as_of.date(),
        spot=book.spot,
        stored_net=None,
        stored_max_strike=None,
        bars=tuple(
            Bar(k, above.get(k, 0.0), below.get(k, 0.0))
            for k in sorted(above.keys() | below.keys())
        ),
    )
