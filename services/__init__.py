"""Use cases: the only door through which a dialect reaches rows, jobs and indexes."""
