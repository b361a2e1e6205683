"""Which tools are shown, and in which order."""

from mcp.server.mcpserver.tools import Tool

from gexfocus_mcp.server.clear_tool import ClearTool
from gexfocus_mcp.server.dashboard import SHOWN_BY
from gexfocus_mcp.server.tools.api_status import api_status
from gexfocus_mcp.server.tools.compare_positioning import compare_positioning
from gexfocus_mcp.server.tools.dealer_positioning import dealer_positioning
from gexfocus_mcp.server.tools.greeks_history import greeks_history
from gexfocus_mcp.server.tools.latest_greeks import latest_greeks
from gexfocus_mcp.server.tools.list_sessions import list_sessions
from gexfocus_mcp.server.tools.live_snapshot import live_snapshot
from gexfocus_mcp.server.tools.mapa_gamma import mapa_gamma
from gexfocus_mcp.server.tools.ndf_history import ndf_history
from gexfocus_mcp.server.tools.positioning_chart import positioning_chart
from gexfocus_mcp.server.tools.scan_tickers import scan_tickers
from gexfocus_mcp.server.tools.watch_levels import watch_levels


def build_tools() -> list[Tool]:
    """Every tool, the everyday question first."""
    make = ClearTool.make
    return [
        make(
            dealer_positioning,
            title="Dealer positioning",
            # Claude Code shows other tools by name only until it searches for them.
            meta={"anthropic/alwaysLoad": True, **SHOWN_BY},
        ),
        make(latest_greeks, title="Exposure by strike"),
        make(mapa_gamma, title="Exposure by strike and expiration"),
        make(ndf_history, title="Net delta flow of a session"),
        make(greeks_history, title="Exposure over time"),
        make(live_snapshot, title="Live stream"),
        make(watch_levels, title="Wait for a level"),
        make(compare_positioning, title="What changed between two moments"),
        make(list_sessions, title="Stored sessions"),
        make(scan_tickers, title="Many tickers at once"),
        make(positioning_chart, title="A picture of positioning"),
        make(api_status, title="Budgets, cache and streams"),
    ]
