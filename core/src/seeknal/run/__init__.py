"""From a Plan to results."""
