"""
The store in Redis or Valkey, for replicas on several machines.

Every step is one script, which the server runs without interruption and by its own clock: with the
clients' clocks a skew of a second lets more than the limit through.
"""
