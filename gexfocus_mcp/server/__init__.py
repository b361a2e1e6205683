"""The MCP surface: the only folder that imports the SDK."""
