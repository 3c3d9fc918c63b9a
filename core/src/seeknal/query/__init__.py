"""What is stored, for everything that asks: SQL, statistics, differences, Python."""
