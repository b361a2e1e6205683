"""Manners towards any upstream: quotas, memory, back-off and bounded buffers; no domain words."""
