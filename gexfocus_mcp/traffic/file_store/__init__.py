"""
The store as a file: SQLite in write-ahead mode, one file for all processes of a user.

No library holds a true rolling window over processes together with a block that everybody obeys, so
the arithmetic is ours (`quota`), inside SQLite's transactions.
"""
