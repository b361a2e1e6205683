"""The GEXfocus Trading API behind the `Source` and `LiveSource` protocols."""
