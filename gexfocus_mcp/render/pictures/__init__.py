"""Pictures of what was read: laid out as SVG, painted as PNG with fonts of our own, the same on every machine."""
