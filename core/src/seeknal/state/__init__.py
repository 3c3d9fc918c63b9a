"""What survives a run: state, artifacts, history, the writer lock."""
