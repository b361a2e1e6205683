"""Readings made visible: one text and one JSON of the same facts, trimmed last."""
