"""What is said and logged of a failure that nobody expected."""

import logging
from secrets import token_hex


logger = logging.getLogger(__name__)


def report(what: str, crash: BaseException) -> str:
    """
    Log the type and place of *crash* and return what the caller is told.

    Its text may hold anything, so it goes nowhere.
    """
    mark = token_hex(2)
    while isinstance(crash, BaseExceptionGroup):
        crash = crash.exceptions[0]
    trace = crash.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    # One that was remembered has lost its frames and carries the line as a note.
    place = getattr(crash, "__notes__", [place])[0]
    logger.error(
        "%s crashed (id %s): %s at %s", what, mark, type(crash).__name__, place
    )
    return (
        f"[internal] {what} failed unexpectedly (id {mark}). Retry once, after 1 s. "
        "If it repeats, tell the user the id: it stands in the server's log."
    )
