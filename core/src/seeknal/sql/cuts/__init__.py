"""Which inputs a query itself compares with the range that is processed, and how far."""
