"""
The command line: the only folder that prints.

Everything heavy is imported inside the command that needs it, so that `--version` and `--help`
answer without the MCP SDK.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from gexfocus_mcp.cli.exits import FAILED, INTERRUPTED, UNUSABLE
from gexfocus_mcp.cli.parser import build_parser
from gexfocus_mcp.errors import BadSettings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = build_parser().parse_args(argv)
    try:
        return _run(options)
    except* BrokenPipeError:
        # The reader of a pipe has gone: nothing is left to say to it, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _run(options: argparse.Namespace) -> int:
    try:
        return int(options.run(options))
    except BadSettings as failure:
        print(f"gexfocus-mcp: {failure.problem}. {failure.fix}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
