"""Nodes in order: which there are, which are meant, and what each is in hashes."""
