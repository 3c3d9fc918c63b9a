"""Ranges of time: what a schedule makes due, and the algebra of what is done and missing."""
