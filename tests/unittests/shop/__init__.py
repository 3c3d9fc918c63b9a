"""A project as people write them: windows, outer joins, DISTINCT, NULLs, ranges of dates."""
