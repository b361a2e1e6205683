"""A history of full maps that is never held as a whole: each is handed on as it arrives."""

from collections.abc import Callable, Iterable
from datetime import date

from gexfocus_mcp.market.greek import Greek
from gexfocus_mcp.market.stored import MapHistory
from gexfocus_mcp.market.strikes import StrikeMap
from gexfocus_mcp.market.ticker import Ticker
from gexfocus_mcp.sources.gexfocus.decoding import rows_of
from gexfocus_mcp.sources.gexfocus.endpoints import MAP_HISTORY
from gexfocus_mcp.sources.gexfocus.row_stream import RowStream
from gexfocus_mcp.sources.gexfocus.wire_stored import MapHistoryReader
from gexfocus_mcp.sources.protocol import DateRange


_ROWS = "data"


class PouredMaps:
    """One reply: its pieces go in, its snapshots come out."""

    def __init__(
        self,
        ticker: Ticker,
        greek: Greek,
        when: date | DateRange | None,
        *,
        limit: int,
        every: int,
        take: Callable[[StrikeMap], object],
    ) -> None:
        """
        Args:
            when, limit, every: What was asked for.
            take: Gets every snapshot that has a usable time.
        """
        self._rows = RowStream(_ROWS, MAP_HISTORY.row_cap)
        self._reader = MapHistoryReader(
            ticker, greek, when, limit=limit, every=every, summary=False
        )
        self._take = take

    def feed(self, piece: bytes) -> None:
        """
        Raises:
            WrongTicker: A snapshot is for another ticker.
            UnreadableReply: It is no such reply.
        """
        self._hand_on(self._rows.feed(piece))

    def close(self) -> MapHistory:
        """
        What the whole reply says of itself; `maps` is empty.

        Raises:
            WrongTicker, UnreadableReply: As `feed`, or what was handed on is not what was asked for.
        """
        self._hand_on(self._rows.close())
        # What is no list is refused in the same words as where a reply is read as a whole.
        rows_of(self._rows.head, _ROWS)
        return self._reader.settle(self._rows.head)

    def _hand_on(self, rows: Iterable[object]) -> None:
        for row in rows:
            stored = self._reader.read(row)
            if stored is not None:
                self._take(stored)
            # Not kept while the next one is read.
            del row, stored
