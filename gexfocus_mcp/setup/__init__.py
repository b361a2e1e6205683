"""This server put into a client's own file: everything else there kept, and never a key written."""
