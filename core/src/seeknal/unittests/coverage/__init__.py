"""Which nodes have a test, and which outcomes of the conditions in their SQL no test row shows."""
