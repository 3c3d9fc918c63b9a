"""Python nodes: their functions called, and whatever they return made rows."""
