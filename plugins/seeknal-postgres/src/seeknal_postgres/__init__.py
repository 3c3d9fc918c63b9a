"""PostgreSQL for seeknal."""
