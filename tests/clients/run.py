"""
The real clients, one after another: does each list and call every tool, and does its model get the whole answer?

    python tests/clients/run.py [NAME ...] [--into FOLDER]

Each is installed into a folder of its own (1.5 GB in all, kept for the next run), starts the server on the simulated
market in a home that is empty, and asks the twelve questions of `questions.json`. Hosts for people get a model that is
scripted, on this machine. What a client was given is held against what the server said, word for word. NAME is a part
of a client's name. Ends with 1 where a client that could be installed got less than everything.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final


sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.clients.hearing import Spoken, Verdict, judge
from tests.clients.installing import NotInstalled, Unfinished, Workshop
from tests.clients.table import CLIENTS, QUESTIONS, Client, Setting


_COLUMNS: Final = (
    ("client", 25),
    ("version", 8),
    ("protocol", 10),
    ("listed", 6),
    ("whole", 6),
    ("reads", 13),
    ("picture", 7),
)


def try_client(client: Client, workshop: Workshop) -> tuple[Spoken, Verdict]:
    """
    Let one client ask everything, in a home of its own.

    Raises:
        NotInstalled: It cannot be had here.
        Unfinished: It, or its host, did not get to its end.
    """
    questions = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    tee = str(QUESTIONS.with_name("tee.py"))
    program = (sys.executable, "-m", "gexfocus_mcp", "--demo")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home, spoken_to = Path(folder, "home"), Path(folder, "spoken")
        home.mkdir()
        spoken_to.mkdir()
        server = (sys.executable, tee, str(spoken_to), *program)
        try:
            report = client.ask(Setting(workshop, server, home, questions))
            spoken = Spoken.read(spoken_to)
        # What it printed, or what it sent to its model, has another shape than ever before.
        except (ValueError, LookupError, TypeError, StopIteration) as odd:
            raise Unfinished(f"cannot be followed: {odd!r}") from odd
    return spoken, judge(spoken, report, questions, client.reads)


def row(*cells: str) -> str:
    """A line of the table."""
    return (
        "| "
        + " | ".join(
            cell.ljust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True)
        )
        + " |"
    )


def report(
    clients: tuple[Client, ...], workshop: Workshop, tried: list[Client]
) -> Iterator[str]:
    """Print the table as it comes about; yield what was wrong, and note in *tried* who could be installed."""
    print(row(*(name for name, _ in _COLUMNS)))
    print("| " + " | ".join("-" * width for _, width in _COLUMNS) + " |", flush=True)
    for client in clients:
        try:
            spoken, verdict = try_client(client, workshop)
        except NotInstalled as why:
            print(row(client.name, client.version, "not installed", "", "", "", ""))
            print(
                f"{client.name} {client.version}: not installed, {why}", file=sys.stderr
            )
            continue
        except Unfinished as why:
            tried.append(client)
            print(
                row(client.name, client.version, "failed", "", "", "", ""), flush=True
            )
            yield f"{client.name} {client.version}: {why}"
            continue
        tried.append(client)
        asked = len(json.loads(QUESTIONS.read_text(encoding="utf-8")))
        cells = (
            client.name,
            client.version,
            spoken.protocol,
            f"{verdict.listed}/{asked}",
            f"{verdict.whole}/{asked}",
            verdict.reads,
            "yes" if verdict.picture else "no",
        )
        print(row(*cells), flush=True)
        yield from (f"{client.name} {client.version}: {f}" for f in verdict.faults)


def main() -> int:
    """Run the clients that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--into", type=Path, default=Path(tempfile.gettempdir(), "gexfocus-clients")
    )
    options = parser.parse_args()
    clients = tuple(
        client
        for client in CLIENTS
        if not options.names
        or any(name.lower() in client.name.lower() for name in options.names)
    )
    if not clients:
        parser.error(
            f"no client of that name; there are {', '.join(sorted({c.name for c in CLIENTS}))}"
        )
    tried = list[Client]()
    faults = list(report(clients, Workshop(options.into.resolve()), tried))
    if not tried:
        faults.append("none of these clients could be installed")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
