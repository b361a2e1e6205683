"""Dealer positioning from the GEXfocus Trading API, as an MCP server."""
