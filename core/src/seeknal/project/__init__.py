"""From a project's files to a Project value."""
