"""An export from what is asked for to the file: what is there already, and one after another the rest."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import anyio

from gexfocus_mcp.errors import BadArgument, NoData
from gexfocus_mcp.export.file import CsvFile, Pipe, Target
from gexfocus_mcp.export.ledger import Entry, Ledger, Terms
from gexfocus_mcp.export.order import Order, file_name, lacking, parse_days
from gexfocus_mcp.export.patience import Patience, Say, Sleep
from gexfocus_mcp.export.rows import columns
from gexfocus_mcp.export.sessions import StoredRows, list_stored, read_session
from gexfocus_mcp.export.spool import Spool
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.stored import StoredSession, StoredSessions
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.sources.protocol import Source


class Export:
    """
    One export under way.

    Attributes:
        path: The file; None before its name is known, and where the text goes elsewhere.
        kept: Sessions that are whole and in it.
    """

    def __init__(
        self,
        order: Order,
        source: Source,
        now: Callable[[], datetime],
        *,
        say: Say,
        hint: Say = lambda _: None,
        write: Callable[[str], object] | None = None,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        """
        Args:
            now: The market's clock, aware: decides which sessions are over.
            say: Told lines that stay.
            hint: Told what is being done at the moment.
            write: Takes the text instead of a file.
            sleep: Waits for the budget, and for what the upstream asks to be waited for.

        Raises:
            UnknownTicker: The feed does not cover it.
        """
        self._order = order
        self._ticker = parse_ticker(order.ticker)
        self._source = source
        self._now = now
        self._say = say
        self._hint = hint
        self._write = write
        self._patience = Patience(source, say, sleep)
        self._target: Target | None = None
        self.path: Path | None = None
        self.kept = 0

    async def run(self) -> None:
        """
        Write every stored session that is meant and not there yet.

        Raises:
            GexFocusError: It was refused, or given up; what is whole is kept.
            OSError: The file cannot be written.
        """
        days = parse_days(self._order, self._now())
        stored = None
        if days is None:
            stored = await self._list()
            newest = max((each.day for each in stored.sessions), default=None)
            if newest is None:
                raise self._nothing("any day")
            days = newest, newest
        terms = Terms(self._order.series, self._ticker, *days)
        target = self._target = self._open(terms)
        if self._is_done(target):
            return
        stored = stored or await self._list()
        meant = [each for each in stored.sessions if days[0] <= each.day <= days[1]]
        if not meant:
            raise self._nothing(f"{terms.days}")
        listed = {each.day for each in meant}
        for note in (*stored.notes, *lacking(terms, listed, self._today())):
            self._say(note)
        with Spool() as spool:
            await self._write_all(target, terms, meant, spool)

    def how_to_resume(self) -> str | None:
        """What to do after it was ended early; None where nothing is kept."""
        place = self._target.place if self._target else None
        if place is None or not self.kept:
            return None
        are = "session is" if self.kept == 1 else "sessions are"
        return f"{self.kept} {are} kept in {place}; the same command goes on from there"

    async def _list(self) -> StoredSessions:
        self._hint("asking which sessions are stored")
        return await list_stored(
            self._source, self._patience, self._order.series, self._ticker
        )

    def _open(self, terms: Terms) -> Target:
        header = columns(terms.series)
        if self._write is not None:
            return Pipe(self._write, header)
        self.path = self._order.out or Path(file_name(terms))
        return CsvFile(self.path, terms, header)

    def _is_done(self, target: Target) -> bool:
        """Whether nothing can be missing, which is said."""
        known = target.known
        # Whose numbers they would be may not be known before the first reply; then it is asked.
        if not target.is_final or known is None or known.source != self._source.name:
            return False
        rows = sum(entry.rows for entry in known.sessions)
        self._say(f"{self.path} is complete already, {rows:,} rows; nothing was asked")
        return True

    async def _write_all(
        self,
        target: Target,
        terms: Terms,
        meant: Sequence[StoredSession],
        spool: Spool,
    ) -> None:
        source, known = self._source.name, target.known
        if known is not None and known.source != source:
            raise BadArgument(
                f"{self.path} has numbers of another source, {known.source} and not {source}",
                "Move it away, or give another --out.",
            )
        kept = _still_good(known, [each.day for each in meant])
        self.kept = len(kept)
        if kept:
            self._say(f"{len(kept)} of {len(meant)} sessions are there already")
        target.begin(Ledger(terms, source, columns(terms.series), sessions=kept))
        for place, session in enumerate(meant, 1):
            if kept and session.day <= kept[-1].session:
                continue
            await self._write_one(
                target, terms, session, f"{place} of {len(meant)}", source, spool
            )
        target.finish(final=terms.last < self._today())

    async def _write_one(
        self,
        target: Target,
        terms: Terms,
        session: StoredSession,
        place: str,
        source: str,
        spool: Spool,
    ) -> None:
        day = f"{session.day:%Y-%m-%d %a}"
        self._hint(f"{day}: asking ({place})")
        came = await read_session(
            self._source,
            self._patience,
            terms.series,
            terms.ticker,
            session,
            spool,
            self._say,
        )
        if self._source.name != source:
            raise BadArgument(
                f"the answers come from another source now, {self._source.name} and not {source}",
                "Check what GEXFOCUS_BASE_URL leads to.",
            )
        is_over = session.day < self._today()
        rows = spool.rows
        target.append(
            Entry(session.day, came.snapshots, rows, came.every, is_over, 0),
            spool.read(),
        )
        self.kept += is_over
        said = [f"{came.snapshots:,} snapshots, {rows:,} rows"]
        if self._source.name != "gexfocus":
            said.insert(0, self._source.name.upper())
        said += _remarks(came, session, is_over=is_over)
        self._say(f"{day}: {'; '.join(said)} ({place})")

    def _today(self) -> date:
        return self._now().astimezone(NEW_YORK).date()

    def _nothing(self, when: str) -> NoData:
        series, ticker = self._order.series, self._ticker
        return NoData(
            f"no stored {series} of {ticker} for {when}",
            f"gexfocus-mcp ask list_sessions ticker={ticker} series={series} shows what is stored.",
        )


def _still_good(known: Ledger | None, listed: Sequence[date]) -> tuple[Entry, ...]:
    """The whole sessions that are there, up to the first place where one is missing."""
    kept = list[Entry]()
    for entry in known.complete if known else ():
        there = {each.session for each in kept}
        if any(day < entry.session and day not in there for day in listed):
            break
        kept.append(entry)
    return tuple(kept)


def _remarks(came: StoredRows, session: StoredSession, *, is_over: bool) -> list[str]:
    remarks = list[str]()
    if came.every > 1:
        remarks.append(
            f"THINNED: one of every {came.every} stored snapshots, because more did not come in one reply"
        )
    elif is_over and session.snapshots not in {None, came.snapshots}:
        remarks.append(f"the list of sessions says {session.snapshots:,}")
    if not is_over:
        remarks.append("not over yet: the same command brings the rest later")
    return [*remarks, *came.notes]
