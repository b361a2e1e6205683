"""The upstream itself: one REST request, one handshake of the stream, and the clock that came with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Final

import anyio

from gexfocus_mcp.doctor.finding import Finding, Status
from gexfocus_mcp.doctor.surroundings import AUTHORITY
from gexfocus_mcp.errors import (
    Forbidden,
    GexFocusError,
    Throttled,
    TimedOut,
    UntrustedCertificate,
    UpstreamDown,
)
from gexfocus_mcp.market.calendar import NEW_YORK
from gexfocus_mcp.market.session import market_clock
from gexfocus_mcp.market.ticker import parse_ticker
from gexfocus_mcp.settings import Settings
from gexfocus_mcp.sources.gexfocus import endpoints
from gexfocus_mcp.sources.gexfocus.connection import StreamLost, StreamRefused
from gexfocus_mcp.sources.gexfocus.decoding import decode_object
from gexfocus_mcp.sources.gexfocus.dial import dialer
from gexfocus_mcp.sources.gexfocus.transport import Transport
from gexfocus_mcp.sources.gexfocus.upstream_clock import UpstreamClock
from gexfocus_mcp.sources.gexfocus.wire_stored import parse_sessions
from gexfocus_mcp.traffic.commons import Commons
from gexfocus_mcp.wiring import paces_of


_SPY: Final = parse_ticker("SPY")
_HANDSHAKE_S: Final = 8.0
_FIRST_WORD_S: Final = 3.0
_PASSING: Final = (Throttled, UpstreamDown, TimedOut, Forbidden)


@dataclass
class _FirstReply:
    """The clock of whoever answered first."""

    clock: UpstreamClock
    answered: bool = False

    def __call__(self, headers: Mapping[str, str]) -> None:
        self.answered = self.answered or "date" in headers
        self.clock.hear(headers)


@dataclass
class Upstream:
    """Checks that share one budget and one clock."""

    settings: Settings
    commons: Commons
    heard: _FirstReply = field(init=False)

    def __post_init__(self) -> None:
        self.heard = _FirstReply(UpstreamClock(_now))

    async def check_rest(self) -> Finding:
        """The smallest question there is: which sessions of SPY are stored. It counts as one request."""
        transport = Transport(
            self.settings.base_url,
            self.settings.api_key,
            paces_of(self.commons),
            hear=self.heard,
            proxy=self.settings.proxy,
        )
        endpoint = endpoints.FLOW_SESSIONS
        began = monotonic()
        try:
            body = await transport.fetch(
                endpoint, endpoint.url_path(), {"ticker": _SPY}
            )
            parse_sessions(decode_object(body), _SPY)
        except GexFocusError as failure:
            return _failed("REST", failure)
        finally:
            await transport.aclose()
        took = (monotonic() - began) * 1000
        simulated = " (a simulated market)" if self.heard.clock.simulated else ""
        return Finding("REST", "good", f"answered in {took:.0f} ms{simulated}")

    async def check_stream(self) -> Finding:
        """One handshake; a first word is waited for, and its absence told."""
        dial = dialer(self.settings.base_url, self.settings.api_key, hear=self.heard)
        connected = spoke = False
        try:
            with anyio.move_on_after(_HANDSHAKE_S):
                async with dial(_SPY) as connection:
                    connected = True
                    with anyio.move_on_after(_FIRST_WORD_S):
                        await connection.receive()
                        spoke = True
        except StreamRefused as refusal:
            return _without_stream(
                refusal.problem.problem
                if refusal.problem
                else "refused (1008): the key is not accepted, or has no stream",
                "Check the key and its plan; every other tool works without the stream.",
            )
        except StreamLost as loss:
            why = f"refused for now ({loss.why})" if loss.why else "no connection"
            return _without_stream(
                why, "Check network, VPN and proxy; every other tool works without it."
            )
        if not connected:
            return _without_stream(
                f"no handshake within {_HANDSHAKE_S:.0f} s",
                "Check whether a proxy or firewall lets WebSockets through.",
            )
        if spoke:
            return Finding("stream", "good", "connected, and it speaks")
        if market_clock(self.heard.clock()).is_open:
            return _without_stream(
                f"connected, but silent for {_FIRST_WORD_S:.0f} s although the market is open",
                "Look again in a minute: ticks come every 20 s or so.",
                "good",
            )
        return Finding("stream", "good", "connected; silent, as the market is closed")

    def check_clock(self) -> Finding:
        if not self.heard.answered:
            return Finding(
                "clock",
                "skipped",
                "nothing answered, so there is nothing to compare it with",
            )
        remark = self.heard.clock.remark
        if self.heard.clock.simulated:
            return Finding(
                "clock", "skipped", "a simulated market has a clock of its own"
            )
        if remark is None:
            return Finding("clock", "good", "agrees with GEXfocus's within two minutes")
        return Finding(
            "clock",
            "degraded",
            remark,
            "Set this computer's clock: switch automatic time on.",
        )


def _failed(name: str, failure: GexFocusError) -> Finding:
    status: Status = "degraded" if isinstance(failure, _PASSING) else "broken"
    wait = (
        ""
        if failure.retry_after is None
        else f" Try again in {failure.retry_after:.0f} s."
    )
    fix = AUTHORITY if isinstance(failure, UntrustedCertificate) else failure.fix
    return Finding(name, status, failure.problem, f"{fix}{wait}")


def _without_stream(says: str, fix: str, status: Status = "degraded") -> Finding:
    return Finding("stream", status, says, fix)


def _now() -> datetime:
    return datetime.now(NEW_YORK)
