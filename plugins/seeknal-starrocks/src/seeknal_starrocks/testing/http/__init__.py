"""Stream Load: rows by HTTP, to a frontend that sends on to a backend."""
