"""Values that flow through seeknal, and what can be said of them without touching anything."""
