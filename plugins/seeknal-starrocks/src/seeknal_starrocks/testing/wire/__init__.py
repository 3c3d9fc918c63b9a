"""The MySQL protocol, as StarRocks speaks it."""
