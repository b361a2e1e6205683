"""
Stands between a client and the server and keeps what both said, so that the two ends can be held against each other.

    python tee.py LOG COMMAND [ARGUMENT ...]

LOG gets one line of JSON per message: `{"from": "client" | "server", "message": ...}`. Nothing but the standard
library, because clients start it in environments of their own.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO


def pass_on(
    speaker: str, source: IO[bytes], sink: IO[bytes], log: IO[str], turn: threading.Lock
) -> None:
    """Hand every line on at once, and write it down."""
    for line in source:
        try:
            message = json.loads(line)
        except ValueError:
            message = line.decode(errors="replace")
        with turn:
            log.write(json.dumps({"from": speaker, "message": message}) + "\n")
            log.flush()
        try:
            sink.write(line)
            sink.flush()
        except (BrokenPipeError, ValueError):
            break
    sink.close()


def main(log_name: str, *command: str) -> int:
    """Run *command* until either side ends, and end as it does."""
    with (
        Path(log_name).open("a", encoding="utf-8") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        turn = threading.Lock()
        asks = ("client", sys.stdin.buffer, server.stdin, log, turn)
        # A daemon, because reading stdin ends only when the client closes it.
        threading.Thread(target=pass_on, args=asks, daemon=True).start()
        pass_on("server", server.stdout, sys.stdout.buffer, log, turn)
        return server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
