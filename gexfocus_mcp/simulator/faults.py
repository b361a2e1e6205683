"""
What can go wrong upstream, by name, one fault at a time.

A fault either replaces a reply (``intervene``), spoils its document (``spoil``), or shows in the
stream; the market behind it stays sound.
"""

from collections.abc import Iterator
from typing import Any

from gexfocus_mcp.simulator.rules import (
    COOLDOWN,
    RATE_LIMITED,
    TOO_MANY_IPS,
    UNAUTHORIZED,
    UNAVAILABLE,
    Refusal,
)


FAULTS: dict[str, str] = {
    "null_greek": "vanna is null wherever it would be; its own endpoint answers 503",
    "null_flip": "gamma_flip is null in the stream",
    "null_stream": "all exposure and premium fields of the stream are null",
    "no_gross": "gross is null in the GEX bars",
    "ts_mismatch": "ts is a year before ts_iso, as in the documentation's samples",
    "short_matrix": "the matrices hold one row for all their strikes",
    "wrong_ticker": "every reply is the one for QQQ",
    "rate_limited": "every request gets 429, without Retry-After",
    "rate_limited_retry_after": "every request gets 429, with Retry-After: 17",
    "too_many_ips": "every request gets 429: too many IPs",
    "cooldown": "every request gets 429: key cooldown",
    "unavailable": "every request gets 503",
    "map_unavailable": "mapa_gamma gets 503, the others work",
    "unauthorized": "every key is refused, with 401 or 1008",
    "html": "every request gets an HTML page with status 200",
    "stream_refused": "the stream closes with 1008 at once",
    "stream_silent": "the stream stays open and says nothing",
    "stream_cut": "the stream breaks off after three messages, without a closing handshake",
    "stale": "the maps stop 25 minutes before now",
}

STALE_MINUTES = 25
CUT_AFTER = 3
PAGE = "<!doctype html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"

_YEAR = 365 * 86_400
_REFUSALS: dict[str, tuple[int, str, dict[str, str]]] = {
    "rate_limited": (429, RATE_LIMITED, {}),
    "rate_limited_retry_after": (429, RATE_LIMITED, {"retry-after": "17"}),
    "too_many_ips": (429, TOO_MANY_IPS, {}),
    "cooldown": (429, COOLDOWN, {}),
    "unavailable": (503, UNAVAILABLE, {}),
    "unauthorized": (401, UNAUTHORIZED, {}),
}
_STREAM_KEPT = frozenset(
    {"ticker", "ts", "ndf", "price", "fep", "threshold_long", "threshold_short"}
)


def intervene(fault: str | None, path: str) -> None:
    """Refuse the request when the fault says so."""
    if fault in _REFUSALS:
        raise Refusal(*_REFUSALS[fault])
    if fault == "map_unavailable" and "/mapa_gamma/" in path:
        raise Refusal(503, UNAVAILABLE)
    if fault == "null_greek" and "/vanna/last/" in path:
        raise Refusal(503, UNAVAILABLE)


def spoil(fault: str | None, document: dict[str, Any]) -> dict[str, Any]:
    """Return the REST document as the fault leaves it."""
    if fault == "null_greek":
        return {
            key: None if key in {"vanna", "vanna_matrix"} else value
            for key, value in document.items()
        }
    if fault == "short_matrix":
        return {
            key: value[:1] if key.endswith("matrix") else value
            for key, value in document.items()
        }
    for part in _maps(document):
        if fault == "ts_mismatch" and "ts_iso" in part:
            part["ts"] -= _YEAR
        if fault == "no_gross":
            for bar in part.get("bars", ()):
                bar["gross"] = None
    return document


def spoil_message(fault: str | None, message: dict[str, Any]) -> dict[str, Any]:
    """Return the stream's message as the fault leaves it."""
    lost = {
        "null_greek": {"vanna_exposure"},
        "null_flip": {"gamma_flip"},
        "null_stream": set(message) - _STREAM_KEPT,
    }.get(fault or "", set())
    return {key: None if key in lost else value for key, value in message.items()}


def _maps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the document and what it holds that could be a map; all were made for this reply."""
    yield document
    yield from (value for value in document.values() if isinstance(value, dict))
    yield from document.get("data", ())
