"""What the benchmarks share: an upstream on this machine that serves fixed bodies as fast as it can, and clients of ours."""

import gzip
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from mcp import StdioServerParameters


KEY = "benchmark"


def folder_named(arguments: list[str]) -> Path | None:
    """The folder of real chains: the first argument or GEXFOCUS_TEST_DATA; None where there is none."""
    named = arguments[0] if arguments else os.environ.get("GEXFOCUS_TEST_DATA", "")
    return Path(named) if named and Path(named).is_dir() else None


def chain_documents(folder: Path, name: str) -> dict[str, Any]:
    """The two replies behind the everyday read, of one real chain; `{ticker}` in a path stands for its ticker."""

    def read(what: str) -> Any:
        return json.loads(
            gzip.decompress((folder / name / f"{what}.json.gz").read_bytes())
        )

    maps = {greek: read(greek) for greek in ("gex", "delta", "vanna", "charm")}
    return {
        "greeks/last": {"ticker": maps["gex"]["ticker"], **maps},
        "mapa_gamma/last": read("mapa_gamma"),
    }


def simulated_documents(ticker: str) -> dict[str, Any]:
    """The same of the simulated market at eleven."""
    from datetime import datetime

    from starlette.testclient import TestClient

    from gexfocus_mcp.market.calendar import NEW_YORK
    from gexfocus_mcp.simulator.app import create_app
    from gexfocus_mcp.simulator.clock import FixedClock

    noon = FixedClock(datetime(2026, 11, 19, 11, 0, tzinfo=NEW_YORK))
    with TestClient(create_app(noon)) as client:
        return {
            path: client.get(
                f"/trading/{path}/{ticker}", headers={"x-api-key": KEY}
            ).json()
            for path in ("greeks/last", "mapa_gamma/last")
        }


def under(ticker: str, document: Any) -> bytes:
    """The document as that of another ticker."""
    return json.dumps(_renamed(ticker, document)).encode()


def _renamed(ticker: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: ticker if k == "ticker" else _renamed(ticker, v)
            for k, v in value.items()
        }
    if isinstance(value, list):
        return [_renamed(ticker, each) for each in value]
    return value


class Bodies:
    """Serves bodies by path below /trading, and counts requests and bytes; everything else is 404."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies
        self.requests = 0
        self.bytes = 0
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One write a reply: without it every reply waits for the last one's acknowledgement.
            wbufsize = -1

            def do_GET(self) -> None:
                path = self.path.partition("?")[0].removeprefix("/trading/")
                body = served.bodies.get(path)
                served.requests += 1
                served.bytes += len(body or b"")
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/trading"

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address, while it is served."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        yield self.url
        self._server.shutdown()
        self._server.server_close()


def our_server(url: str) -> StdioServerParameters:
    """This server over that upstream, sharing nothing with the user's own."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "gexfocus_mcp"],
        env={
            "GEXFOCUS_API_KEY": KEY,
            "GEXFOCUS_BASE_URL": url,
            "GEXFOCUS_SHARED": "off",
        },
    )


class Stopwatch:
    """Seconds of what is done inside it, one entry a time."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __enter__(self) -> None:
        self._began = perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds.append(perf_counter() - self._began)

    @property
    def ms(self) -> float:
        """The median, in milliseconds."""
        return median(self.seconds) * 1_000
