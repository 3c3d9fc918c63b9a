"""Targets: what they are owed, what is written to them, what is left behind."""
