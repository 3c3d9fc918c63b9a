"""From a project and its state to a Plan."""
