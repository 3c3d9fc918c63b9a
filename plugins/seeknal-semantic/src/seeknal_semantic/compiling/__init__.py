"""Compiling metric queries to SQL."""
