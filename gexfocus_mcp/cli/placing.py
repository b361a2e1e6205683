"""`setup`: this server in a client's own file, or the block to paste."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING

from gexfocus_mcp.cli.exits import DONE, FAILED


if TYPE_CHECKING:
    from gexfocus_mcp.setup.forms import Form


def run_setup(options: argparse.Namespace) -> int:
    """Write the client's file, or print the block; 1 where the file was left alone."""
    from gexfocus_mcp.clients import config_files
    from gexfocus_mcp.settings import environment
    from gexfocus_mcp.setup.forms import FORMS
    from gexfocus_mcp.setup.left_alone import LeftAlone
    from gexfocus_mcp.setup.place import place
    from gexfocus_mcp.setup.program import find_program

    if isinstance(sys.stdout, TextIOWrapper):
        # A path may hold anything.
        sys.stdout.reconfigure(errors="replace")
    env = environment()
    form, path = FORMS[options.client], config_files(env).get(options.client)
    program = find_program(env.get("PATH", ""), sys.executable)
    file = str(path or f"{form.title}'s configuration")
    if options.block:
        _print_block(options.client, file, program, demo=options.demo)
        return DONE
    try:
        placed = place(form, path, program, demo=options.demo)
    except LeftAlone as why:
        print(f"gexfocus-mcp: {file} {why}. Nothing was changed.", file=sys.stderr)
        _print_block(options.client, file, program, demo=options.demo)
        return FAILED
    if not placed.changed:
        print(f"{placed.file} has this server already; nothing was changed.")
    else:
        words = [*program, *(["--demo"] if options.demo else [])]
        print(f"{placed.file} now has 'gexfocus', started as {shlex.join(words)}.")
        if placed.backup:
            print(f"What it was before is in {placed.backup}.")
        if placed.had_key:
            print("The key, or what stands for it there, was kept.")
    if not (placed.had_key or options.demo):
        print(_key_step(form, str(placed.file)))
    if placed.changed:
        print(f"Then restart {form.title}.")
    return DONE


def _print_block(client: str, file: str, program: Sequence[str], *, demo: bool) -> None:
    """The block alone on stdout, so that it can be piped; what to do with it on stderr."""
    from gexfocus_mcp.setup.amend import amend
    from gexfocus_mcp.setup.forms import FORMS, KEY
    from gexfocus_mcp.setup.links import install_link

    form = FORMS[client]
    print(
        f"For {file}; what is there stays. Beside other servers only the part of 'gexfocus' is added, "
        "in the place of one that is there:",
        file=sys.stderr,
    )
    print(amend(form, "", program, demo=demo).text, end="", flush=True)
    if link := install_link(client, program, demo=demo):
        print(f"Or opened in a browser: {link}", file=sys.stderr)
    if client == "claude-code":
        # In single quotes, so that the reference is written and not the key.
        passed = [] if demo else ["-e", f"{KEY}={form.reference}"]
        words = ["claude", "mcp", "add", "gexfocus", "--scope", "user", *passed, "--"]
        line = shlex.join([*words, *program, *(["--demo"] if demo else [])])
        print(f"Or by its own command: {line}", file=sys.stderr)
    if not demo:
        print(_key_step(form, file), file=sys.stderr)
    print(f"Then restart {form.title}.", file=sys.stderr)


def _key_step(form: "Form", file: str) -> str:
    return form.key_step.format(title=form.title, file=file)
