"""What every column and every node of a project depends on."""
