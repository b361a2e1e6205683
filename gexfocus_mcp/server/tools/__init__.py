"""The tools, one a file; `catalog` decides which are shown and in which order."""
