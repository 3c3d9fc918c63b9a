"""Python files of a project: which nodes they declare, and all that their rows depend on."""
