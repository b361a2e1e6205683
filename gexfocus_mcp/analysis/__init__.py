"""What the market's numbers mean: pure functions from values to readings; the instant is always an argument."""
