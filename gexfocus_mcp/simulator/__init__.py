"""The upstream's stand-in: a simulated option market behind the same REST and WebSocket interface."""
