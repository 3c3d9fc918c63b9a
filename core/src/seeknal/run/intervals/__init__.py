"""Processing the ranges of tracked nodes."""
