"""
Stands between a client and the server and keeps what both said, so that the two ends can be held against each other.

    python tee.py FOLDER COMMAND [ARGUMENT ...]

Every run writes a file of its own into FOLDER, one line of JSON per message: `{"from": "client" | "server", "message":
...}`. Nothing but the standard library, because clients start it in environments of their own.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO


_PIECE = 1 << 16


def lines_of(source: int) -> Iterator[bytes]:
    """Lines from a file descriptor; no buffer of Python's, whose lock a waiting thread would hold at the end."""
    rest = b""
    while piece := os.read(source, _PIECE):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def pass_on(
    speaker: str, source: int, sink: IO[bytes], log: IO[str], turn: threading.Lock
) -> None:
    """Hand every line on at once, and write it down."""
    # Whoever no longer listens ends the conversation.
    with suppress(OSError, ValueError):
        for line in lines_of(source):
            try:
                message = json.loads(line)
            except ValueError:
                message = line.decode(errors="replace")
            with turn:
                log.write(json.dumps({"from": speaker, "message": message}) + "\n")
                log.flush()
            sink.write(line)
            sink.flush()
    with suppress(OSError, ValueError):
        sink.close()


def main(folder: str, *command: str) -> int:
    """Run *command* until either side ends, and end as it does."""
    path = Path(folder, f"{os.getpid()}.jsonl")
    log = path.open("a", encoding="utf-8")
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    turn = threading.Lock()
    asks = ("client", sys.stdin.fileno(), server.stdin, log, turn)
    # A daemon, because reading stdin ends only when the client closes it.
    threading.Thread(target=pass_on, args=asks, daemon=True).start()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    pass_on("server", server.stdout.fileno(), out, log, turn)
    return server.wait()


if __name__ == "__main__":
    # At once: the thread that reads stdin may be waiting.
    os._exit(main(*sys.argv[1:]) & 0xFF)
