"""Materialized views that serve what exposures ask: put up, replaced and refreshed."""
