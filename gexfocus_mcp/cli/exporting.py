"""`export`: stored sessions to a CSV file, its progress on stderr and the file's name on stdout."""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gexfocus_mcp.cli.configuring import configure
from gexfocus_mcp.cli.exits import DONE, FAILED, INTERRUPTED


if TYPE_CHECKING:
    from gexfocus_mcp.export.run import Export
    from gexfocus_mcp.settings import Settings


_STDOUT: Final = "-"
_CLEAR: Final = "\r\x1b[K"


def run_export(options: argparse.Namespace) -> int:
    """Write what is stored; 0 when the file is there, 1 when it was refused or given up."""
    settings = configure(options)
    # A shell that starts this in the background has interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import anyio

    under_way: list[Export] = []
    try:
        return anyio.run(_run, settings, options, under_way)
    except KeyboardInterrupt:
        progress = Progress()
        for export in under_way:
            progress.say(f"interrupted; {export.how_to_resume() or 'nothing is kept'}")
        return INTERRUPTED


async def _run(
    settings: "Settings", options: argparse.Namespace, under_way: "list[Export]"
) -> int:
    from gexfocus_mcp.errors import GexFocusError
    from gexfocus_mcp.export.order import Order
    from gexfocus_mcp.export.run import Export
    from gexfocus_mcp.wiring import open_desk

    to_stdout = options.out == _STDOUT
    out = None if options.out is None or to_stdout else Path(options.out)
    order = Order(options.series, options.ticker, options.date, options.to, out)
    progress = Progress()
    export = None
    async with open_desk(settings) as desk:
        try:
            export = Export(
                order,
                desk.source,
                desk.now,
                say=progress.say,
                hint=progress.hint,
                write=sys.stdout.write if to_stdout else None,
            )
            under_way.append(export)
            await export.run()
        except GexFocusError as failure:
            progress.say(str(failure))
        except BrokenPipeError:
            raise
        except OSError as problem:
            where = (export and export.path) or "where it is to go"
            progress.say(f"cannot write to {where}: {problem.strerror}")
        else:
            progress.clear()
            if export.path is not None:
                print(export.path)
            return DONE
        resume = export.how_to_resume() if export else None
        if resume is not None:
            progress.say(resume)
        return FAILED


class Progress:
    """Lines on stderr; on a terminal one more, which says what is being done and is overwritten."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()

    def say(self, line: str) -> None:
        self.clear()
        print(line, file=sys.stderr, flush=True)

    def hint(self, line: str) -> None:
        if self._is_terminal:
            print(f"{_CLEAR}{line}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._is_terminal:
            print(_CLEAR, end="", file=sys.stderr, flush=True)
