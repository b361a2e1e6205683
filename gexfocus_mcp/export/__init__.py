"""Stored sessions as CSV files, for analysis outside: fetched whole, resumed where they were left."""
