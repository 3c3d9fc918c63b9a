"""Unit tests: nodes run over rows that a test's file gives, and what comes out of it compared."""
