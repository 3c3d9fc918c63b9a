"""StarRocks for seeknal."""
