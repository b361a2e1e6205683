"""Which payload each tool answers with."""

from typing import Final

from gexfocus_mcp.render.answer import CommonPayload
from gexfocus_mcp.render.change import ChangePayload
from gexfocus_mcp.render.flow import FlowPayload
from gexfocus_mcp.render.greeks import GreeksPayload
from gexfocus_mcp.render.history_blocks import HistoryPayload
from gexfocus_mcp.render.live import LivePayload
from gexfocus_mcp.render.matrix_blocks import MatrixPayload
from gexfocus_mcp.render.positioning_blocks import PositioningPayload
from gexfocus_mcp.render.scan import ScanPayload
from gexfocus_mcp.render.sessions import SessionsPayload
from gexfocus_mcp.render.status import StatusPayload
from gexfocus_mcp.render.watch import WatchPayload


PAYLOADS: Final[dict[str, type[CommonPayload]]] = {
    "dealer_positioning": PositioningPayload,
    "latest_greeks": GreeksPayload,
    "mapa_gamma": MatrixPayload,
    "ndf_history": FlowPayload,
    "greeks_history": HistoryPayload,
    "live_snapshot": LivePayload,
    "watch_levels": WatchPayload,
    "compare_positioning": ChangePayload,
    "list_sessions": SessionsPayload,
    "scan_tickers": ScanPayload,
    "api_status": StatusPayload,
}
