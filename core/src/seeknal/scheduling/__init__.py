"""Nodes that are due by a schedule: which they are, who runs them, and who is told of it."""
