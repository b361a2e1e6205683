"""What the market is made of: frozen values and the exchange's calendar, no I/O."""
