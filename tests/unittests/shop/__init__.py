"""A project of the kind that people write: windows, outer joins, DISTINCT, NULLs, ranges of dates."""
