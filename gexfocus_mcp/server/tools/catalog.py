"""Which tools are shown, and in which order."""

from mcp.server.mcpserver.tools import Tool

from gexfocus_mcp.render.flow import FlowPayload
from gexfocus_mcp.render.greeks import GreeksPayload
from gexfocus_mcp.render.live import LivePayload
from gexfocus_mcp.render.matrix import MatrixPayload
from gexfocus_mcp.render.positioning import PositioningPayload
from gexfocus_mcp.render.sessions import SessionsPayload
from gexfocus_mcp.server.clear_tool import ClearTool
from gexfocus_mcp.server.tools.dealer_positioning import dealer_positioning
from gexfocus_mcp.server.tools.latest_greeks import latest_greeks
from gexfocus_mcp.server.tools.list_sessions import list_sessions
from gexfocus_mcp.server.tools.live_snapshot import live_snapshot
from gexfocus_mcp.server.tools.mapa_gamma import mapa_gamma
from gexfocus_mcp.server.tools.ndf_history import ndf_history


def build_tools() -> list[Tool]:
    """Every tool, the everyday question first."""
    make = ClearTool.make
    return [
        make(
            dealer_positioning,
            PositioningPayload,
            title="Dealer positioning",
            # Claude Code shows other tools by name only until it searches for them.
            meta={"anthropic/alwaysLoad": True},
        ),
        make(latest_greeks, GreeksPayload, title="Exposure by strike"),
        make(mapa_gamma, MatrixPayload, title="Exposure by strike and expiration"),
        make(ndf_history, FlowPayload, title="Net delta flow of a session"),
        make(live_snapshot, LivePayload, title="Live stream"),
        make(list_sessions, SessionsPayload, title="Stored sessions"),
    ]
