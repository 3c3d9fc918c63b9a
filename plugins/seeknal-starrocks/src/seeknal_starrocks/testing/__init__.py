"""A server that stands in for StarRocks in tests: stricter than it, never laxer."""
