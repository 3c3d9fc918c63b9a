"""Core's own node kinds, sources and targets: plugins like any other."""
