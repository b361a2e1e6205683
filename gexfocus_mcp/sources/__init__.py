"""Where snapshots come from: each source is a folder of the same shape behind `protocol.Source`."""
