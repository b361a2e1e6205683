"""Where questions are answered: fetch, analyse in full, hand out one reading."""
