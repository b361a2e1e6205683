"""What every command that answers begins with: settings, logging, and a desk to be opened later."""

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from gexfocus_mcp.collector import importing


if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from gexfocus_mcp.desk.desk import Desk
    from gexfocus_mcp.server.front_door import OpenDesk
    from gexfocus_mcp.settings import Settings


def configure(options: argparse.Namespace) -> "Settings":
    """Settings and logging, both needed before the SDK is imported."""
    from gexfocus_mcp.settings import read_settings

    settings = read_settings(demo=getattr(options, "demo", False))
    # stderr only: stdout belongs to the protocol. Set before the SDK would set it to INFO.
    logging.basicConfig(
        level=settings.log_level,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    if settings.foreign_host is not None:
        print(
            f"gexfocus-mcp: the API key goes to {settings.foreign_host}",
            file=sys.stderr,
        )
    return settings


def desk_opener(settings: "Settings") -> "OpenDesk":
    """What the server opens at its first question; only then is everything that answers imported."""

    def open_later() -> "AbstractAsyncContextManager[Desk]":
        with importing():
            from gexfocus_mcp.wiring import open_desk

        return open_desk(settings)

    return open_later
